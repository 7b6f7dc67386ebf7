"""The rules of the security contexts of pods and containers.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateSecurityContext``,
``validatePodSpecSecurityContext``.
"""

import re
from collections.abc import Sequence

from kactors.api.field_errors import FieldError, duplicate, invalid, required
from kactors.api.objects import Object
from kactors.api.validation.common import enumerated

__all__ = ["validate_container_security", "validate_pod_security"]

_MAX_ID = 2**32 - 1
_SYSCTL = re.compile(r"([a-z0-9][-_a-z0-9]*[./])*[a-z0-9][-_a-z0-9]*")
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")


def validate_container_security(context: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the ``securityContext`` of a container."""
    errors = _ids(context, path, "runAsUser", "runAsGroup") + _seccomp(context, path)
    mounts = ("Default", "Unmasked")
    errors += enumerated(context.get("procMount"), f"{path}.procMount", mounts, optional=True)
    if context.get("allowPrivilegeEscalation") is False:
        detail = "cannot set `allowPrivilegeEscalation` to false and `{}`"
        if context.get("privileged"):
            errors.append(invalid(path, context, detail.format("privileged") + " to true"))
        if "CAP_SYS_ADMIN" in ((context.get("capabilities") or {}).get("add") or ()):
            text = detail.format("capabilities.Add") + " CAP_SYS_ADMIN"
            errors.append(invalid(path, context, text))
    return errors


def validate_pod_security(context: Object, path: str) -> list[FieldError]:
    """Return what is wrong with the ``securityContext`` of a pod."""
    errors = _ids(context, path, "runAsUser", "runAsGroup", "fsGroup") + _seccomp(context, path)
    for index, group in enumerate(context.get("supplementalGroups") or ()):
        errors += _id(group, f"{path}.supplementalGroups[{index}]")
    changes = ("Always", "OnRootMismatch")
    where = f"{path}.fsGroupChangePolicy"
    errors += enumerated(context.get("fsGroupChangePolicy"), where, changes, optional=True)
    return errors + _sysctls(context.get("sysctls") or (), f"{path}.sysctls")


def _ids(context: Object, path: str, *names: str) -> list[FieldError]:
    errors = []
    for name in names:
        if (found := context.get(name)) is not None:
            errors += _id(found, f"{path}.{name}")
    return errors


def _id(value: int, path: str) -> list[FieldError]:
    if 0 <= value <= _MAX_ID:
        return []
    return [invalid(path, value, f"must be between 0 and {_MAX_ID}, inclusive")]


def _seccomp(context: Object, path: str) -> list[FieldError]:
    profile = context.get("seccompProfile")
    if profile is None:
        return []
    where = f"{path}.seccompProfile"
    kind, local = profile.get("type"), profile.get("localhostProfile")
    errors = enumerated(kind, f"{where}.type", _PROFILES)
    where = f"{where}.localhostProfile"
    if kind == "Localhost" and not local:
        errors.append(required(where, "must be set when seccomp type is Localhost"))
    elif kind != "Localhost" and local:
        errors.append(invalid(where, local, "can only be set when seccomp type is Localhost"))
    return errors


def _sysctls(sysctls: Sequence[Object], path: str) -> list[FieldError]:
    errors = []
    seen: list[str] = []
    for index, sysctl in enumerate(sysctls):
        name = sysctl.get("name") or ""
        where = f"{path}[{index}].name"
        if not name:
            errors.append(required(where))
        elif len(name) > 253 or not _SYSCTL.fullmatch(name):
            detail = f"must have at most 253 characters and match regex ^{_SYSCTL.pattern}$"
            errors.append(invalid(where, name, detail))
        elif name in seen:
            errors.append(duplicate(where, name))
        seen.append(name)
    return errors
