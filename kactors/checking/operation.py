"""One operation of a client: what it asked, when, and what it was told."""

import attrs

from kactors.checking.actions import Get


@attrs.frozen(kw_only=True)
class Operation:
    """One operation, from the call to the answer.

    Times are nanoseconds of one clock for the whole history (true time in the simulated world).
    Two operations are ordered in real time if one returned *before* the other was called; at the
    same nanosecond they count as concurrent.

    Attributes:
        client: who asked; a client may have several operations under way.
        action: what was asked: an `Action`, or whatever a model of your own understands.
        result: what was answered; means nothing while ``return_ns`` or ``error`` says so.
        call_ns: when it was sent.
        return_ns: when the answer came; None if none did, so that it may or may not have happened,
            then or later.
        error: why it was refused; it is certain that it did not happen.
        revision: which revision of the store the answer speaks of, if the answer said so.
        serializable: a read that may be stale, though of one real revision.
    """

    client: str
    action: object
    result: object = None
    call_ns: int
    return_ns: int | None
    error: str | None = None
    revision: int | None = None
    serializable: bool = False

    @property
    def unknown(self) -> bool:
        """Whether nobody knows if it happened."""
        return self.return_ns is None and self.error is None

    def __str__(self) -> str:
        span = f"{self.call_ns}..{'?' if self.return_ns is None else self.return_ns} ns"
        return f"{self.client}: {self.action} -> {self.answer} ({span})"

    @property
    def answer(self) -> str:
        """The answer as people read it."""
        if self.error is not None:
            return f"refused: {self.error}"
        if self.return_ns is None:
            return "unknown"
        if self.result is None:
            return "absent" if isinstance(self.action, Get) else "ok"
        return repr(self.result) if isinstance(self.result, str | bytes) else str(self.result)
