"""Strategic merge patches: merge patches that know how lists are merged, and obey directives.

A list whose field has the merge strategy is merged item by item, found by its merge key (or, of
plain values, by being equal); others are replaced. The directives are ``$patch`` (replace or
delete), ``$retainKeys``, ``$setElementOrder/list`` and ``$deleteFromPrimitiveList/list``.

Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go; the design:
contributors/devel/sig-api-machinery/strategic-merge-patch.md.
"""

from typing import Any

from kactors.api.errors import MalformedPatch
from kactors.api.objects import Object
from kactors.api.patch.element_order import ordered
from kactors.api.schema.types import Definition, Field
from kactors.api.schema.types import definition as definition_of

__all__ = ["DELETE_FROM_LIST", "DIRECTIVE", "RETAIN_KEYS", "SET_ORDER", "apply_strategic_patch"]

DIRECTIVE = "$patch"
RETAIN_KEYS = "$retainKeys"
SET_ORDER = "$setElementOrder/"
DELETE_FROM_LIST = "$deleteFromPrimitiveList/"

_UNKNOWN = Field("*")


def apply_strategic_patch(obj: Object, patch: Any, definition: str) -> Object:
    """Return what ``patch`` makes of ``obj``; neither is changed.

    What is found may share with both what it has of them.

    Args:
        obj: what there is.
        patch: an object with directives.
        definition: the structure of ``obj``, such as ``core.v1.Pod``.

    Raises:
        MalformedPatch: it is no object, or its directives make no sense.
    """
    if not isinstance(patch, dict):
        found = type(patch).__name__
        raise MalformedPatch(f"a strategic merge patch is an object, {found} was found")
    return _merge_map(obj, patch, definition_of(definition))


def _field(definition: Definition | None, name: str) -> Field:
    """Return the field of a definition; one that nobody knows is merged as plain JSON."""
    return _UNKNOWN if definition is None else definition.fields.get(name, _UNKNOWN)


def _merge_map(original: Object, patch: Object, definition: Definition | None) -> Object:
    """Return ``original`` with ``patch`` laid over it; neither is changed."""
    original, patch = {**original}, {**patch}
    match patch.pop(DIRECTIVE, None):
        case "replace":
            replacement: Object = _without_directives(patch)
            return replacement
        case "delete":
            return {}
        case None:
            pass
        case other:
            raise MalformedPatch(f"Unknown patch type found: {other}")
    _retain_keys(original, patch)
    _set_orders(original, patch, definition)
    for key, value in patch.items():
        if key.startswith(DELETE_FROM_LIST):
            name = key.removeprefix(DELETE_FROM_LIST)
            unwanted, found = _list(value, key), original.get(name)
            if isinstance(found, list):
                original[name] = [each for each in found if each not in unwanted]
        elif value is None:
            original.pop(key, None)
        else:
            original[key] = _merge_value(original.get(key), value, _field(definition, key))
    return original


def _merge_value(before: Any, value: Any, field: Field) -> Any:
    if isinstance(value, dict):
        if isinstance(before, dict):
            return _merge_map(before, value, field.definition)
        return _without_directives(value)
    if isinstance(value, list):
        if isinstance(before, list) and field.merge:
            return _merge_list(before, value, field)
        return _items_without_directives(value)
    return value


def _retain_keys(original: Object, patch: Object) -> None:
    """Delete what a ``$retainKeys`` of the patch does not name."""
    if RETAIN_KEYS not in patch:
        return
    kept = _list(patch.pop(RETAIN_KEYS), RETAIN_KEYS)
    for key, value in patch.items():
        if value is not None and not key.startswith("$") and key not in kept:
            raise MalformedPatch(f"$retainKeys has {kept}, and the patch has the key {key!r}")
    for key in [key for key in original if key not in kept]:
        del original[key]


def _set_orders(original: Object, patch: Object, definition: Definition | None) -> None:
    """Merge and order each list for which the patch has a ``$setElementOrder``."""
    for directive in [key for key in patch if key.startswith(SET_ORDER)]:
        order = _list(patch.pop(directive), directive)
        name = directive.removeprefix(SET_ORDER)
        field = _field(definition, name)
        before, change = original.get(name), patch.pop(name, None)
        unwanted = patch.pop(DELETE_FROM_LIST + name, None)
        if isinstance(before, list) and unwanted is not None:
            kept = _list(unwanted, DELETE_FROM_LIST + name)
            before = [each for each in before if each not in kept]
        if change is None and before is None:
            continue
        if change is None:
            merged = list(before or ())
        else:
            _check_order(_list(change, name), order, field.merge_key)
            merged = _merge_value(before, change, field)
        original[name] = ordered(merged, order, before or [], field.merge_key)


def _check_order(change: list[Any], order: list[Any], merge_key: str) -> None:
    """Refuse a list with items that its ``$setElementOrder`` does not have."""
    wanted = [_identity(each, merge_key) for each in order]
    for each in change:
        if isinstance(each, dict) and DIRECTIVE in each:
            continue
        if _identity(each, merge_key) not in wanted:
            raise MalformedPatch(f"the order in patch list does not have the item {each}")


def _identity(item: Any, merge_key: str) -> Any:
    """Return what tells an item apart from others in its list.

    Raises:
        MalformedPatch: it is an object without the merge key.
    """
    if not merge_key:
        return item
    if not isinstance(item, dict) or merge_key not in item:
        raise MalformedPatch(f"map: {item} does not contain declared merge key: {merge_key}")
    return item[merge_key]


def _merge_list(original: list[Any], patch: list[Any], field: Field) -> list[Any]:
    if not field.merge_key:
        known = [*original, *(each for each in patch if each not in original)]
        return ordered(list(_unique(known)), patch, original, "")
    original, patch = _obey_items(original, patch, field.merge_key)
    merged = list(original)
    for item in patch:
        wanted = _identity(item, field.merge_key)
        for index, each in enumerate(merged):
            if _identity(each, field.merge_key) == wanted:
                merged[index] = _merge_map(each, item, field.definition)
                break
        else:
            merged.append(_without_directives(item))
    return ordered(merged, patch, original, field.merge_key)


def _obey_items(
    original: list[Any], patch: list[Any], merge_key: str
) -> tuple[list[Any], list[Any]]:
    """Carry out the items of a patch that are directives; return what remains of both lists."""
    kept: list[Any] = []
    replace = False
    for item in patch:
        match item.get(DIRECTIVE) if isinstance(item, dict) else None:
            case None:
                kept.append(item)
            case "delete":
                unwanted = _identity(item, merge_key)
                original = [each for each in original if _identity(each, merge_key) != unwanted]
            case "replace":
                replace = True
            case "merge":
                raise MalformedPatch("merging lists cannot yet be specified in the patch")
            case other:
                raise MalformedPatch(f"Unknown patch type found: {other}")
    # A replaced list is as the patch has it: there is nothing left to merge.
    return (kept, []) if replace else (original, kept)


def _unique(items: list[Any]) -> list[Any]:
    found: list[Any] = []
    for item in items:
        if item not in found:
            found.append(item)
    return found


def _without_directives(value: Any) -> Any:
    """Return a value that is new to the object: without directives, and without ``null``."""
    if isinstance(value, list):
        return _items_without_directives(value)
    if not isinstance(value, dict):
        return value
    return {
        key: _without_directives(each)
        for key, each in value.items()
        if each is not None and not _is_directive(key)
    }


def _items_without_directives(items: list[Any]) -> list[Any]:
    return [
        _without_directives(each)
        for each in items
        if not isinstance(each, dict) or each.get(DIRECTIVE) not in {"delete", "replace"}
    ]


def _is_directive(key: str) -> bool:
    return key in {DIRECTIVE, RETAIN_KEYS} or key.startswith((SET_ORDER, DELETE_FROM_LIST))


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise MalformedPatch(f"{name} of a patch must be a list, {value!r} was found")
    return value
