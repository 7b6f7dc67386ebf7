"""Keeps a load balancer in the cloud for each Service of that type.

Source: kubernetes cloud-provider controllers/service/controller.go.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from kactors.api.meta import finalizers_of, is_being_deleted, key_of, name_of, uid_of
from kactors.api.objects import Object, deep_copy, field
from kactors.client.controller import Controller, ControllerContext
from kactors.client.events import NORMAL
from kactors.client.informer import ResourceEventHandlerFuncs
from kactors.client.lister import Lister
from kactors.cloud.messages import LoadBalancerPort
from kactors.cloud.provider import CloudProvider

__all__ = ["FINALIZER", "ServiceController", "balanced_nodes", "balancer_name", "wants_balancer"]

FINALIZER: Final = "service.kubernetes.io/load-balancer-cleanup"
_EXCLUDED: Final = "node.kubernetes.io/exclude-from-external-load-balancers"
_TO_BE_DELETED: Final = "ToBeDeletedByClusterAutoscaler"


def wants_balancer(service: Object) -> bool:
    """Tell whether a Service is to have a load balancer of this cloud's."""
    spec = service.get("spec") or {}
    return spec.get("type") == "LoadBalancer" and not spec.get("loadBalancerClass")


def balancer_name(service: Object) -> str:
    """Return the name of a Service's load balancer: the same for ever, at most 32 characters."""
    return ("a" + uid_of(service).replace("-", ""))[:32]


def balanced_nodes(nodes: Iterable[Object]) -> tuple[str, ...]:
    """Return the names of the Nodes that load balancers pass traffic on to, in order.

    Whether a Node is ready does not matter: that is what health checks are for.
    """
    return tuple(sorted(name_of(node) for node in nodes if _is_balanced(node)))


def _is_balanced(node: Object) -> bool:
    labels = field(node, "metadata", "labels", default={})
    taints = field(node, "spec", "taints", default=())
    if _EXCLUDED in labels or any(each["key"] == _TO_BE_DELETED for each in taints):
        return False
    return bool(field(node, "spec", "providerID", default=""))


class ServiceController(Controller):
    """Reconciles each Service with its load balancer."""

    component: ClassVar[str] = "service-controller"

    _services: Lister
    _nodes: Lister

    def __init__(self, context: ControllerContext, provider: CloudProvider) -> None:
        super().__init__(context)
        self._provider = provider
        self._balanced: tuple[str, ...] = ()

    def setup(self) -> None:
        """Look at Services; at all that have a balancer when the Nodes behind them change."""
        self._services = self.observes("services", _if_concerned).lister
        nodes = self.observes("nodes", lambda _: ())
        self._nodes = nodes.lister
        changed = self._nodes_changed
        self.listen(
            nodes,
            ResourceEventHandlerFuncs(
                add=changed, update=lambda _, new: changed(new), delete=changed
            ),
        )

    def _nodes_changed(self, _: Object) -> None:
        balanced = balanced_nodes(self._nodes.list())
        if balanced != self._balanced:
            self._balanced = balanced
            for service in self._services.list():
                if wants_balancer(service):
                    self.queue.add(key_of(service))

    async def reconcile(self, key: str) -> float | None:
        """Have the load balancer of a Service there, or gone."""
        service = self._services.get_by_key(key)
        if service is None:
            return None
        if wants_balancer(service) and not is_being_deleted(service):
            await self._ensure(service)
        elif FINALIZER in finalizers_of(service):
            await self._provider.ensure_load_balancer_deleted(balancer_name(service))
            await self._release(service)
        return None

    async def _ensure(self, service: Object) -> None:
        services = self.client.resource("services")
        if FINALIZER not in finalizers_of(service):
            found: Object = deep_copy(service)
            found["metadata"]["finalizers"] = [*finalizers_of(service), FINALIZER]
            service = await services.update(found)
        ports = tuple(
            LoadBalancerPort(port["port"], port.get("nodePort") or 0, port.get("protocol") or "TCP")
            for port in service["spec"].get("ports") or ()
        )
        nodes = balanced_nodes(self._nodes.list())
        name = balancer_name(service)
        balancer = await self._provider.ensure_load_balancer(name, ports, nodes)
        ingress = [{"ip": balancer.ip, "ipMode": "VIP"}]
        if field(service, "status", "loadBalancer", "ingress", default=[]) != ingress:
            await self._say(service, {"ingress": ingress})
            message = f"Ensured load balancer {balancer.name}"
            self.recorder.event(service, NORMAL, "EnsuredLoadBalancer", message)

    async def _release(self, service: Object) -> None:
        """Take back what was said, and let the Service go."""
        if field(service, "status", "loadBalancer", default={}) and not is_being_deleted(service):
            service = await self._say(service, {})
        found: Object = deep_copy(service)
        found["metadata"]["finalizers"] = [
            each for each in finalizers_of(service) if each != FINALIZER
        ]
        await self.client.resource("services").update(found)

    async def _say(self, service: Object, balancer: Object) -> Object:
        status = {**(service.get("status") or {}), "loadBalancer": balancer}
        return await self.client.resource("services").update_status({**service, "status": status})


def _if_concerned(service: Object) -> tuple[str, ...]:
    concerned = wants_balancer(service) or FINALIZER in finalizers_of(service)
    return (key_of(service),) if concerned else ()
