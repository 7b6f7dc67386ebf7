"""Removes pods that nobody will ever remove: on nodes that are gone, on none at all, or too many.

Source: kubernetes pkg/controller/podgc/gc_controller.go.
"""

from collections.abc import Collection, Iterable
from typing import ClassVar, Final

import attrs

from kactors.api.errors import ApiError, NotFound
from kactors.api.meta import (
    creation_time_of,
    format_time,
    is_being_deleted,
    is_true,
    key_of,
    name_of,
    namespace_of,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.client.errors import ClientError
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pods import disruption_condition, is_terminal, node_of
from kactors.runtime import current_time, open_nursery, sleep

__all__ = ["PodGarbageCollector", "Waste", "find_waste"]

PERIOD_SECONDS: Final = 20.0
QUARANTINE_SECONDS: Final = 40.0
OUT_OF_SERVICE: Final = "node.kubernetes.io/out-of-service"


@attrs.frozen
class Waste:
    """A pod to be removed.

    Attributes:
        pod: which.
        reason: what the pod's condition says; empty if it needs none, because it has ended or
            never began.
        message: of that condition.
    """

    pod: Object
    reason: str = ""
    message: str = ""


def find_waste(
    pods: Collection[Object], nodes: Iterable[Object], gone: Collection[str], threshold: int
) -> list[Waste]:
    """Return the pods to be removed.

    Args:
        pods: all there are.
        nodes: all there are.
        gone: names of nodes that are certainly not there.
        threshold: how many pods that have ended may stay, the youngest; 0 for any number.
    """
    by_name = {name_of(node): node for node in nodes}
    found: dict[str, Waste] = {}

    def add(waste: Waste) -> None:
        found.setdefault(key_of(waste.pod), waste)

    ended = sorted((pod for pod in pods if is_terminal(pod)),
                   key=lambda pod: (creation_time_of(pod), key_of(pod)))  # fmt: skip
    surplus = len(ended) - threshold if threshold else 0
    for pod in ended[: max(0, surplus)]:
        add(Waste(pod))
    for pod in pods:
        name = node_of(pod)
        if is_being_deleted(pod) and not name:
            add(Waste(pod))
        elif is_being_deleted(pod) and _is_out_of_service(by_name.get(name)):
            add(Waste(pod, "DeletionByPodGC", "PodGC: node is out of service"))
        elif name in gone:
            add(Waste(pod, "DeletionByPodGC", "PodGC: node no longer exists"))
    return list(found.values())


def _is_out_of_service(node: Object | None) -> bool:
    """Tell whether somebody has said that the node is off, and nothing says otherwise."""
    if node is None or is_true(node, "Ready"):
        return False
    return any(each.get("key") == OUT_OF_SERVICE
               for each in field(node, "spec", "taints", default=()))  # fmt: skip


class PodGarbageCollector(ObjectController):
    """Looks at all pods every twenty seconds.

    A node that is missed must be missing for forty seconds, and then the apiserver is asked.

    Attributes:
        threshold: see `find_waste`.
    """

    threshold: ClassVar[int] = 12500

    def setup(self) -> None:
        """Look at pods and nodes; nothing is done because of one of them."""
        self.pods = self.observes("pods", lambda _: ()).lister
        self.nodes = self.observes("nodes", lambda _: ()).lister

    async def _work(self) -> None:
        self._missed: dict[str, float] = {}
        async with open_nursery() as nursery:
            nursery.start_soon(super()._work, name="workers")
            while True:
                await sleep(PERIOD_SECONDS)
                await self._collect()

    async def _collect(self) -> None:
        gone = await self._gone_nodes()
        for waste in find_waste(self.pods.list(), self.nodes.list(), gone, self.threshold):
            try:
                await self._remove(waste)
            except NotFound:
                continue
            except (ApiError, ClientError) as problem:
                self._failing[key_of(waste.pod)] = str(problem)  # until the next time
            else:
                self._failing.pop(key_of(waste.pod), None)

    async def _gone_nodes(self) -> list[str]:
        """Return the names of nodes that pods are bound to and that are certainly not there."""
        now = current_time()
        names = {node_of(pod): None for pod in self.pods.list()}
        absent = [name for name in names if name and self.nodes.get(name) is None]
        self._missed = {name: self._missed.get(name, now) for name in absent}
        gone = []
        for name, since in self._missed.items():
            if now - since < QUARANTINE_SECONDS:
                continue
            try:
                await self.client.resource("nodes").get(name)
            except NotFound:
                gone.append(name)
            except (ApiError, ClientError):
                continue
        return gone

    async def _remove(self, waste: Waste) -> None:
        pods = self.client.resource("pods")
        pod = waste.pod
        if waste.reason and not is_terminal(pod):
            now = format_time(self.now_ns())
            condition = disruption_condition(waste.reason, waste.message, now)
            # A patch: updates of what it did not make are not among its rights.
            patch = {
                "metadata": {"uid": uid_of(pod)},
                "status": {"phase": "Failed", "conditions": [condition]},
            }
            pod = await pods.patch(name_of(pod), patch, namespace_of(pod), subresource="status")
        options = {"gracePeriodSeconds": 0, "preconditions": {"uid": uid_of(pod)}}
        await pods.delete(name_of(pod), namespace_of(pod), options=options)
