"""Notices a task that runs without ever awaiting.

Nothing in a single-threaded world can interrupt an endless loop but a signal. The timer
counts processor time of this process and only ever ends a run, so it cannot change what a
run computes.
"""

from __future__ import annotations

import signal
from collections.abc import Generator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING

from kactors.runtime.sim.errors import NeverAwaitsError

if TYPE_CHECKING:
    from kactors.runtime.sim.kernel import Kernel


class StepTooLong(BaseException):
    """Carries the news out of a step; ``except Exception`` in the task does not stop it."""


@contextmanager
def watchdog(kernel: Kernel, step_seconds_max: float) -> Generator[None]:
    """Raise `NeverAwaitsError` inside a step that takes longer than ``step_seconds_max``.

    Does nothing off the main thread, where Python delivers no signals.
    """
    interval = step_seconds_max / 4
    report: NeverAwaitsError | None = None
    seen = (-1, 0)  # the work done when last looked at, and how often it was found so

    def look(_signal: int, frame: FrameType | None) -> None:
        nonlocal seen, report
        work, ticks = seen
        if kernel.task is None or kernel.work_done() != work:
            seen = (kernel.work_done(), 1)
            return
        seen = (work, ticks + 1)
        if ticks >= 4:
            where = f"{frame.f_code.co_filename}:{frame.f_lineno}" if frame else "an unknown line"
            report = NeverAwaitsError(repr(kernel.task), step_seconds_max, where)
            raise StepTooLong

    try:
        before = signal.signal(signal.SIGVTALRM, look)
    except ValueError:
        yield
        return
    timer = signal.setitimer(signal.ITIMER_VIRTUAL, interval, interval)
    try:
        yield
    except StepTooLong:
        assert report is not None
        raise report from None
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, *timer)
        signal.signal(signal.SIGVTALRM, before)
