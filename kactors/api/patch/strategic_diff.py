"""The strategic merge patch that leads from one object to another.

Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go, ``CreateTwoWayMergePatch``.
"""

from typing import Any

from kactors.api.objects import Object, deep_copy
from kactors.api.patch.same import same
from kactors.api.patch.strategic import DELETE_FROM_LIST, DIRECTIVE, RETAIN_KEYS, SET_ORDER
from kactors.api.schema.types import Definition, Field
from kactors.api.schema.types import definition as definition_of

__all__ = ["create_strategic_patch"]

_UNKNOWN = Field("*")


def create_strategic_patch(
    old: Object, new: Object, definition: str, *, deletes: bool = True
) -> Object:
    """Return a patch that makes ``new`` of ``old``; ``new`` must have no ``null``.

    Where items of a list cannot be told apart by their merge key, the list is replaced.

    Args:
        old: what there is.
        new: what there shall be.
        definition: the structure of both, such as ``core.v1.Pod``.
        deletes: whether what is not in ``new`` is deleted; otherwise it stays as it is, but in
            parts whose keys exclude one another.
    """
    return _map_diff(old, new, definition_of(definition), deletes)


def _map_diff(old: Object, new: Object, definition: Definition | None, deletes: bool) -> Object:
    patch: Object = {key: None for key in old if key not in new} if deletes else {}
    for key, value in new.items():
        before = old.get(key)
        if key in old and same(before, value):
            continue
        field = _UNKNOWN if definition is None else definition.fields.get(key, _UNKNOWN)
        if isinstance(before, dict) and isinstance(value, dict):
            patch[key] = _map_diff(before, value, field.definition, deletes)
            if field.retain_keys:
                patch[key][RETAIN_KEYS] = sorted(value)
        elif isinstance(before, list) and isinstance(value, list) and field.merge:
            patch |= _list_diff(key, before, value, field, deletes)
        else:
            patch[key] = deep_copy(value)
    return patch


def _list_diff(name: str, old: list[Any], new: list[Any], field: Field, deletes: bool) -> Object:
    if not field.merge_key:
        return _plain_diff(name, old, new, deletes)
    if not _told_apart(old, field.merge_key) or not _told_apart(new, field.merge_key):
        return {name: [*deep_copy(new), {DIRECTIVE: "replace"}]}
    key = field.merge_key
    before = {item[key]: item for item in old}
    after = {item[key] for item in new}
    change: list[Any] = []
    for item in new:
        found = before.get(item[key])
        if found is None:
            change.append(deep_copy(item))
        elif inner := _map_diff(found, item, field.definition, deletes):
            if field.retain_keys:
                inner[RETAIN_KEYS] = sorted(item)
            change.append({**inner, key: item[key]})
    if deletes:
        change += [{DIRECTIVE: "delete", key: item[key]} for item in old if item[key] not in after]
    found = {SET_ORDER + name: [{key: item[key]} for item in new]}
    return {**found, name: change} if change else found


def _plain_diff(name: str, old: list[Any], new: list[Any], deletes: bool) -> Object:
    added = [item for item in new if item not in old]
    removed = [item for item in old if item not in new]
    found: Object = {SET_ORDER + name: list(new)}
    if added:
        found[name] = added
    if removed and deletes:
        found[DELETE_FROM_LIST + name] = removed
    return found


def _told_apart(items: list[Any], key: str) -> bool:
    if not all(isinstance(item, dict) and isinstance(item.get(key), str | int) for item in items):
        return False
    return len({(type(item[key]), item[key]) for item in items}) == len(items)
