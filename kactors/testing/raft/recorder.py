"""What happened in a run, in order: for transcripts and diagrams, not for verdicts."""

from collections import deque
from typing import Any

import attrs

__all__ = ["Happening", "Recorder"]


@attrs.frozen
class Happening:
    """One line of a transcript.

    Attributes:
        what: ``send``, ``receive``, ``start``, ``stop``, ``view``, ``fault`` or ``violation``.
        member: at whom it happened; 0 is nobody in particular.
        peer: the other end of a message.
        number: equal for a message's sending and its arrivals; 0 otherwise.
        detail: a message, a view, or text.
    """

    at_ns: int
    what: str
    member: int
    peer: int = 0
    number: int = 0
    detail: Any = ""


class Recorder:
    """Keeps the last happenings of a run.

    Attributes:
        happenings: oldest first.
        dropped: how many are not kept any more.
    """

    def __init__(self, limit: int = 20_000) -> None:
        self.happenings: deque[Happening] = deque(maxlen=limit)
        self.dropped = 0
        self._sent = 0
        self._views: dict[int, Any] = {}
        #: Messages by identity: alive as long as this recorder is, so identities are unique.
        self._alive: dict[tuple[int, int, int], tuple[Any, int]] = {}

    def _add(self, happening: Happening) -> None:
        if len(self.happenings) == self.happenings.maxlen:
            self.dropped += 1
        self.happenings.append(happening)

    def sent(self, at_ns: int, source: int, target: int, term: int, message: Any) -> None:
        """A message leaves."""
        del term
        self._sent += 1
        self._alive[id(message), source, target] = (message, self._sent)
        self._add(Happening(at_ns, "send", source, target, self._sent, message))

    def received(self, at_ns: int, source: int, target: int, message: Any) -> None:
        """A message arrives."""
        _, number = self._alive.get((id(message), source, target), (message, 0))
        self._add(Happening(at_ns, "receive", target, source, number, message))

    def event(self, at_ns: int, member: int, what: str, text: Any) -> None:
        """Something else happens."""
        self._add(Happening(at_ns, what, member, detail=text))

    def viewed(self, at_ns: int, member: int, view: Any) -> None:
        """A member is seen; kept if its role, term, vote or commit index changed."""
        shown = (view.role, view.term, view.vote, view.commit_index)
        if self._views.get(member) != shown:
            self._views[member] = shown
            self._add(Happening(at_ns, "view", member, detail=view))
