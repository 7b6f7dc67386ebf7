"""Where tests and faults look at single messages, hold them, release and drop them."""

from collections.abc import Callable
from enum import Enum, auto

import attrs

from kactors.transport.envelope import Envelope
from kactors.transport.link import Link


class Verdict(Enum):
    """What a hook says about a message."""

    PASS = auto()
    HOLD = auto()
    DROP = auto()


Hook = Callable[[Envelope], Verdict]
"""Sees a message before it is sent or delivered, and may hold or drop it."""


@attrs.frozen(eq=False)
class HeldMessage:
    """A message that waits to be released or dropped.

    Attributes:
        number: in the order of holding.
        envelope: the message.
        since_ns: when it was held.
        reason: ``clogged``, or which hook has held it: ``sent`` or ``arrived``.
        link: where.
    """

    number: int
    envelope: Envelope
    since_ns: int
    reason: str
    link: Link
    _go_on: Callable[[], None] = attrs.field(repr=False)

    def go_on(self) -> None:
        """Let the message continue where it was held."""
        self._go_on()


class MessageHooks:
    """What looks at the messages of a network, and those that it holds.

    Args:
        now_ns: reads the time that held messages are stamped with.

    Attributes:
        on_send: hooks that see each message before its link does. The first that does not
            let it pass decides.
        on_deliver: hooks that see each message before its receiver does.
        on_delivered: called after a receiver was given a message.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.on_send: list[Hook] = []
        self.on_deliver: list[Hook] = []
        self.on_delivered: list[Callable[[Envelope], None]] = []
        self._now_ns = now_ns
        self._held: dict[int, HeldMessage] = {}
        self._numbers = 0

    @property
    def held(self) -> tuple[HeldMessage, ...]:
        """The messages that wait, those held first in front."""
        return tuple(self._held.values())

    @property
    def held_count(self) -> int:
        """How many messages wait."""
        return len(self._held)

    def hold(
        self, envelope: Envelope, reason: str, link: Link, go_on: Callable[[], None]
    ) -> HeldMessage:
        """Keep a message until it is released or dropped, or its clogged link is free."""
        self._numbers = number = self._numbers + 1
        message = HeldMessage(number, envelope, self._now_ns(), reason, link, go_on)
        self._held[number] = message
        return message

    def release(self, message: HeldMessage) -> None:
        """Let a held message go on, even over a link that is still clogged.

        Does nothing if the message has left already.
        """
        if self._held.pop(message.number, None) is not None:
            message.go_on()

    def drop(self, message: HeldMessage) -> None:
        """Lose a held message; do nothing if it has left already."""
        if self._held.pop(message.number, None) is not None:
            message.link.lose("dropped")

    def release_clogged(self, link: Link) -> None:
        """Let go what a link has held, in order, if it is clogged no more."""
        if self._held and not link.clogged:
            for message in self.held:
                if message.link is link and message.reason == "clogged":
                    self.release(message)
