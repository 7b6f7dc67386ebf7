"""The machine's clock: what is measured here is the machine, in either world."""

import time  # noqa: TID251 - a benchmark measures the machine, not the simulated world
from collections.abc import Callable

__all__ = ["Clock", "cpu_ns", "wall_ns"]

Clock = Callable[[], int]
"""Returns nanoseconds from some beginning."""


#: The time that has passed for everybody.
wall_ns: Clock = time.perf_counter_ns
#: The time that this process has computed.
cpu_ns: Clock = time.process_time_ns
