"""Initialises Nodes: tells each where and what it is in the cloud, and then lets pods come.

Source: kubernetes cloud-provider controllers/node/node_controller.go.
"""

from typing import ClassVar, Final

from kactors.api.objects import Object, deep_copy, field
from kactors.client.controller import Controller, ControllerContext
from kactors.client.events import NORMAL
from kactors.client.lister import Lister
from kactors.cloud.messages import Instance
from kactors.cloud.provider import CloudProvider

__all__ = ["UNINITIALIZED_TAINT", "NodeController", "addresses_of", "initialised",
           "is_uninitialised"]  # fmt: skip

UNINITIALIZED_TAINT: Final = "node.cloudprovider.kubernetes.io/uninitialized"
REFRESH_SECONDS: Final = 300.0


def is_uninitialised(node: Object) -> bool:
    """Tell whether nobody has told a Node yet where it is."""
    taints = field(node, "spec", "taints", default=())
    return any(each["key"] == UNINITIALIZED_TAINT for each in taints)


def initialised(node: Object, instance: Instance) -> Object:
    """Return ``node`` with what its instance says, and without the taint that kept pods away."""
    found: Object = deep_copy(node)
    labels = found["metadata"].setdefault("labels", {})
    labels["node.kubernetes.io/instance-type"] = instance.type
    labels["topology.kubernetes.io/zone"] = instance.zone
    labels["topology.kubernetes.io/region"] = instance.region
    spec = found.setdefault("spec", {})
    spec.setdefault("providerID", instance.provider_id)
    taints = [each for each in spec.get("taints") or () if each["key"] != UNINITIALIZED_TAINT]
    spec.pop("taints", None)
    if taints:
        spec["taints"] = taints
    return found


def addresses_of(instance: Instance) -> list[Object]:
    """Return ``status.addresses``."""
    found = [{"type": "InternalIP", "address": instance.internal_ip}]
    if instance.external_ip:
        found.append({"type": "ExternalIP", "address": instance.external_ip})
    return [*found, {"type": "Hostname", "address": instance.name}]


class NodeController(Controller):
    """Reconciles each Node with its instance; looks again at its addresses every five minutes."""

    component: ClassVar[str] = "cloud-node-controller"

    _nodes: Lister

    def __init__(self, context: ControllerContext, provider: CloudProvider) -> None:
        super().__init__(context)
        self._provider = provider
        self._addresses: dict[str, list[Object]] = {}

    def setup(self) -> None:
        """Look at Nodes that are not initialised."""
        informer = self.observes("nodes", _if_uninitialised)
        self._nodes = informer.lister

    def on_leading(self) -> None:
        """Look at all Nodes: their addresses are ours to keep now."""
        for node in self._nodes.list():
            self.queue.add(node["metadata"]["name"])

    async def reconcile(self, key: str) -> float | None:
        """Initialise a Node, or see whether its addresses have changed."""
        node = self._nodes.get_by_key(key)
        if node is None:
            return None
        instance = await self._provider.instance_of(node)
        if instance is None:
            return None  # the node lifecycle controller finds out what that means
        wanted = addresses_of(instance)
        if field(node, "status", "addresses", default=[]) != wanted:
            patch = {"status": {"addresses": wanted}}
            node = await self.client.resource("nodes").patch(key, patch, subresource="status")
        if is_uninitialised(node):
            await self.client.resource("nodes").update(initialised(node, instance))
            self.recorder.event(node, NORMAL, "Synced", "Node synced successfully")
        return REFRESH_SECONDS


def _if_uninitialised(node: Object) -> tuple[str, ...]:
    return (node["metadata"]["name"],) if is_uninitialised(node) else ()
