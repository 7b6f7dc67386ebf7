"""Whether a replica is still there, for all watches that one client has open at it.

Theory of operation
===================

A watch that says nothing may be quiet, or dead with its host. All watches at one replica are dead
or alive together, so they are looked after together, by one clock. A *word* is anything that is
heard of any of them: an event, or a heartbeat of its stream.

* After `ClientConfig.ping` seconds without a word the replica is asked for one.
* It is asked at once if it gives cause for doubt: a request to it has failed, or is overdue.
* If it has said nothing `ClientConfig.silence` seconds after it was asked, it is lost, and all
  watches at it are cut at once: each goes on elsewhere, where it was.

To open the first watch at a replica is to ask. Nothing is asked of a replica that talks, and one
word answers for all, so this costs a client at most one exchange per ``ping`` seconds, however
many watches it has.

Upstream's clients have one HTTP/2 connection to a replica, ping it after 30 s without a frame, and
give it up 15 s later (``golang.org/x/net/http2``, `ReadIdleTimeout`, set by apimachinery
``util/net``).
"""

import math
from typing import Final, Protocol

from kactors.runtime import current_time

__all__ = ["Connection", "Listener"]

#: A clock counts nanoseconds, and sums of floats do not: it may be that early when a wait is over.
MOMENT: Final = 1e-6


class Listener(Protocol):
    """One open watch."""

    @property
    def heard_at(self) -> float:
        """When anything was heard of it last."""
        ...

    def ask_for_word(self) -> None:
        """Ask the replica to say something, until it does."""
        ...

    def wake(self) -> None:
        """Read `Connection.deadline` anew."""
        ...

    def cut(self) -> None:
        """Hear that the replica is lost."""
        ...


class Connection:
    """The open watches at one replica.

    Args:
        ping: seconds without a word after which the replica is asked for one.
        silence: seconds that it may take to say it.
    """

    def __init__(self, *, ping: float, silence: float) -> None:
        self._ping = ping
        self._silence = silence
        self._listeners: dict[Listener, None] = {}
        self._asked_at: float | None = None
        self._deadline = math.inf

    def __len__(self) -> int:
        return len(self._listeners)

    def join(self, listener: Listener) -> None:
        """Look after a watch that was just opened, too."""
        self._listeners[listener] = None
        if len(self._listeners) == 1:
            self._expect_word()

    def leave(self, listener: Listener) -> None:
        """Look after a watch no more; nothing if it was cut."""
        was_first = listener is self._first
        self._listeners.pop(listener, None)
        if was_first and self._first is not None:
            self._first.wake()

    def deadline(self, listener: Listener) -> float:
        """Return when a watch has to call `look` unless it hears something: the first one does."""
        return self._deadline if listener is self._first else math.inf

    def look(self) -> None:
        """Ask for a word if none was heard for too long; cut all watches if none has come."""
        now = current_time()
        if self._first is None or now < self._deadline - MOMENT:
            return
        word_at = max(listener.heard_at for listener in self._listeners)
        if self._asked_at is not None and word_at <= self._asked_at:
            self._cut()
        elif now - word_at < self._ping - MOMENT:
            self._asked_at = None
            self._deadline = word_at + self._ping
        else:
            self._ask()

    def doubt(self) -> None:
        """Ask for a word, because something else says that the replica may be gone."""
        if self._first is not None and self._asked_at is None:
            self._ask()
            self._first.wake()

    @property
    def _first(self) -> Listener | None:
        return next(iter(self._listeners), None)

    def _ask(self) -> None:
        self._expect_word()
        if self._first is not None:
            self._first.ask_for_word()

    def _expect_word(self) -> None:
        self._asked_at = current_time()
        self._deadline = self._asked_at + self._silence

    def _cut(self) -> None:
        listeners, self._listeners = self._listeners, {}
        self._asked_at, self._deadline = None, math.inf
        for listener in listeners:
            listener.cut()
