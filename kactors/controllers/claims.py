"""Who controls what: adoption of orphans, and release of what no longer fits.

An object that no controller owns and that an owner's selector matches is adopted; one that it
controls and that its selector matches no more is released. An owner that is being deleted adopts
nothing. What another controller owns is left alone, whatever its labels.

Source: kubernetes pkg/controller/controller_ref_manager.go.
"""

from collections.abc import Callable, Iterable

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    controller_ref,
    is_being_deleted,
    labels_of,
    owner_of_controller,
    owners_of,
    uid_of,
)
from kactors.api.objects import Object

__all__ = ["Claims", "adoption_patch", "claim", "release_patch"]


@attrs.frozen
class Claims:
    """What an owner has, and what has to be changed so that it has what it should.

    Attributes:
        owned: objects that it controls and that match its selector.
        adopt: orphans that match; they are its own when the apiserver has agreed.
        release: objects that it controls and that do not match.
    """

    owned: tuple[Object, ...]
    adopt: tuple[Object, ...]
    release: tuple[Object, ...]


def claim(
    owner: Object,
    selector: LabelSelector,
    objects: Iterable[Object],
    *,
    also: Callable[[Object], bool] = lambda _: True,
) -> Claims:
    """Return what ``owner`` has among ``objects`` of its namespace.

    Args:
        owner: may be on its way out.
        selector: the owner's.
        objects: any of one kind; those that others control are ignored.
        also: what an object must be besides matching the selector, such as having the right name.
    """
    owned: list[Object] = []
    adopt: list[Object] = []
    release: list[Object] = []
    leaving = is_being_deleted(owner)
    for obj in objects:
        matches = selector.matches(labels_of(obj)) and also(obj)
        reference = owner_of_controller(obj)
        if reference is not None:
            if reference.get("uid") != uid_of(owner):
                continue
            if matches:
                owned.append(obj)
            elif not leaving:
                release.append(obj)
        elif matches and not leaving and not is_being_deleted(obj):
            adopt.append(obj)
    return Claims(tuple(owned), tuple(adopt), tuple(release))


def adoption_patch(obj: Object, owner: Object) -> Object:
    """Return the merge patch that makes ``owner`` the controller of ``obj``.

    It names the uid, so that another object of the same name is not taken by mistake, and the
    resource version, since a merge patch replaces the whole list of owners.
    """
    owners = [each for each in owners_of(obj) if each.get("uid") != uid_of(owner)]
    return _patch(obj, [*owners, controller_ref(owner)])


def release_patch(obj: Object, owner: Object) -> Object:
    """Return the merge patch that ends ``owner``'s ownership of ``obj``."""
    return _patch(obj, [each for each in owners_of(obj) if each.get("uid") != uid_of(owner)])


def _patch(obj: Object, owners: list[Object]) -> Object:
    metadata = obj["metadata"]
    return {
        "metadata": {
            "uid": metadata["uid"],
            "resourceVersion": metadata["resourceVersion"],
            "ownerReferences": owners or None,
        }
    }
