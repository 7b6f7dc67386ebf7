"""What a controller has asked for and its cache does not show yet.

A reconciler that counts what its cache shows would, right after it has created three pods, see none
of them and create three more. So it writes down what it expects before it asks, the informer's
handlers cross off what they see, and until all is crossed off, or five minutes have passed, the
reconciler leaves that object alone.

Source: kubernetes ``pkg/controller/controller_utils.go``: ``ControllerExpectations`` and
``UIDTrackingControllerExpectations``.
"""

from collections.abc import Iterable
from typing import Final

import attrs

from kactors.runtime import current_time

__all__ = ["EXPECTATIONS_TIMEOUT", "ControllerExpectations", "UIDTrackingControllerExpectations"]

EXPECTATIONS_TIMEOUT: Final = 300.0
"""Seconds after which what was expected is not waited for any more."""


@attrs.define
class _Expectation:
    additions: int
    deletions: int
    since: float

    @property
    def fulfilled(self) -> bool:
        return self.additions <= 0 and self.deletions <= 0

    @property
    def expired(self) -> bool:
        return current_time() - self.since > EXPECTATIONS_TIMEOUT


class ControllerExpectations:
    """Counts of creations and deletions that are yet to be seen, by the key of their owner."""

    def __init__(self) -> None:
        self._expectations: dict[str, _Expectation] = {}

    def satisfied_expectations(self, key: str) -> bool:
        """Tell whether the cache can be believed as far as this owner's own writes go.

        True also if nothing was ever expected, or for too long.
        """
        expectation = self._expectations.get(key)
        return expectation is None or expectation.fulfilled or expectation.expired

    def get_expectations(self, key: str) -> tuple[int, int]:
        """Return how many creations and deletions are yet to be seen."""
        expectation = self._expectations.get(key)
        if expectation is None:
            return 0, 0
        return max(0, expectation.additions), max(0, expectation.deletions)

    def set_expectations(self, key: str, additions: int, deletions: int) -> None:
        """Expect this, whatever was expected before."""
        self._expectations[key] = _Expectation(additions, deletions, current_time())

    def expect_creations(self, key: str, count: int) -> None:
        """Expect so many creations, whatever was expected before."""
        self.set_expectations(key, count, 0)

    def expect_deletions(self, key: str, count: int) -> None:
        """Expect so many deletions, whatever was expected before."""
        self.set_expectations(key, 0, count)

    def raise_expectations(self, key: str, additions: int, deletions: int) -> None:
        """Expect more of what is expected already."""
        expectation = self._expectations.get(key)
        if expectation is not None:
            expectation.additions += additions
            expectation.deletions += deletions

    def lower_expectations(self, key: str, additions: int, deletions: int) -> None:
        """Expect less of what is expected already."""
        self.raise_expectations(key, -additions, -deletions)

    def creation_observed(self, key: str) -> None:
        """Cross off a creation: it was seen, or it certainly failed."""
        self.lower_expectations(key, 1, 0)

    def deletion_observed(self, key: str) -> None:
        """Cross off a deletion: it was seen, or it certainly failed."""
        self.lower_expectations(key, 0, 1)

    def delete_expectations(self, key: str) -> None:
        """Expect nothing: the owner is gone."""
        self._expectations.pop(key, None)


class UIDTrackingControllerExpectations(ControllerExpectations):
    """Knows by uid which deletions are expected.

    An object that takes its time to go is updated and deleted, and both look like its deletion to
    a controller; each uid is crossed off once.
    """

    def __init__(self) -> None:
        super().__init__()
        self._uids: dict[str, dict[str, None]] = {}

    def get_uids(self, key: str) -> tuple[str, ...]:
        """Return whose deletions are yet to be seen, in the order of asking."""
        return tuple(self._uids.get(key, ()))

    def expect_deletions_of(self, key: str, uids: Iterable[str]) -> None:
        """Expect the deletions of just these, whatever was expected before."""
        expected = dict.fromkeys(uids)
        self._uids[key] = expected
        self.set_expectations(key, 0, len(expected))

    def deletion_observed_of(self, key: str, uid: str) -> None:
        """Cross off the deletion of one, if it is expected."""
        expected = self._uids.get(key)
        if expected is not None and uid in expected:
            del expected[uid]
            self.deletion_observed(key)

    def delete_expectations(self, key: str) -> None:
        """Expect nothing: the owner is gone."""
        self._uids.pop(key, None)
        super().delete_expectations(key)
