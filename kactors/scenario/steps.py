"""What an administrator does in the course of a scenario, as values.

Own steps are made the same way: a frozen attrs class below `Step` with one coroutine method. A step
may be performed more than once, if its answer got lost: it does no harm the second time.
"""

from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import Final

import attrs

from kactors.api.errors import Conflict, NotFound, TooManyRequests
from kactors.api.meta import (
    annotations_of,
    is_being_deleted,
    is_controlled_by,
    name_of,
    namespace_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field, without
from kactors.client.errors import OutcomeUnknown, Unavailable
from kactors.client.rest import Client
from kactors.cluster.manifests import apply
from kactors.faults.printing import as_call
from kactors.runtime import sleep
from kactors.scenario.errors import InvalidScenario

__all__ = ["Apply", "Cordon", "Delete", "Drain", "Patch", "RollBack", "Scale", "ScriptStep",
           "SetImage", "Step", "Uncordon"]  # fmt: skip

_REVISION: Final = "deployment.kubernetes.io/revision"
#: As kubectl's: seconds between two tries to evict a pod that a budget protects, ...
_EVICT_AGAIN_S: Final = 5.0
#: ... and between two looks whether an evicted one is gone.
_LOOK_AGAIN_S: Final = 1.0


@attrs.frozen(repr=False, kw_only=True)
class ScriptStep:
    """When something is done, and how patiently; what is done, `Step` and `EtcdStep` say.

    Attributes:
        at_s: when it is begun, in seconds of scenario time.
        patience_s: for how long it is tried again if nobody answers.
        may_fail: it may remain undone; otherwise that breaks a promise of liveness.
    """

    at_s: float = attrs.field()
    patience_s: float = 120.0
    may_fail: bool = False

    @at_s.validator
    def _check_start(self, attribute: object, value: float) -> None:
        del attribute
        if value < 0:
            raise InvalidScenario(f"a step begins at {value:g} s: scenario time begins at 0")

    def __repr__(self) -> str:
        return as_call(self)


@attrs.frozen(repr=False, kw_only=True)
class Step(ScriptStep, ABC):
    """Something that an administrator does with the API."""

    @abstractmethod
    async def perform(self, client: Client) -> None:
        """Do it, as an administrator. Raises: what the client raises."""


def _tuple(given: Iterable[Object]) -> tuple[Object, ...]:
    return tuple(given)


@attrs.frozen(repr=False)
class Apply(Step):
    """``kubectl apply``: have these objects there."""

    manifests: tuple[Object, ...] = attrs.field(converter=_tuple)

    async def perform(self, client: Client) -> None:
        """Apply them in their order."""
        await apply(client, self.manifests)


@attrs.frozen(repr=False)
class _OfObject(Step):
    """A step that changes one object."""

    name: str
    kind: str = attrs.field(default="deployments", kw_only=True)
    namespace: str = attrs.field(default="default", kw_only=True)


@attrs.frozen(repr=False)
class Delete(_OfObject):
    """``kubectl delete``.

    Attributes:
        propagation: what becomes of what it owns; the kind's own way unless given.
    """

    propagation: str = attrs.field(default="", kw_only=True)

    async def perform(self, client: Client) -> None:
        """Ask for its deletion; what is gone already need not be deleted."""
        options = {"propagationPolicy": self.propagation} if self.propagation else None
        try:
            await client.resource(self.kind).delete(self.name, self.namespace, options=options)
        except NotFound:
            return


@attrs.frozen(repr=False)
class Patch(_OfObject):
    """``kubectl patch``, as a strategic merge patch."""

    patch: Object = attrs.field(kw_only=True)

    async def perform(self, client: Client) -> None:
        """Change the object."""
        await client.resource(self.kind).patch(self.name, self.patch, self.namespace)


@attrs.frozen(repr=False)
class Scale(_OfObject):
    """``kubectl scale``.

    Attributes:
        replicas: how many there shall be.
    """

    replicas: int = attrs.field(kw_only=True)

    async def perform(self, client: Client) -> None:
        """Change the number of replicas."""
        patch = {"spec": {"replicas": self.replicas}}
        await client.resource(self.kind).patch(self.name, patch, self.namespace)


@attrs.frozen(repr=False)
class SetImage(_OfObject):
    """``kubectl set image``: begins a rollout.

    Attributes:
        image: that the first container of the pods shall have.
    """

    image: str = attrs.field(kw_only=True)

    async def perform(self, client: Client) -> None:
        """Change the template of the pods."""
        objects = client.resource(self.kind)
        found = await objects.get(self.name, self.namespace)
        container = field(found, "spec", "template", "spec", "containers")[0]
        change = {"containers": [{"name": container["name"], "image": self.image}]}
        patch = {"spec": {"template": {"spec": change}}}
        await objects.patch(self.name, patch, self.namespace)


@attrs.frozen(repr=False)
class RollBack(Step):
    """``kubectl rollout undo`` of a Deployment: back to the template before the latest."""

    name: str
    namespace: str = attrs.field(default="default", kw_only=True)

    async def perform(self, client: Client) -> None:
        """Give the Deployment the template of its last but one ReplicaSet."""
        deployments = client.resource("deployments")
        found = await deployments.get(self.name, self.namespace)
        listed = await client.resource("replicasets").list(self.namespace)
        owned = [each for each in listed.items if is_controlled_by(each, found)]
        owned.sort(key=lambda each: int(annotations_of(each).get(_REVISION, "0")))
        if len(owned) < 2:
            raise NotFound("controllerrevisions", self.name, group="apps")
        template = without(owned[-2]["spec"]["template"], "metadata", "labels", "pod-template-hash")
        # From here on only this template is wanted: undoing twice would undo nothing.
        while True:
            try:
                now = await deployments.get(self.name, self.namespace)
                if field(now, "spec", "template") == template:
                    return
                await deployments.update({**now, "spec": {**now["spec"], "template": template}})
            except (Conflict, OutcomeUnknown, Unavailable):
                await sleep(_LOOK_AGAIN_S)


@attrs.frozen(repr=False)
class Cordon(Step):
    """``kubectl cordon``: no further pods on a node."""

    node: str

    async def perform(self, client: Client) -> None:
        """Mark the node as unschedulable."""
        await client.resource("nodes").patch(self.node, {"spec": {"unschedulable": True}})


@attrs.frozen(repr=False)
class Uncordon(Step):
    """``kubectl uncordon``: pods may come again."""

    node: str

    async def perform(self, client: Client) -> None:
        """Mark the node as schedulable."""
        await client.resource("nodes").patch(self.node, {"spec": {"unschedulable": None}})


@attrs.frozen(repr=False)
class Drain(Step):
    """``kubectl drain --ignore-daemonsets``: cordon a node, evict its pods, wait until they go."""

    node: str

    async def perform(self, client: Client) -> None:
        """Evict until no pod is left but those of DaemonSets."""
        await client.resource("nodes").patch(self.node, {"spec": {"unschedulable": True}})
        pods = client.resource("pods")
        while True:
            listed = await pods.list(field_selector=f"spec.nodeName={self.node}")
            left = [pod for pod in listed.items if not _is_of_daemon_set(pod)]
            if not left:
                return
            refused = False
            for pod in left:
                if not is_being_deleted(pod):
                    refused |= not await self._evict(client, pod)
            await sleep(_EVICT_AGAIN_S if refused else _LOOK_AGAIN_S)

    async def _evict(self, client: Client, pod: Object) -> bool:
        """Evict this very pod; return whether it is on its way."""
        options = {"preconditions": {"uid": uid_of(pod)}}
        try:
            await client.resource("pods").evict(name_of(pod), namespace_of(pod), options=options)
        except (NotFound, Conflict):
            return True  # another is there by now, if any: the next look will tell
        except TooManyRequests:
            return False
        return True


def _is_of_daemon_set(pod: Object) -> bool:
    owner = owner_of_controller(pod)
    return owner is not None and owner.get("kind") == "DaemonSet"
