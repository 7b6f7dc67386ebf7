"""The rules of ConfigMaps and Secrets.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateConfigMap``,
``ValidateSecret``.
"""

import base64
import json

from kactors.api.field_errors import FieldError, forbidden, invalid, required, too_long
from kactors.api.meta import annotations_of
from kactors.api.names import is_config_map_key
from kactors.api.objects import Object
from kactors.api.validation.common import faulty
from kactors.api.validation.metadata import immutable

__all__ = ["validate_config_map", "validate_frozen", "validate_secret", "validate_secret_update"]

_MAX_BYTES = 1024 * 1024
_ACCOUNT_NAME = "kubernetes.io/service-account.name"
_KEYS_OF_TYPE = {
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
}
_FROZEN = "field is immutable when `immutable` is set"


def validate_config_map(config: Object) -> list[FieldError]:
    """Return what is wrong with a ConfigMap."""
    errors = []
    data: Object = config.get("data") or {}
    binary: Object = config.get("binaryData") or {}
    for key in data:
        errors += faulty(f"data[{key}]", key, is_config_map_key(key))
        if key in binary:
            errors.append(invalid(f"data[{key}]", key, "duplicate of key present in binaryData"))
    for key in binary:
        errors += faulty(f"binaryData[{key}]", key, is_config_map_key(key))
    size = sum(len(value.encode()) for value in data.values())
    size += sum(_decoded_length(value) for value in binary.values())
    return [*errors, too_long("", _MAX_BYTES)] if size > _MAX_BYTES else errors


def validate_secret(secret: Object) -> list[FieldError]:
    """Return what is wrong with a Secret: its keys, its size, and what its type asks for."""
    errors = []
    data: Object = secret.get("data") or {}
    for key in data:
        errors += faulty(f"data[{key}]", key, is_config_map_key(key))
    if sum(map(_decoded_length, data.values())) > _MAX_BYTES:
        errors.append(too_long("data", _MAX_BYTES))
    kind = secret.get("type") or ""
    if kind == "kubernetes.io/service-account-token":
        if not annotations_of(secret).get(_ACCOUNT_NAME):
            errors.append(required(f"metadata.annotations[{_ACCOUNT_NAME}]"))
    elif kind == "kubernetes.io/basic-auth":
        if "username" not in data and "password" not in data:
            errors += [required("data[username]"), required("data[password]")]
    else:
        errors += _keys_of_type(kind, data)
    return errors


def _keys_of_type(kind: str, data: Object) -> list[FieldError]:
    errors = []
    for key in _KEYS_OF_TYPE.get(kind, ()):
        if key not in data:
            errors.append(required(f"data[{key}]"))
        elif key.startswith(".docker"):
            try:
                json.loads(base64.b64decode(data[key]))
            except ValueError:
                detail = "is not valid JSON"
                errors.append(invalid(f"data[{key}]", "<secret contents redacted>", detail))
    return errors


def _decoded_length(text: str) -> int:
    return len(text.rstrip("=")) * 3 // 4


def validate_secret_update(new: Object, old: Object) -> list[FieldError]:
    """Return what is wrong with a change of a Secret."""
    errors = immutable(new.get("type"), old.get("type"), "type")
    return errors + validate_frozen(new, old) + validate_secret(new)


def validate_frozen(new: Object, old: Object) -> list[FieldError]:
    """Return the changes of what had said that it would not change."""
    if not old.get("immutable"):
        return []
    errors = [] if new.get("immutable") else [forbidden("immutable", _FROZEN)]
    return errors + [
        forbidden(name, _FROZEN)
        for name in ("data", "binaryData")
        if (new.get(name) or {}) != (old.get(name) or {})
    ]
