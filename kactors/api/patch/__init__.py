"""The three kinds of patches, by the content type that a request names.

Source: kubernetes staging/src/k8s.io/apiserver/pkg/endpoints/handlers/patch.go.
"""

from collections.abc import Sequence
from typing import Any

from kactors.api.errors import (
    ApiError,
    BadRequest,
    MalformedPatch,
    PatchFailed,
    UnsupportedMediaType,
    unprocessable,
)
from kactors.api.objects import Object
from kactors.api.patch.json_patch import apply_json_patch as apply_json_patch
from kactors.api.patch.json_patch import create_json_patch as create_json_patch
from kactors.api.patch.merge_patch import apply_merge_patch as apply_merge_patch
from kactors.api.patch.merge_patch import create_merge_patch as create_merge_patch
from kactors.api.patch.strategic import apply_strategic_patch as apply_strategic_patch
from kactors.api.patch.strategic_diff import create_strategic_patch as create_strategic_patch

__all__ = ["JSON", "MERGE", "STRATEGIC", "apply_json_patch", "apply_merge_patch", "apply_patch",
           "apply_strategic_patch", "create_json_patch", "create_merge_patch",
           "create_strategic_patch"]  # fmt: skip

JSON = "application/json-patch+json"
MERGE = "application/merge-patch+json"
STRATEGIC = "application/strategic-merge-patch+json"


def apply_patch(
    content_type: str,
    obj: Object,
    patch: Any,
    definition: str,
    *,
    accepted: Sequence[str] = (JSON, MERGE, STRATEGIC),
) -> Object:
    """Return what ``patch`` makes of ``obj``; neither is changed.

    Args:
        content_type: of the patch.
        obj: what there is.
        patch: a list of operations, or an object.
        definition: the structure of ``obj``, which says how lists are merged.
        accepted: the content types that the resource takes.

    Raises:
        BadRequest: the patch is malformed.
        ApiError: 422, the patch does not apply.
        UnsupportedMediaType: it is of a type that is not accepted.
    """
    if content_type not in accepted:
        raise UnsupportedMediaType(accepted)
    try:
        if content_type == JSON:
            found = apply_json_patch(obj, patch)
        elif content_type == MERGE:
            found = apply_merge_patch(obj, patch)
        else:
            found = apply_strategic_patch(obj, patch, definition)
    except MalformedPatch as error:
        raise BadRequest(str(error)) from error
    except PatchFailed as error:
        raise unprocessable(str(error)) from error
    return _object(found)


def _object(found: Any) -> Object:
    if not isinstance(found, dict):
        error: ApiError = unprocessable("the patch leaves no object")
        raise error
    return found
