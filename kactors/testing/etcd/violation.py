"""What a run of members and clients can break."""

from enum import StrEnum

import attrs

__all__ = ["Promise", "Violation"]


class Promise(StrEnum):
    """What must hold; the values are what people read."""

    ONE_LOG = "every member applies the same entry at an index"
    EXACTLY_ONCE = "a member applies every entry once and in order"
    ONE_STATE = "every member has the state that the log says"
    ANSWER = "an answer is true at the revision that it names"
    ACKNOWLEDGED = "what was acknowledged happened, once"
    REAL_TIME = "nothing is older than what had been answered before it was asked"
    LINEARIZABLE = "one order of the operations explains every answer"
    WATCH = "a watch tells everything, once, in order"
    LEASE_EARLY = "a lease does not end before its time"
    LEASE_LATE = "a lease ends when nobody keeps it alive"
    PROGRESS = "when nothing is broken any more, everything goes on"
    NO_BUG = "no assertion fails, and no member ends without a reason"


@attrs.frozen
class Violation:
    """A promise that was not kept.

    Attributes:
        promise: which.
        text: what was found.
        detail: of what sort, for promises of several sorts; part of the signature.
    """

    promise: Promise
    text: str
    detail: str = ""

    @property
    def signature(self) -> tuple[str, str]:
        """What a shrunk schedule must still break."""
        return (self.promise.name, self.detail)

    def __str__(self) -> str:
        return f"{self.promise}: {self.text}"
