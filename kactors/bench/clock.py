"""The machine's clock: what is measured here is the machine, in either world."""

import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable

__all__ = ["Clock", "cpu_ns", "wall_ns"]

Clock = Callable[[], int]
"""Returns nanoseconds from some beginning."""


def wall_ns() -> int:
    """Return the time that has passed for everybody."""
    return time.perf_counter_ns()


def cpu_ns() -> int:
    """Return the time that this process has computed."""
    return time.process_time_ns()
