"""The defaults of containers: pull policy, ports, probes.

Source: kubernetes pkg/apis/core/v1/defaults.go, zz_generated.defaults.go.
"""

from kactors.api.defaults.fill import fill
from kactors.api.objects import Object

__all__ = ["default_container", "image_tag"]

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_PROBE_NUMBERS = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1,
                  "failureThreshold": 3}  # fmt: skip


def image_tag(image: str) -> str:
    """Return the tag of an image's name: ``latest`` if there is neither tag nor digest."""
    name, at, _digest = image.partition("@")
    _, colon, tag = name.rpartition(":")
    if colon and "/" not in tag:
        return tag
    return "" if at else "latest"


def default_container(container: Object) -> None:
    """Fill in a container, an init container or an ephemeral one."""
    latest = image_tag(container.get("image") or "") == "latest"
    fill(
        container,
        imagePullPolicy="Always" if latest else "IfNotPresent",
        terminationMessagePath="/dev/termination-log",
        terminationMessagePolicy="File",
        resources={},
    )
    for port in container.get("ports") or ():
        fill(port, protocol="TCP")
    for variable in container.get("env") or ():
        if (reference := (variable.get("valueFrom") or {}).get("fieldRef")) is not None:
            fill(reference, apiVersion="v1")
    for name in _PROBES:
        if (probe := container.get(name)) is not None:
            _default_probe(probe)
    lifecycle: Object = container.get("lifecycle") or {}
    for name in ("postStart", "preStop"):
        _default_http_get(lifecycle.get(name) or {})


def _default_probe(probe: Object) -> None:
    for name, value in _PROBE_NUMBERS.items():
        # For upstream, zero is as if nothing had been said.
        probe[name] = probe.get(name) or value
    _default_http_get(probe)
    if (action := probe.get("grpc")) is not None:
        action.setdefault("service", "")


def _default_http_get(handler: Object) -> None:
    if (action := handler.get("httpGet")) is not None:
        fill(action, path="/", scheme="HTTP")
