"""Where one-way messages wait until their actor takes them."""

from collections import deque
from enum import Enum
from typing import Generic, TypeVar

import attrs

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
    """

    capacity: int = 10_000
    when_full: WhenFull = WhenFull.DROP_NEWEST
    requests_max: int = 10_000


class MailboxFullError(Exception):
    """Ends an actor's life because its mailbox was full and `WhenFull.FAIL` says so."""


class Mailbox(Generic[T]):
    """A bounded queue for one reader. Nothing waits to put; the policy decides instead."""

    __slots__ = ("_items", "_overflown", "_policy", "_reader")

    def __init__(self, policy: MailboxPolicy) -> None:
        self._policy = policy
        self._items: deque[T] = deque()
        self._reader: Waiter[None] | None = None
        self._overflown = False

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
                    dropped = item
        if dropped is not item:
            self._items.append(item)
        if self._reader is not None:
            self._reader.wake(None)
            self._reader = None
        return dropped

    async def take(self) -> T:
        """Return the item that has waited longest.

        Raises:
            MailboxFullError: the mailbox has overflown and its policy is to fail.
        """
        while True:
            if self._overflown:
                raise MailboxFullError(f"{self._policy.capacity} messages wait already")
            if self._items:
                return self._items.popleft()
            reader = self._reader = waiter()
            await reader.wait()
