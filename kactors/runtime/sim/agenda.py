"""What is going to happen in a simulated world, and when."""

from __future__ import annotations

from collections.abc import Callable
from heapq import heapify, heappush
from typing import TYPE_CHECKING, Any, Final

from kactors.runtime.random import derive_seed
from kactors.runtime.sim.cancel import SimCancelScope
from kactors.runtime.sim.task import TIE_MASK, Entry, Task

if TYPE_CHECKING:
    from kactors.runtime.sim.host import SimHost

COMPACT_FROM: Final = 1_000
"""How many events have to be called off before the heap is cleared of them."""


class Agenda:
    """One heap of events, ordered by true time; ties are decided by the seed.

    Attributes:
        now_ns: true time.
        sequence: counts the events ever scheduled.
        called_off: how many events in the heap will not happen.
        task: the task that is running; its key decides ties of what it schedules.
        tie_key: the same for what is scheduled by no task.
        skewed: whether any host's clock runs at another rate than true time.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self.now_ns = 0
        self.sequence = 0
        self.called_off = 0
        self.task: Task | None = None
        self.tie_key = derive_seed(seed, "ties") & TIE_MASK | 1
        self.skewed = False
        self._heap: list[Entry] = []

    def call_at(self, true_ns: int, callback: Callable[[Any], object], argument: Any) -> Entry:
        """Call ``callback(argument)`` at an instant of true time; `call_off` undoes it."""
        if true_ns < self.now_ns:
            true_ns = self.now_ns
        self.sequence = sequence = self.sequence + 1
        entry = [true_ns, true_ns ^ (self.task or self).tie_key, sequence, callback, argument]
        heappush(self._heap, entry)
        return entry

    def call_off(self, entry: Entry) -> None:
        """Make an event not happen."""
        if entry[3] is not None:
            entry[3] = entry[4] = None
            self.called_off = called_off = self.called_off + 1
            if called_off > COMPACT_FROM and called_off * 2 > len(self._heap):
                self._compact()

    def call_off_since(self, sequence: int) -> None:
        """Make all events not happen that were scheduled after ``sequence`` was drawn."""
        for entry in tuple(self._heap):
            if entry[2] > sequence:
                self.call_off(entry)

    def at_local(
        self, host: SimHost, local_ns: int, callback: Callable[[Any], None], argument: Any
    ) -> Entry:
        """Call ``callback(argument)`` when the host's monotonic clock shows ``local_ns``."""
        return self.call_at(host.clock.true_ns_of(local_ns), callback, argument)

    def change_clock(self, host: SimHost, change: Callable[[], None]) -> None:
        """Apply ``change`` to a host's clock and move the host's timers accordingly."""
        clock = host.clock
        mine = [
            (entry, clock.local_ns(entry[0]))
            for entry in self._heap
            if isinstance(entry[4], (Task, SimCancelScope)) and entry[4].host is host
        ]
        change()
        self.skewed = True
        for entry, local_ns in mine:
            before_ns, true_ns = entry[0], max(self.now_ns, clock.true_ns_of(local_ns))
            entry[0] = true_ns
            entry[1] ^= before_ns ^ true_ns
        heapify(self._heap)

    def _compact(self) -> None:
        """Drop called-off events: they are the larger part of the heap."""
        self._heap[:] = [entry for entry in self._heap if entry[3] is not None]
        heapify(self._heap)
        self.called_off = 0
