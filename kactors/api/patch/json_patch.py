"""JSON patches: lists of operations.

Source: RFC 6902.
"""

from typing import Any

import jsonpatch
from jsonpointer import JsonPointerException

from kactors.api.errors import MalformedPatch, PatchFailed, RequestEntityTooLarge
from kactors.api.objects import deep_copy

__all__ = ["apply_json_patch", "create_json_patch"]

_MAX_OPERATIONS = 10_000


def apply_json_patch(obj: Any, patch: Any) -> Any:
    """Return what the operations of ``patch`` make of ``obj``, all or none; neither is changed.

    Raises:
        MalformedPatch: it is no list of operations.
        PatchFailed: a test failed, or a path is not there.
        RequestEntityTooLarge: there are more than 10,000 operations.
    """
    if not isinstance(patch, list):
        raise MalformedPatch(f"a JSON patch is a list, {type(patch).__name__} was found")
    if len(patch) > _MAX_OPERATIONS:
        raise RequestEntityTooLarge(
            f"The allowed maximum operations in a JSON patch is {_MAX_OPERATIONS}, got {len(patch)}"
        )
    try:
        operations = jsonpatch.JsonPatch(deep_copy(patch))
        return operations.apply(deep_copy(obj), in_place=True)
    except jsonpatch.InvalidJsonPatch as error:
        raise MalformedPatch(f"a JSON patch was sent that is none: {error}") from error
    except (jsonpatch.JsonPatchException, JsonPointerException) as error:
        raise PatchFailed(f"the JSON patch does not apply: {error}") from error


def create_json_patch(old: Any, new: Any) -> list[dict[str, Any]]:
    """Return operations that make ``new`` of ``old``."""
    operations: list[dict[str, Any]] = jsonpatch.make_patch(old, new).patch
    return operations
