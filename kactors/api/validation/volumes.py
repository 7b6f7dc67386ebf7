"""The rules of volumes and of their mounts.

Source: kubernetes pkg/apis/core/validation/validation.go, ``ValidateVolumes``,
``ValidateVolumeMounts``.
"""

from collections.abc import Sequence

from kactors.api.field_errors import FieldError, duplicate, forbidden, invalid, not_found, required
from kactors.api.names import is_config_map_key, is_dns1123_label
from kactors.api.objects import Object
from kactors.api.quantity import parse_quantity
from kactors.api.validation.common import faulty
from kactors.api.validation.env import validate_field_ref

__all__ = ["validate_mounts", "validate_volumes"]

_NAMED_BY = {"secret": "secretName", "persistentVolumeClaim": "claimName", "configMap": "name",
             "hostPath": "path", "csi": "driver", "nfs": "server"}  # fmt: skip
_HOST_PATH_TYPES = ("", "DirectoryOrCreate", "Directory", "FileOrCreate", "File", "Socket",
                    "CharDevice", "BlockDevice")  # fmt: skip


def validate_volumes(volumes: Sequence[Object], path: str) -> list[FieldError]:
    """Return what is wrong with the volumes of a pod."""
    errors = []
    names: list[str] = []
    for index, volume in enumerate(volumes):
        where = f"{path}[{index}]"
        name = volume.get("name") or ""
        if not name:
            errors.append(required(f"{where}.name"))
        elif name in names:
            errors.append(duplicate(f"{where}.name", name))
        else:
            errors += faulty(f"{where}.name", name, is_dns1123_label(name))
        names.append(name)
        errors += _source(volume, where)
    return errors


def _source(volume: Object, path: str) -> list[FieldError]:
    given = [name for name in volume if name != "name" and volume[name] is not None]
    detail = "may not specify more than 1 volume type"
    errors = [forbidden(f"{path}.{name}", detail) for name in given[1:]]
    kind, source = given[0], volume[given[0]]
    where = f"{path}.{kind}"
    if (name := _NAMED_BY.get(kind)) and not source.get(name):
        errors.append(required(f"{where}.{name}"))
    match kind:
        case "secret" | "configMap" | "downwardAPI":
            errors += _projection(source, where)
        case "projected":
            for index, each in enumerate(source.get("sources") or ()):
                inner = f"{where}.sources[{index}]"
                for name in ("secret", "configMap", "downwardAPI"):
                    if (projection := each.get(name)) is not None:
                        errors += _projection(projection, f"{inner}.{name}")
                errors += _token(each.get("serviceAccountToken"), f"{inner}.serviceAccountToken")
        case "emptyDir" if parse_quantity(source.get("sizeLimit") or "0").nanos < 0:
            detail = "SizeLimit field must be a valid resource quantity"
            errors.append(forbidden(f"{where}.sizeLimit", detail))
        case "hostPath":
            errors += _host_path(source, where)
        case "ephemeral" if not source.get("volumeClaimTemplate"):
            errors.append(required(f"{where}.volumeClaimTemplate"))
    return errors


def _projection(source: Object, path: str) -> list[FieldError]:
    errors = _mode(source, "defaultMode", path)
    for index, item in enumerate(source.get("items") or ()):
        where = f"{path}.items[{index}]"
        if (reference := item.get("fieldRef")) is not None:
            errors += validate_field_ref(reference, f"{where}.fieldRef")
        elif item.get("resourceFieldRef") is None:
            key = item.get("key")
            if not key:
                errors.append(required(f"{where}.key"))
            else:
                errors += faulty(f"{where}.key", key, is_config_map_key(key))
        if not item.get("path"):
            errors.append(required(f"{where}.path"))
        else:
            errors += _inner_path(item["path"], f"{where}.path")
        errors += _mode(item, "mode", where)
    return errors


def _mode(source: Object, name: str, path: str) -> list[FieldError]:
    mode = source.get(name)
    if mode is None or 0 <= mode <= 0o777:
        return []
    detail = "must be a number between 0 and 0777 (octal), both inclusive"
    return [invalid(f"{path}.{name}", mode, detail)]


def _token(projection: Object | None, path: str) -> list[FieldError]:
    if projection is None:
        return []
    errors = []
    if projection.get("expirationSeconds", 3600) < 600:
        detail = "may not specify a duration less than 10 minutes"
        errors.append(invalid(f"{path}.expirationSeconds", projection["expirationSeconds"], detail))
    return errors if projection.get("path") else [*errors, required(f"{path}.path")]


def _host_path(source: Object, path: str) -> list[FieldError]:
    errors = []
    if ".." in (source.get("path") or "").split("/"):
        errors.append(invalid(f"{path}.path", source["path"], "must not contain '..'"))
    if (source.get("type") or "") not in _HOST_PATH_TYPES:
        errors.append(invalid(f"{path}.type", source["type"], "must be a known type of path"))
    return errors


def _inner_path(value: str, path: str) -> list[FieldError]:
    if value.startswith("/"):
        return [invalid(path, value, "must be a relative path")]
    if ".." in value.split("/"):
        return [invalid(path, value, "must not contain '..'")]
    return []


def validate_mounts(
    mounts: Sequence[Object], volumes: Sequence[Object], path: str
) -> list[FieldError]:
    """Return what is wrong with the mounts of a container, given the volumes of its pod."""
    errors = []
    names = [volume.get("name") for volume in volumes]
    points: list[str] = []
    for index, mount in enumerate(mounts):
        where = f"{path}[{index}]"
        name, point = mount.get("name"), mount.get("mountPath") or ""
        if not name:
            errors.append(required(f"{where}.name"))
        elif name not in names:
            errors.append(not_found(f"{where}.name", name))
        if not point:
            errors.append(required(f"{where}.mountPath"))
        elif point in points:
            errors.append(invalid(f"{where}.mountPath", point, "must be unique"))
        points.append(point)
        for part in ("subPath", "subPathExpr"):
            if mount.get(part):
                errors += _inner_path(mount[part], f"{where}.{part}")
        if mount.get("subPath") and mount.get("subPathExpr"):
            detail = "subPathExpr and subPath are mutually exclusive"
            errors.append(invalid(f"{where}.subPathExpr", mount["subPathExpr"], detail))
    return errors
