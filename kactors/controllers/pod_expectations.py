"""Crosses off expected pods as they come and go.

Source: kubernetes pkg/controller/replicaset/replica_set.go: addPod, updatePod, deletePod.
"""

from collections.abc import Callable

import attrs

from kactors.api.meta import is_being_deleted, namespace_of, owner_of_controller, uid_of
from kactors.api.objects import Object
from kactors.client.expectations import UIDTrackingControllerExpectations

__all__ = ["PodExpectations"]


@attrs.frozen
class PodExpectations:
    """A handler of a pod informer.

    A pod counts as deleted as soon as somebody has asked for that.

    Attributes:
        expectations: returns those of the owners, by key; they may be others in another term.
        owner_kind: which owners.
    """

    expectations: Callable[[], UIDTrackingControllerExpectations]
    owner_kind: str

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Cross off a creation."""
        del is_in_initial_list
        key = self._key(obj)
        if key is None:
            return
        if is_being_deleted(obj):
            self.expectations().deletion_observed_of(key, uid_of(obj))
        else:
            self.expectations().creation_observed(key)

    def on_update(self, old: Object, new: Object) -> None:
        """Cross off the beginning of a deletion."""
        key = self._key(new)
        if key is not None and is_being_deleted(new) and not is_being_deleted(old):
            self.expectations().deletion_observed_of(key, uid_of(new))

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Cross off a deletion."""
        del final_state_unknown
        key = self._key(obj)
        if key is not None:
            self.expectations().deletion_observed_of(key, uid_of(obj))

    def _key(self, pod: Object) -> str | None:
        owner = owner_of_controller(pod)
        if owner is None or owner["kind"] != self.owner_kind:
            return None
        return f"{namespace_of(pod)}/{owner['name']}"
