"""The scheduler's core with a stopwatch around each attempt."""

from typing import Any

from kactors.bench.clock import Clock
from kactors.bench.record import Record
from kactors.scheduler.core import SchedulerCore
from kactors.scheduler.effects import PatchPodStatus
from kactors.scheduler.schedule_one import Attempt

__all__ = ["MeasuredCore"]


class MeasuredCore(SchedulerCore):
    """Tells a record how long attempts take, while measured pods are there.

    Args:
        record: is told.
        clock: of the machine.
        arguments: as of `SchedulerCore`.
    """

    def __init__(self, record: Record, clock: Clock, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._record = record
        self._clock = clock

    def schedule_one(self, now_ns: int) -> Attempt | None:
        """Try the next pod; None if none is ready."""
        began = self._clock()
        attempt = super().schedule_one(now_ns)
        if attempt is not None and self._record.throughput is not None:
            elapsed = (self._clock() - began) / 1e9
            self._record.attempts[_result(attempt)].observe(elapsed)
        return attempt


def _result(attempt: Attempt) -> str:
    """Name what came of an attempt, as upstream's metric does."""
    if attempt.binding is not None:
        return "scheduled"
    reasons = [each.reason for each in attempt.effects if isinstance(each, PatchPodStatus)]
    return "error" if "SchedulerError" in reasons else "unschedulable"
