"""Merge patches: an object that is laid over another; ``null`` deletes, lists are replaced.

Source: RFC 7386.
"""

from typing import Any

from kactors.api.errors import MalformedPatch
from kactors.api.objects import Object, deep_copy
from kactors.api.patch.same import same

__all__ = ["apply_merge_patch", "create_merge_patch"]


def apply_merge_patch(obj: Object, patch: Any) -> Object:
    """Return what ``patch`` makes of ``obj``; neither is changed.

    Raises:
        MalformedPatch: it is no object.
    """
    if not isinstance(patch, dict):
        raise MalformedPatch(f"a merge patch is an object, {type(patch).__name__} was found")
    return _merged(obj, patch)


def _merged(target: Any, patch: Object) -> Object:
    found = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            found.pop(key, None)
        elif isinstance(value, dict):
            found[key] = _merged(found.get(key), value)
        else:
            found[key] = deep_copy(value)
    return found


def create_merge_patch(old: Object, new: Object) -> Object:
    """Return the smallest patch that makes ``new`` of ``old``; ``new`` must have no ``null``."""
    patch: Object = {key: None for key in old if key not in new}
    for key, value in new.items():
        before = old.get(key)
        if isinstance(value, dict) and isinstance(before, dict):
            if inner := create_merge_patch(before, value):
                patch[key] = inner
        elif key not in old or not same(value, before):
            patch[key] = deep_copy(value)
    return patch
