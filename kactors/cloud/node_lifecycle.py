"""Deletes the Nodes of instances that are gone, and taints those of instances that are off.

The cloud is asked only about Nodes that are not ready: what answers is there.

Source: kubernetes cloud-provider controllers/nodelifecycle/node_lifecycle_controller.go.
"""

from typing import ClassVar, Final

from kactors.api.errors import NotFound
from kactors.api.meta import get_condition, name_of
from kactors.api.objects import Object, deep_copy, field
from kactors.client.controller import Controller, ControllerContext
from kactors.client.events import NORMAL
from kactors.client.lister import Lister
from kactors.cloud.messages import Instance
from kactors.cloud.provider import CloudProvider

__all__ = ["SHUTDOWN_TAINT", "CloudNodeLifecycleController", "is_ready", "with_shutdown_taint"]

SHUTDOWN_TAINT: Final[Object] = {
    "key": "node.cloudprovider.kubernetes.io/shutdown",
    "effect": "NoSchedule",
}
MONITOR_SECONDS: Final = 5.0


def is_ready(node: Object) -> bool:
    """Tell whether a Node's condition says so."""
    condition = get_condition(node, "Ready")
    return condition is not None and condition.get("status") == "True"


def has_shutdown_taint(node: Object) -> bool:
    """Tell whether a Node is marked as switched off."""
    taints = field(node, "spec", "taints", default=())
    return any(each["key"] == SHUTDOWN_TAINT["key"] for each in taints)


def with_shutdown_taint(node: Object, *, there: bool) -> Object:
    """Return ``node`` with the taint, or without it."""
    found: Object = deep_copy(node)
    spec = found.setdefault("spec", {})
    taints = [each for each in spec.get("taints") or () if each["key"] != SHUTDOWN_TAINT["key"]]
    spec.pop("taints", None)
    if there:
        taints.append(dict(SHUTDOWN_TAINT))
    if taints:
        spec["taints"] = taints
    return found


class CloudNodeLifecycleController(Controller):
    """Looks at each Node that is not ready every five seconds."""

    component: ClassVar[str] = "cloud-node-lifecycle-controller"

    _nodes: Lister

    def __init__(self, context: ControllerContext, provider: CloudProvider) -> None:
        super().__init__(context)
        self._provider = provider

    def setup(self) -> None:
        """Look at Nodes that are not ready, or are marked as off."""
        self._nodes = self.observes("nodes", _if_suspect).lister

    async def reconcile(self, key: str) -> float | None:
        """Find out what has become of the instance of a Node."""
        node = self._nodes.get_by_key(key)
        if node is None:
            return None
        if is_ready(node):
            if has_shutdown_taint(node):
                await self._update(with_shutdown_taint(node, there=False))
            return None
        instance = await self._provider.instance_of(node)
        if instance is None:
            await self._delete(node)
            return None
        return await self._mark(node, instance)

    async def _mark(self, node: Object, instance: Instance) -> float:
        off = not instance.running
        if off and not has_shutdown_taint(node):
            await self._update(with_shutdown_taint(node, there=True))
        return MONITOR_SECONDS

    async def _update(self, node: Object) -> None:
        await self.client.resource("nodes").update(node)

    async def _delete(self, node: Object) -> None:
        name = name_of(node)
        message = f"Deleting node {name} because it does not exist in the cloud provider"
        self.recorder.event(node, NORMAL, "DeletingNode", message)
        options = {"preconditions": {"uid": node["metadata"]["uid"]}}
        try:
            await self.client.resource("nodes").delete(name, options=options)
        except NotFound:
            return


def _if_suspect(node: Object) -> tuple[str, ...]:
    return (name_of(node),) if not is_ready(node) or has_shutdown_taint(node) else ()
