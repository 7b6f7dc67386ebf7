"""The patch by which somebody who has said something before says something else.

What he said before and does not say any more is deleted; what he says now is set; what others have
said about the rest stays.

Source: kubernetes apimachinery pkg/util/strategicpatch/patch.go, ``CreateThreeWayMergePatch``; for
the annotation, kubectl pkg/util/apply.go.
"""

import json
from typing import Final

from kactors.api.errors import MalformedPatch
from kactors.api.meta import annotations_of, name_of
from kactors.api.objects import Object, replaced, without
from kactors.api.patch.strategic import apply_strategic_patch
from kactors.api.patch.strategic_diff import create_strategic_patch

__all__ = ["LAST_APPLIED", "create_three_way_patch", "last_applied", "with_last_applied"]

LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_PLACE: Final = ("metadata", "annotations", LAST_APPLIED)


def create_three_way_patch(
    said_before: Object, said_now: Object, current: Object, definition: str
) -> Object:
    """Return the strategic merge patch for ``current``; empty if there is nothing to change.

    Args:
        said_before: by the same person; empty for nothing.
        said_now: what shall hold; without ``null``.
        current: what there is.
        definition: the structure of all, such as ``apps.v1.Deployment``.
    """
    forget = create_strategic_patch(said_before, said_now, definition)
    left = apply_strategic_patch(current, forget, definition)
    say = create_strategic_patch(left, said_now, definition, deletes=False)
    wanted = apply_strategic_patch(left, say, definition)
    return create_strategic_patch(current, wanted, definition)


def with_last_applied(manifest: Object) -> Object:
    """Return a manifest that remembers what it says, in an annotation."""
    said = without(manifest, *_PLACE)
    said = said if annotations_of(said) else replaced(said, {}, "metadata", "annotations")
    text = json.dumps(said, sort_keys=True, separators=(",", ":")) + "\n"
    return replaced(said, text, *_PLACE)


def last_applied(obj: Object) -> Object | None:
    """Return what an object's manifest last said; ``None`` if there never was one.

    Raises:
        MalformedPatch: the annotation holds something else.
    """
    text = annotations_of(obj).get(LAST_APPLIED)
    if text is None:
        return None
    try:
        found = json.loads(text)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise MalformedPatch(
            f"the annotation {LAST_APPLIED} of {name_of(obj)!r} holds no object: remove it"
        )
    return found
