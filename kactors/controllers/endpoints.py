"""Endpoints: all addresses of a Service in one object, for those who do not know slices.

Source: kubernetes pkg/controller/endpoint/endpoints_controller.go, pkg/api/v1/endpoints/util.go.
"""

from collections.abc import Iterable
from typing import ClassVar, Final

from kactors.api.errors import AlreadyExists, NotFound
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    annotations_of,
    is_being_deleted,
    key_of,
    labels_of,
    name_of,
    namespace_of,
)
from kactors.api.objects import Object, field
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pods import is_ready, node_of
from kactors.controllers.service_endpoints import (
    HEADLESS,
    PortKey,
    addresses_of,
    endpoint_ports,
    hostname_of,
    is_headless,
    pod_reference,
    services_of_pod,
    uses_pod,
)

__all__ = ["EndpointsController", "endpoints_of"]

ADDRESSES_MAX: Final = 1000
#: As for slices: upstream's ``--endpoint-updates-batch-period``, where it is 0 unless set.
BATCH_SECONDS: Final = 0.2
OVER_CAPACITY: Final = "endpoints.kubernetes.io/over-capacity"
MANAGED_BY: Final = "endpoints.kubernetes.io/managed-by"
MANAGER: Final = "endpoint-controller"


def endpoints_of(service: Object, pods: Iterable[Object]) -> Object:
    """Return the Endpoints of a Service.

    Args:
        service: has a selector.
        pods: that it selects; those that are leaving are left out, unless the Service publishes
            what is not ready.
    """
    anyway = bool(field(service, "spec", "publishNotReadyAddresses"))
    groups: dict[tuple[PortKey, ...], tuple[list[Object], list[Object]]] = {}
    count = 0
    over = False
    for pod in sorted(pods, key=key_of):
        if not uses_pod(pod) or (is_being_deleted(pod) and not anyway):
            continue
        ports = endpoint_ports(service, pod)
        if not ports and not is_headless(service):
            continue
        if count >= ADDRESSES_MAX:
            over = True
            break
        count += 1
        ready, unready = groups.setdefault(ports, ([], []))
        (ready if anyway or is_ready(pod) else unready).append(_address(pod, service))
    labels = {key: value for key, value in labels_of(service).items() if key != HEADLESS}
    if is_headless(service):
        labels[HEADLESS] = ""
    metadata: Object = {
        "name": name_of(service),
        "namespace": namespace_of(service),
        "labels": {**labels, MANAGED_BY: MANAGER},
    }
    if over:
        metadata["annotations"] = {OVER_CAPACITY: "truncated"}
    subsets = [_subset(ports, *groups[ports]) for ports in sorted(groups, key=str)]
    return {"apiVersion": "v1", "kind": "Endpoints", "metadata": metadata, "subsets": subsets}


def _address(pod: Object, service: Object) -> Object:
    address: Object = {"ip": addresses_of(pod)[0], "targetRef": pod_reference(pod)}
    if node := node_of(pod):
        address["nodeName"] = node
    if hostname := hostname_of(pod, service):
        address["hostname"] = hostname
    return address


def _subset(ports: tuple[PortKey, ...], ready: list[Object], unready: list[Object]) -> Object:
    subset: Object = {}
    if ready:
        subset["addresses"] = ready
    if unready:
        subset["notReadyAddresses"] = unready
    subset["ports"] = [
        {"name": name, "protocol": protocol, "port": number,
         **({"appProtocol": application} if application else {})}
        for name, protocol, number, application in ports
    ]  # fmt: skip
    return subset


class EndpointsController(ObjectController):
    """Writes the Endpoints of each Service that has a selector."""

    component: ClassVar[str] = "endpoint-controller"

    def setup(self) -> None:
        """Look at Services, the pods that they select, and their Endpoints."""
        self.services = self.reconciles("services").lister
        self.pods = self.observes("pods", self._selecting, batch_seconds=BATCH_SECONDS).lister
        self.endpoints = self.reconciles("endpoints").lister

    def _selecting(self, pod: Object) -> list[str]:
        services = self.services.list(namespace_of(pod))
        return [key_of(each) for each in services_of_pod(pod, services)]

    async def reconcile(self, key: str) -> float | None:
        """Let the Endpoints of a Service be what they should."""
        namespace, _, name = key.rpartition("/")
        service = self.services.get_by_key(key)
        endpoints = self.client.resource("endpoints")
        if service is None or is_being_deleted(service):
            known = self.endpoints.get_by_key(key)
            if known is not None and labels_of(known).get(MANAGED_BY) == MANAGER:
                try:
                    await endpoints.delete(name, namespace)
                except NotFound:
                    return None
            return None
        selector = field(service, "spec", "selector")
        if not selector:
            return None
        pods = self.pods.list(namespace, LabelSelector.from_labels(selector))
        wanted = endpoints_of(service, pods)
        known = self.endpoints.get_by_key(key)
        if known is None:
            try:
                await endpoints.create(wanted)
            except AlreadyExists:
                return 1.0  # the cache is behind
        elif changed := _changed(known, wanted):
            await endpoints.update(changed)
        return None


def _changed(known: Object, wanted: Object) -> Object | None:
    """Return ``known`` with the contents of ``wanted``; ``None`` if it has them."""
    annotations = {key: value for key, value in annotations_of(known).items()
                   if key != OVER_CAPACITY} | annotations_of(wanted)  # fmt: skip
    same = (
        (known.get("subsets") or []) == wanted["subsets"]
        and labels_of(known) == labels_of(wanted)
        and annotations_of(known) == annotations
    )
    if same:
        return None
    metadata = {**known["metadata"], "labels": labels_of(wanted), "annotations": annotations}
    return {**known, "metadata": metadata, "subsets": wanted["subsets"]}
