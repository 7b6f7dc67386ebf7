"""Where one-way messages wait until their actor takes them."""

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

import attrs

from kactors.actors.checks import at_least
from kactors.actors.errors import MailboxFullError
from kactors.runtime import Waiter, waiter

T = TypeVar("T")


class WhenFull(Enum):
    """What becomes of a message that finds the mailbox full."""

    DROP_NEWEST = "drop newest"
    """The message is dropped and becomes a dead letter."""

    DROP_OLDEST = "drop oldest"
    """The message that has waited longest is dropped to make room."""

    FAIL = "fail"
    """The actor fails: for those to whom a lost message is worse than a restart."""


@attrs.frozen
class MailboxPolicy:
    """How many one-way messages may wait, and what happens to one too many.

    Attributes:
        capacity: messages.
        when_full: what becomes of the next.
        requests_max: how many requests and streams may be served at the same time; one
            more is refused with `OverloadedError`.

    Raises:
        PolicyError: a number is less than 1.
    """

    capacity: int = attrs.field(default=10_000, validator=at_least(1))
    when_full: WhenFull = WhenFull.DROP_NEWEST
    requests_max: int = attrs.field(default=10_000, validator=at_least(1))


class Mailbox(Generic[T]):
    """A bounded queue for one reader. Nothing waits to put; the policy decides instead.

    Attributes:
        idle: whether the reader waits for the next item, and nothing else is in its way.
    """

    __slots__ = ("_items", "_overflown", "_policy", "_reader", "closed", "idle")

    def __init__(self, policy: MailboxPolicy) -> None:
        self._policy = policy
        self._items: deque[T] = deque()
        self._reader: Waiter[None] | None = None
        self._overflown = False
        self.closed = False
        self.idle = False

    def __len__(self) -> int:
        return len(self._items)

    def put(self, item: T) -> T | None:
        """Add an item; return the one that had to be dropped for it, if any."""
        dropped: T | None = None
        if len(self._items) >= self._policy.capacity:
            match self._policy.when_full:
                case WhenFull.DROP_NEWEST:
                    return item
                case WhenFull.DROP_OLDEST:
                    dropped = self._items.popleft()
                case WhenFull.FAIL:
                    self._overflown = True
                    self._wake()
                    return item
        self._items.append(item)
        self._wake()
        return dropped

    def close(self) -> None:
        """Let `take` return None from now on, whatever still waits."""
        self.closed = True
        self._wake()

    def drain(self) -> list[T]:
        """Return what nobody will take any more."""
        left = list(self._items)
        self._items.clear()
        return left

    async def take(self) -> T | None:
        """Return the item that has waited longest, or None once the mailbox is closed.

        Raises:
            MailboxFullError: the mailbox has overflown and its policy is to fail.
        """
        while True:
            if self.closed:
                return None
            if self._overflown:
                raise MailboxFullError(
                    f"{self._policy.capacity} messages wait already: raise the capacity, or drop "
                    "messages instead"
                )
            if self._items:
                return self._items.popleft()
            reader = self._reader = waiter()
            self.idle = True
            try:
                await reader.wait()
            finally:
                self.idle = False

    def _wake(self) -> None:
        self.idle = False
        if self._reader is not None:
            self._reader.wake(None)
            self._reader = None
