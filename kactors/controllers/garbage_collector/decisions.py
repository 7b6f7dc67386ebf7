"""What becomes of an object, given what has become of its owners.

Source: kubernetes pkg/controller/garbagecollector/garbagecollector.go: attemptToDeleteItem,
processDeletingDependentsItem, orphanDependents.
"""

from collections.abc import Mapping
from enum import Enum

import attrs

from kactors.api.meta import finalizers_of, owners_of
from kactors.api.objects import Object
from kactors.controllers.garbage_collector.graph import FOREGROUND, ORPHAN

__all__ = ["Delete", "DropOwners", "OwnerState", "decide", "patch_finalizers", "patch_owners"]


class OwnerState(Enum):
    """What has become of an owner."""

    SOLID = "it is there, or nobody knows better"
    WAITING = "it waits for its dependents to be gone"
    ABSENT = "it is gone"


@attrs.frozen
class DropOwners:
    """The object stays; these owners are forgotten."""

    uids: tuple[str, ...]


@attrs.frozen
class Delete:
    """The object goes.

    Attributes:
        policy: what becomes of its own dependents.
        unblock: first let its owners not wait for it: they wait for each other in a circle.
    """

    policy: str
    unblock: bool = False


def decide(
    obj: Object, owners: Mapping[str, OwnerState], *, dependents: bool, circle: bool
) -> DropOwners | Delete | None:
    """Return what to do about an object that is not being deleted; ``None`` for nothing.

    Args:
        obj: as it is in the store.
        owners: the state of each of its owners, by uid.
        dependents: whether it has dependents itself.
        circle: whether one of these waits for its own dependents.
    """
    references = owners_of(obj)
    if not references:
        return None
    states = {each["uid"]: owners[each["uid"]] for each in references}
    if OwnerState.SOLID in states.values():
        gone = tuple(uid for uid, state in states.items() if state is not OwnerState.SOLID)
        return DropOwners(gone) if gone else None
    if OwnerState.WAITING in states.values() and dependents:
        # The owner waits for all below it, so this object has to wait for its own, too.
        return Delete("Foreground", unblock=circle)
    finalizers = finalizers_of(obj)
    if ORPHAN in finalizers:
        return Delete("Orphan")
    return Delete("Foreground" if FOREGROUND in finalizers else "Background")


def patch_owners(obj: Object, *, without: tuple[str, ...] = (), unblock: bool = False) -> Object:
    """Return the merge patch that takes owners away, or lets none of them wait for the object."""
    kept = [
        {**each, "blockOwnerDeletion": False} if unblock and "blockOwnerDeletion" in each else each
        for each in owners_of(obj)
        if each["uid"] not in without
    ]
    return _patch(obj, "ownerReferences", kept)


def patch_finalizers(obj: Object, without: str) -> Object:
    """Return the merge patch that takes away a finalizer."""
    return _patch(obj, "finalizers", [each for each in finalizers_of(obj) if each != without])


def _patch(obj: Object, name: str, value: list[Object] | list[str]) -> Object:
    # A merge patch replaces lists, so it must be a patch of just this version of just this object.
    metadata = obj["metadata"]
    same = {key: metadata[key] for key in ("uid", "resourceVersion")}
    return {"metadata": {**same, name: value or None}}
