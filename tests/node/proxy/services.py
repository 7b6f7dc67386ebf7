"""Services and EndpointSlices for tests."""

from typing import Any

from kactors.api.objects import Object


def service(name: str = "web", **spec: Any) -> Object:
    """Return a Service with one port, 80."""
    ports = spec.pop("ports", [{"port": 80, "protocol": "TCP"}])
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default", "uid": f"uid-of-{name}"},
        "spec": {"clusterIP": "10.96.0.10", "ports": ports, **spec},
        "status": {},
    }


def endpoint(ip: str, node: str = "n1", **more: Any) -> Object:
    """Return one endpoint of a slice, ready unless told otherwise."""
    conditions = {"ready": True, "serving": True, "terminating": False}
    return {
        "addresses": [ip],
        "nodeName": node,
        "conditions": {**conditions, **more.pop("conditions", {})},
        "targetRef": {"kind": "Pod", "uid": f"pod-at-{ip}", "name": f"pod-{ip}"},
        **more,
    }


def endpoint_slice(name: str, *endpoints: Object, of: str = "web", **more: Any) -> Object:
    """Return an EndpointSlice of a Service."""
    return {
        "apiVersion": "discovery.k8s.io/v1",
        "kind": "EndpointSlice",
        "metadata": {
            "name": name,
            "namespace": "default",
            "labels": {"kubernetes.io/service-name": of},
        },
        "addressType": "IPv4",
        "endpoints": list(endpoints),
        "ports": [{"name": "", "port": 8080, "protocol": "TCP"}],
        **more,
    }


TERMINATING = {"ready": False, "serving": True, "terminating": True}
UNREADY = {"ready": False, "serving": False}
