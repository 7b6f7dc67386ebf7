"""The rules of probes and of lifecycle handlers.

Source: kubernetes pkg/apis/core/validation/validation.go, ``validateProbe``, ``validateHandler``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import FieldError, forbidden, invalid, required
from kactors.api.objects import Object
from kactors.api.validation.common import (
    above_zero,
    enumerated,
    non_negative,
    port_name_or_number,
    port_number,
)

__all__ = ["validate_lifecycle", "validate_probe"]

_OF_PROBES = ("exec", "httpGet", "tcpSocket", "grpc")
_OF_HOOKS = ("exec", "httpGet", "tcpSocket", "sleep")
_NUMBERS = ("initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold",
            "failureThreshold")  # fmt: skip


def validate_probe(probe: Object, path: str, *, once: bool = False) -> list[FieldError]:
    """Return what is wrong with a probe.

    Args:
        probe: the probe.
        path: where it is.
        once: whether one success is enough and more cannot be asked for: liveness and start-up.
    """
    errors = _handler(probe, path, _OF_PROBES)
    errors += non_negative(probe, path, *_NUMBERS)
    errors += above_zero(probe, path, "terminationGracePeriodSeconds")
    if once and probe.get("successThreshold", 1) != 1:
        errors.append(invalid(f"{path}.successThreshold", probe["successThreshold"], "must be 1"))
    return errors


def validate_lifecycle(lifecycle: Object, path: str) -> list[FieldError]:
    """Return what is wrong with what runs after the start and before the stop."""
    errors = []
    for name in ("postStart", "preStop"):
        if (hook := lifecycle.get(name)) is not None:
            errors += _handler(hook, f"{path}.{name}", _OF_HOOKS)
    return errors


def _handler(handler: Object, path: str, kinds: Sequence[str]) -> list[FieldError]:
    given = [name for name in kinds if handler.get(name) is not None]
    if not given:
        return [required(path, "must specify a handler type")]
    detail = "may not specify more than 1 handler type"
    errors = [forbidden(f"{path}.{name}", detail) for name in given[1:]]
    action, where = handler[given[0]], f"{path}.{given[0]}"
    match given[0]:
        case "exec" if not action.get("command"):
            errors.append(required(f"{where}.command"))
        case "httpGet":
            errors += port_name_or_number(action.get("port"), f"{where}.port")
            errors += enumerated(action.get("scheme"), f"{where}.scheme", ("HTTP", "HTTPS"))
        case "tcpSocket":
            errors += port_name_or_number(action.get("port"), f"{where}.port")
        case "grpc":
            errors += port_number(action.get("port"), f"{where}.port")
        case "sleep" if (action.get("seconds") or 0) < 0:
            detail = "must be non-negative"
            errors.append(invalid(f"{where}.seconds", action["seconds"], detail))
    return errors
