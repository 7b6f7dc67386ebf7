"""The rules of environment variables.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateEnv``, ``ValidateEnvFrom``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import FieldError, invalid, not_supported, required
from kactors.api.names import is_config_map_key, is_env_var_name
from kactors.api.objects import Object
from kactors.api.validation.common import faulty

__all__ = ["validate_env", "validate_env_from", "validate_field_ref"]

_FIELDS = ("metadata.name", "metadata.namespace", "metadata.uid", "spec.nodeName",
           "spec.serviceAccountName", "status.hostIP", "status.hostIPs", "status.podIP",
           "status.podIPs")  # fmt: skip
_RESOURCES = ("limits.cpu", "limits.ephemeral-storage", "limits.memory", "requests.cpu",
              "requests.ephemeral-storage", "requests.memory")  # fmt: skip
_SOURCES = ("fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef")


def validate_env(variables: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the variables of a container."""
    errors = []
    for index, variable in enumerate(variables):
        where = f"{path}[{index}]"
        name = variable.get("name")
        if not name:
            errors.append(required(f"{where}.name"))
        else:
            errors += faulty(f"{where}.name", name, is_env_var_name(name))
        source = variable.get("valueFrom")
        if source is not None:
            errors += _value_from(variable, source, f"{where}.valueFrom")
    return errors


def _value_from(variable: Object, source: Object, path: str) -> list[FieldError]:
    errors = []
    given = [name for name in _SOURCES if source.get(name) is not None]
    if not given:
        detail = (
            "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or "
            "`secretKeyRef`"
        )
        errors.append(invalid(path, "", detail))
    elif variable.get("value"):
        errors.append(invalid(path, "", "may not be specified when `value` is not empty"))
    elif len(given) > 1:
        errors.append(invalid(path, "", "may not have more than one field specified at a time"))
    if (reference := source.get("fieldRef")) is not None:
        errors += validate_field_ref(reference, f"{path}.fieldRef")
    if (reference := source.get("resourceFieldRef")) is not None:
        errors += _resource_ref(reference, f"{path}.resourceFieldRef")
    for name in ("configMapKeyRef", "secretKeyRef"):
        if (reference := source.get(name)) is not None:
            errors += _key_ref(reference, f"{path}.{name}")
    return errors


def validate_field_ref(reference: Object, path: str) -> list[FieldError]:
    """Return what is wrong with a reference to a field of the pod."""
    found = reference.get("fieldPath") or ""
    if not found:
        return [required(f"{path}.fieldPath")]
    subscripted = found.endswith("]") and found.startswith(
        ("metadata.labels[", "metadata.annotations[")
    )
    if found in _FIELDS or subscripted:
        return []
    return [not_supported(f"{path}.fieldPath", found, _FIELDS)]


def _resource_ref(reference: Object, path: str) -> list[FieldError]:
    found = reference.get("resource") or ""
    if not found:
        return [required(f"{path}.resource")]
    if found in _RESOURCES or found.startswith(("limits.hugepages-", "requests.hugepages-")):
        return []
    return [not_supported(f"{path}.resource", found, _RESOURCES)]


def _key_ref(reference: Object, path: str) -> list[FieldError]:
    errors = []
    if not reference.get("name"):
        errors.append(required(f"{path}.name"))
    key = reference.get("key")
    if not key:
        return [*errors, required(f"{path}.key")]
    return errors + faulty(f"{path}.key", key, is_config_map_key(key))


def validate_env_from(sources: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the ConfigMaps and Secrets whose keys become variables."""
    errors = []
    for index, source in enumerate(sources):
        where = f"{path}[{index}]"
        if prefix := source.get("prefix"):
            errors += faulty(f"{where}.prefix", prefix, is_env_var_name(prefix))
        given = [name for name in ("configMapRef", "secretRef") if source.get(name) is not None]
        errors += [required(f"{where}.{name}.name")
                   for name in given if not source[name].get("name")]  # fmt: skip
        if not given:
            detail = "must specify one of: `configMapRef` or `secretRef`"
            errors.append(invalid(where, "", detail))
        elif len(given) > 1:
            detail = "may not have more than one field specified at a time"
            errors.append(invalid(where, "", detail))
    return errors
