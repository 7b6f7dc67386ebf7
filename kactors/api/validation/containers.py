"""The rules of containers.

Source: kubernetes pkg/apis/core/validation/validation.go, ``validateContainers``,
``validateInitContainers``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import FieldError, duplicate, forbidden, invalid, required
from kactors.api.names import is_dns1123_label, is_port_name
from kactors.api.objects import Object
from kactors.api.validation.common import enumerated, faulty, port_number
from kactors.api.validation.env import validate_env, validate_env_from
from kactors.api.validation.probes import validate_lifecycle, validate_probe
from kactors.api.validation.resources import validate_resources
from kactors.api.validation.security import validate_container_security
from kactors.api.validation.volumes import validate_mounts

__all__ = ["validate_containers", "validate_init_containers"]

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("FallbackToLogsOnError", "File")
_NOT_FOR_INIT = ("lifecycle", "livenessProbe", "readinessProbe", "startupProbe")


def validate_containers(
    containers: Sequence[Object], volumes: Sequence[Object], path: str, *, host_network: bool
) -> list[FieldError]:
    """Return what is wrong with the containers of a pod."""
    if not containers:
        return [required(path)]
    errors = []
    names: list[str] = []
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        errors += _container(container, volumes, where, host_network=host_network)
        errors += _running(container, where)
        name = container.get("name") or ""
        if name and name in names:
            errors.append(duplicate(f"{where}.name", name))
        names.append(name)
    return errors + _host_ports(containers, path)


def validate_init_containers(
    containers: Sequence[Object],
    regular: Sequence[Object],
    volumes: Sequence[Object],
    path: str,
    *,
    host_network: bool,
) -> list[FieldError]:
    """Return what is wrong with init containers, sidecars among them."""
    errors = []
    names = [each.get("name") for each in regular]
    for index, container in enumerate(containers):
        where = f"{path}[{index}]"
        errors += _container(container, volumes, where, host_network=host_network)
        name = container.get("name")
        if name and name in names:
            errors.append(duplicate(f"{where}.name", name))
        names.append(name)
        policy = container.get("restartPolicy")
        errors += enumerated(policy, f"{where}.restartPolicy", ("Always",), optional=True)
        if policy == "Always":
            errors += _running(container, where)
            continue
        detail = "may not be set for init containers without restartPolicy=Always"
        errors += [forbidden(f"{where}.{each}", detail)
                   for each in _NOT_FOR_INIT if container.get(each) is not None]  # fmt: skip
    return errors


def _container(
    container: Object, volumes: Sequence[Object], path: str, *, host_network: bool
) -> list[FieldError]:
    name = container.get("name") or ""
    errors = [] if name else [required(f"{path}.name")]
    if name:
        errors += faulty(f"{path}.name", name, is_dns1123_label(name))
    image = container.get("image") or ""
    if not image:
        errors.append(required(f"{path}.image"))
    elif image != image.strip():
        detail = "must not have leading or trailing whitespace"
        errors.append(invalid(f"{path}.image", image, detail))
    policy = container.get("terminationMessagePolicy")
    errors += enumerated(policy, f"{path}.terminationMessagePolicy", _MESSAGE_POLICIES)
    errors += _ports(container.get("ports") or (), f"{path}.ports", host_network=host_network)
    errors += validate_env(container.get("env") or (), f"{path}.env")
    errors += validate_env_from(container.get("envFrom") or (), f"{path}.envFrom")
    errors += validate_mounts(container.get("volumeMounts") or (), volumes, f"{path}.volumeMounts")
    errors += enumerated(
        container.get("imagePullPolicy"), f"{path}.imagePullPolicy", _PULL_POLICIES
    )
    errors += validate_container_security(
        container.get("securityContext") or {}, f"{path}.securityContext"
    )
    return errors + validate_resources(container.get("resources") or {}, f"{path}.resources")


def _running(container: Object, path: str) -> list[FieldError]:
    """Check what only containers that go on running have."""
    errors = []
    if (lifecycle := container.get("lifecycle")) is not None:
        errors += validate_lifecycle(lifecycle, f"{path}.lifecycle")
    for name, once in (("livenessProbe", True), ("readinessProbe", False), ("startupProbe", True)):
        if (probe := container.get(name)) is not None:
            errors += validate_probe(probe, f"{path}.{name}", once=once)
    return errors


def _ports(ports: Sequence[Object], path: str, *, host_network: bool) -> list[FieldError]:
    errors = []
    names: list[str] = []
    for index, port in enumerate(ports):
        where = f"{path}[{index}]"
        if name := port.get("name"):
            if faults := is_port_name(name):
                errors += faulty(f"{where}.name", name, faults)
            elif name in names:
                errors.append(duplicate(f"{where}.name", name))
            names.append(name)
        number, on_host = port.get("containerPort") or 0, port.get("hostPort") or 0
        if number:
            errors += port_number(number, f"{where}.containerPort")
        else:
            errors.append(required(f"{where}.containerPort"))
        if on_host:
            errors += port_number(on_host, f"{where}.hostPort")
        if host_network and on_host != number:
            detail = "must match `hostPort` when `hostNetwork` is true"
            errors.append(invalid(f"{where}.containerPort", number, detail))
        errors += enumerated(port.get("protocol"), f"{where}.protocol", _PROTOCOLS)
    return errors


def _host_ports(containers: Sequence[Object], path: str) -> list[FieldError]:
    """Find ports of the host that two containers ask for."""
    errors = []
    taken: list[str] = []
    for index, container in enumerate(containers):
        for place, port in enumerate(container.get("ports") or ()):
            if not port.get("hostPort"):
                continue
            wanted = f"{port.get('protocol')}/{port.get('hostIP') or ''}/{port['hostPort']}"
            if wanted in taken:
                errors.append(duplicate(f"{path}[{index}].ports[{place}].hostPort", wanted))
            taken.append(wanted)
    return errors
