"""The queue between events and reconcilers.

Theory of operation
===================

An item is *dirty* from its adding until somebody takes it, and *processing* from then until it is
`done`. An item that is added while it is dirty is there already; one that is added while it is
processing waits until it is done and is then queued once more. So the queue is

* *fair*: items are given out in the order in which they were added;
* *stingy*: an item that is added many times before it is taken is given out once;
* *exclusive*: no item is given out twice at the same time;
* *reliable*: an item that is added while it is worked on is given out again.

Delayed items need no task of their own: whoever waits in `get` waits no longer than until the
next of them is due.

Source: client-go ``util/workqueue/queue.go``, ``delaying_queue.go``, ``rate_limiting_queue.go``.
"""

from collections import deque
from collections.abc import Hashable
from heapq import heappop, heappush
from typing import Generic, TypeVar

import attrs

from kactors.client.errors import ShutDown
from kactors.client.rate_limiter import RateLimiter
from kactors.runtime import Waiter, checkpoint, current_time_ns, waiter
from kactors.runtime.clock import NANOSECONDS

__all__ = ["WorkQueue", "WorkQueueStatistics"]

ItemT = TypeVar("ItemT", bound=Hashable)


@attrs.frozen
class WorkQueueStatistics:
    """What a queue has seen; counts since its beginning, but for the first three.

    Attributes:
        depth: items that are ready to be taken.
        delayed: items that wait for their time.
        processing: items that were taken and are not done.
        adds: items that became ready, merged ones not counted.
        retries: calls of `WorkQueue.add_rate_limited`.
    """

    depth: int
    delayed: int
    processing: int
    adds: int
    retries: int


class WorkQueue(Generic[ItemT]):
    """Items to be worked on; see the module for what it promises.

    Args:
        rate_limiter: says how long `add_rate_limited` waits.
        name: for messages.
    """

    def __init__(self, rate_limiter: RateLimiter[ItemT], *, name: str = "") -> None:
        self.name = name
        self._rate_limiter = rate_limiter
        self._queue: deque[ItemT] = deque()
        # Both are dicts because their order, where it shows, is that of insertion.
        self._dirty: dict[ItemT, None] = {}
        self._processing: dict[ItemT, None] = {}
        # A heap of (due, in nanoseconds; number; item); some entries do not count any more.
        self._delayed: list[tuple[int, int, ItemT]] = []
        self._due: dict[ItemT, tuple[int, int]] = {}  # the entry of each item that counts
        self._entries = 0
        self._waiting: dict[Waiter[None], None] = {}
        self._drained: dict[Waiter[None], None] = {}
        self._shutting_down = False
        self._adds = 0
        self._retries = 0

    def __len__(self) -> int:
        """Return how many items are ready to be taken."""
        self._move_due()
        return len(self._queue)

    @property
    def statistics(self) -> WorkQueueStatistics:
        """What it has seen."""
        depth = len(self)
        return WorkQueueStatistics(
            depth, len(self._due), len(self._processing), self._adds, self._retries
        )

    @property
    def shutting_down(self) -> bool:
        """Whether `shut_down` was called."""
        return self._shutting_down

    # -- in ----------------------------------------------------------------------------------

    def add(self, item: ItemT) -> None:
        """Let the item be worked on, once; nothing if that will happen anyway."""
        if self._shutting_down or item in self._dirty:
            return
        self._dirty[item] = None
        self._adds += 1
        if item not in self._processing:
            self._queue.append(item)
            self._wake_one()

    def add_after(self, item: ItemT, seconds: float) -> None:
        """Add the item in so many seconds; if it waits for its time already, the earlier counts."""
        if self._shutting_down:
            return
        if seconds <= 0:
            self.add(item)
            return
        # Never now: who waits for a time by a float's rest would come too early, for ever.
        due = current_time_ns() + max(1, round(seconds * NANOSECONDS))
        known = self._due.get(item)
        if known is not None and known[0] <= due:
            return
        self._entries += 1
        self._due[item] = (due, self._entries)
        heappush(self._delayed, (due, self._entries, item))
        self._wake_one()

    def add_rate_limited(self, item: ItemT) -> None:
        """Add the item when its rate limiter says so: it has failed."""
        self._retries += 1
        self.add_after(item, self._rate_limiter.when(item))

    def forget(self, item: ItemT) -> None:
        """Let the item's next failure be its first; it has succeeded, or was given up."""
        self._rate_limiter.forget(item)

    def num_requeues(self, item: ItemT) -> int:
        """Return how often the item has failed since it was forgotten."""
        return self._rate_limiter.num_requeues(item)

    # -- out ---------------------------------------------------------------------------------

    async def get(self) -> ItemT:
        """Take the next item, waiting until there is one; call `done` when it is worked on.

        Raises:
            ShutDown: the queue is shut down and empty.
        """
        await checkpoint()
        while True:
            next_due = self._move_due()
            if self._queue:
                item = self._queue.popleft()
                del self._dirty[item]
                self._processing[item] = None
                if self._queue:
                    self._wake_one()
                return item
            if self._shutting_down:
                raise ShutDown(f"the work queue {self.name!r} is shut down: stop taking items")
            await self._wait(next_due)

    async def _wait(self, until_ns: int | None) -> None:
        mine: Waiter[None] = waiter()
        self._waiting[mine] = None
        woken = False
        try:
            if until_ns is None:
                await mine.wait()
            else:
                await mine.wait_for((until_ns - current_time_ns()) / NANOSECONDS, None)
            woken = True
        finally:
            if self._waiting.pop(mine, self) is self and not woken:
                self._wake_one()  # it was meant for somebody who is not cancelled

    def done(self, item: ItemT) -> None:
        """Say that work on the item, as taken with `get`, has ended; how is not asked.

        Raises:
            KeyError: the item is not being worked on.
        """
        del self._processing[item]
        if item in self._dirty:
            self._queue.append(item)
            self._wake_one()
        elif self._shutting_down and not self._processing and not self._queue:
            self._wake_drained()

    # -- the end -----------------------------------------------------------------------------

    def shut_down(self) -> None:
        """Take in nothing more; what is ready is still given out, what is delayed is not."""
        self._move_due()
        self._shutting_down = True
        self._delayed.clear()
        self._due.clear()
        while self._waiting:
            self._wake_one()
        if not self._queue and not self._processing:
            self._wake_drained()

    async def shut_down_with_drain(self) -> None:
        """Shut down, and wait until all that was given out is done."""
        self.shut_down()
        if self._queue or self._processing:
            mine: Waiter[None] = waiter()
            self._drained[mine] = None
            try:
                await mine.wait()
            finally:
                self._drained.pop(mine, None)

    # -- inside ------------------------------------------------------------------------------

    def _move_due(self) -> int | None:
        """Make ready what is due; return when the next is, in nanoseconds, if there is one."""
        while self._delayed:
            due, entry, item = self._delayed[0]
            if self._due.get(item) != (due, entry):
                heappop(self._delayed)  # an earlier time was set since
                continue
            if due > current_time_ns():
                return due
            heappop(self._delayed)
            del self._due[item]
            self.add(item)
        return None

    def _wake_one(self) -> None:
        for waiting in self._waiting:
            del self._waiting[waiting]
            waiting.wake(None)
            return

    def _wake_drained(self) -> None:
        drained, self._drained = self._drained, {}
        for waiting in drained:
            waiting.wake(None)
