"""In the end traffic goes to the pods that are ready, and to no others."""

from collections.abc import Iterator
from typing import ClassVar

from kactors.api.meta import labels_of, name_of
from kactors.api.objects import Object, field
from kactors.node.proxy.endpoint import SERVICE_NAME_LABEL
from kactors.scenario.oracle import Oracle
from kactors.scenario.service_endpoints import ready_endpoints, ready_pods

__all__ = ["EndpointsMatch"]


class EndpointsMatch(Oracle):
    """Once all is healed: slices name the ready pods, each address its owner; proxies know them.

    While faults last, endpoints and proxies may be behind; afterwards nobody may stay so. Catches
    k8s#127429 (a controller that compares with a stale Endpoints object and never looks again),
    k8s#109414 (an address that is another pod's by now) and k8s#28674 (a proxy that keeps stale
    rules and says that it is well).
    """

    name: ClassVar[str] = "endpoints"

    def waits(self) -> bool:
        """Tell whether a proxy of the core is behind: its apiserver may be cut off from etcd."""
        return any(
            self._stale_table(f"{namespace}/{name}", self._slices_of(namespace, name))
            for namespace, name, _ in self._services()
        )

    def finish(self, *, converged: bool) -> None:
        """Compare pods, slices and the tables of the nodes of the core."""
        if not converged:
            return
        for namespace, name, service in self._services():
            slices = self._slices_of(namespace, name)
            self._compare_pods(namespace, name, service, slices)
            stale = self._stale_table(f"{namespace}/{name}", slices)
            if stale:
                self.object_to("a proxy is behind for good", stale)

    def _services(self) -> Iterator[tuple[str, str, Object]]:
        for (namespace, name), service in self.scene.truth.objects("services").items():
            if field(service, "spec", "selector"):
                yield namespace, name, service

    def _slices_of(self, namespace: str, service: str) -> list[Object]:
        return [
            each
            for each in self.scene.truth.in_namespace("endpointslices", namespace)
            if labels_of(each).get(SERVICE_NAME_LABEL) == service
        ]

    def _compare_pods(
        self, namespace: str, name: str, service: Object, slices: list[Object]
    ) -> None:
        ready = ready_pods(self.scene.truth, namespace, field(service, "spec", "selector"))
        listed = {
            address: field(endpoint, "targetRef", "uid", default="")
            for endpoint in ready_endpoints(slices)
            for address in endpoint["addresses"]
        }
        missing = [address for address in ready if address not in listed]
        excess = [address for address in listed if address not in ready]
        if missing or excess:
            self.object_to(
                "endpoints differ from ready pods",
                f"service {namespace}/{name} lacks {missing[:3]} and has {excess[:3]} in excess: "
                f"{len(listed)} addresses for {len(ready)} ready pods",
            )
        for address, uid in listed.items():
            if address in ready and uid != ready[address]:
                text = f"service {namespace}/{name} has {address} for pod {uid}; it is another's"
                self.object_to("an endpoint names the wrong pod", text)
                return

    def _stale_table(self, service: str, slices: list[Object]) -> str:
        """Return what is wrong with the first table that differs from slices; empty if none."""
        wanted = {name_of(each): _addresses([each]) for each in slices}
        for node, table in self.scene.cluster.observer.proxy_tables().items():
            if node not in self.scene.core:
                continue
            for rule in table.rules_of(service):
                known = {name_of(each): _addresses([each]) for each in rule.slices}
                if known != wanted:
                    return f"the proxy of {node} has {known} for service {service}, not {wanted}"
        return ""


def _addresses(slices: list[Object]) -> list[str]:
    return sorted(
        address for endpoint in ready_endpoints(slices) for address in endpoint["addresses"]
    )
