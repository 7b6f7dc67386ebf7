"""Where a Service's pods can be reached: addresses, ports, and whether they should be used.

Source: kubernetes staging/src/k8s.io/endpointslice/utils.go, reconciler.go;
pkg/api/v1/pod/util.go (FindPort).
"""

from collections.abc import Iterable, Sequence
from typing import Final

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    labels_of,
    name_of,
    namespace_of,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.controllers.pods import is_ready, is_terminal, node_of

__all__ = [
    "HEADLESS", "Endpoint", "PortKey", "addresses_of", "container_port", "endpoint_of",
    "endpoint_ports", "hostname_of", "is_headless", "pod_reference", "service_ports",
    "services_of_pod", "uses_pod",
]  # fmt: skip

HEADLESS: Final = "service.kubernetes.io/headless"

_ZONE: Final = "topology.kubernetes.io/zone"

PortKey = tuple[str, str, int, str]
"""Name, protocol, number, application protocol."""


@attrs.frozen
class Endpoint:
    """One pod behind a Service, under one family of addresses.

    Attributes:
        uid: of the pod.
        body: the endpoint as an EndpointSlice has it.
    """

    uid: str
    body: Object


def is_headless(service: Object) -> bool:
    """Tell whether the Service has no address of its own."""
    return bool(field(service, "spec", "clusterIP") == "None")


def services_of_pod(pod: Object, services: Iterable[Object]) -> list[Object]:
    """Return the Services of the pod's namespace that select it."""
    labels = labels_of(pod)
    found = []
    for service in services:
        selector = field(service, "spec", "selector")
        if selector and LabelSelector.from_labels(selector).matches(labels):
            found.append(service)
    return found


def uses_pod(pod: Object) -> bool:
    """Tell whether a pod can be reached at all; it may be leaving, but must not have ended."""
    return not is_terminal(pod) and bool(field(pod, "status", "podIP"))


def addresses_of(pod: Object) -> list[str]:
    """Return the pod's addresses, the primary one first."""
    listed = [each["ip"] for each in field(pod, "status", "podIPs", default=()) if each.get("ip")]
    primary = field(pod, "status", "podIP")
    return listed or ([primary] if primary else [])


def hostname_of(pod: Object, service: Object) -> str:
    """Return the name under which DNS knows the pod within the Service; empty if there is none."""
    spec: Object = pod.get("spec") or {}
    if spec.get("hostname") and spec.get("subdomain") == name_of(service):
        hostname: str = spec["hostname"]
        return hostname
    return ""


def pod_reference(pod: Object) -> Object:
    """Return the reference to a pod, as endpoints have it."""
    return {
        "kind": "Pod",
        "namespace": namespace_of(pod),
        "name": name_of(pod),
        "uid": uid_of(pod),
    }


def endpoint_of(pod: Object, node: Object | None, service: Object, address: str) -> Endpoint:
    """Return what a pod is as an endpoint of a Service, under one of its addresses."""
    serving = is_ready(pod)
    terminating = is_being_deleted(pod)
    anyway = bool(field(service, "spec", "publishNotReadyAddresses"))
    body: Object = {
        "addresses": [address],
        "conditions": {
            "ready": anyway or (serving and not terminating),
            "serving": serving,
            "terminating": terminating,
        },
        "targetRef": pod_reference(pod),
    }
    if name := node_of(pod):
        body["nodeName"] = name
    zone = labels_of(node).get(_ZONE) if node else None
    if zone:
        body["zone"] = zone
    if hostname := hostname_of(pod, service):
        body["hostname"] = hostname
    if zone and field(service, "spec", "trafficDistribution") in {"PreferClose", "PreferSameZone"}:
        body["hints"] = {"forZones": [{"name": zone}]}
    return Endpoint(uid_of(pod), body)


def container_port(pod: Object, service_port: Object) -> int | None:
    """Return the number of the port that a Service's port means on this pod.

    ``None`` if the pod has no container port of that name.
    """
    target = service_port.get("targetPort")
    if isinstance(target, int) and target:
        return target
    if not target:
        number: int = service_port["port"]
        return number
    protocol = service_port.get("protocol") or "TCP"
    spec: Object = pod.get("spec") or {}
    sidecars = (each for each in spec.get("initContainers") or ()
                if each.get("restartPolicy") == "Always")  # fmt: skip
    for container in (*(spec.get("containers") or ()), *sidecars):
        for port in container.get("ports") or ():
            if port.get("name") == target and (port.get("protocol") or "TCP") == protocol:
                found: int = port["containerPort"]
                return found
    return None


def service_ports(service: Object) -> Sequence[Object]:
    """Return the ports of a Service."""
    ports: Sequence[Object] = field(service, "spec", "ports", default=())
    return ports


def endpoint_ports(service: Object, pod: Object) -> tuple[PortKey, ...]:
    """Return the ports under which a pod serves a Service, in a form that can be compared."""
    found: list[PortKey] = []
    for port in service_ports(service):
        number = container_port(pod, port)
        if number is not None:
            protocol = port.get("protocol") or "TCP"
            name, application = port.get("name") or "", port.get("appProtocol") or ""
            found.append((name, protocol, number, application))
    return tuple(sorted(found, key=str))
