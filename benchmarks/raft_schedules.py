"""Raft schedules a second: how much virtual time the harness of `kactors.testing.raft` runs.

The budget: ten schedules of 5 members and 30 virtual seconds, with clients, a second on one core.
Three rows:

* *with the knobs of a plain cluster* and five faults, against that budget;
* *as the hunt draws them*, each stretched or cut to the same 30 seconds, against the budget, too;
* the plain ones against themselves *without checking*: what looking at every member after
  every step costs. The baseline shows nothing wrong and is no way to test, so its ratio is below 1.

CPU time, not wall time. Run with ``python -m benchmarks.raft_schedules [--quick] [--json]``.
"""

import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Final

import attrs

from benchmarks.report import Row, alone, command, compare
from kactors.checking.raft_invariants import RaftObserver
from kactors.testing.raft import Fault, Kind, Knobs, Schedule, Target, nth_schedule
from kactors.testing.raft.injector import Injector
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.world import World

MEMBERS: Final = 5
VIRTUAL_S: Final = 30
#: Schedules a second that DESIGN asks for.
BUDGET: Final = 10.0
_NS: Final = 1_000_000_000


class Blind(RaftObserver):
    """Looks at nothing, and believes everything."""

    def started(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def stopped(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def stepped(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def wrote(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def sent(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def applied(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def restored(self, *_: Any, **__: Any) -> None:
        """Look away."""

    def answered(self, *_: Any, **__: Any) -> None:
        """Look away."""


def plain(number: int) -> Schedule:
    """Return a schedule with mild knobs, and with faults that end all sorts of things."""
    return Schedule(
        knobs=Knobs(members=MEMBERS, latency_ms=5, sync_ms=2, append_entries=8),
        faults=(
            Fault(Kind.PROPOSE_AND_ISOLATE, after_ms=2000, span_ms=2000, pick=3),
            Fault(Kind.POWER_LOSS, Target.LEADER, after_ms=4000, span_ms=1500),
            Fault(Kind.SWIZZLE, after_ms=5000, span_ms=2000, pick=number % 7),
            Fault(Kind.BOUNCE, Target.MOST_BEHIND, after_ms=4000),
            Fault(Kind.STALL_DISK, Target.LEADER, after_ms=4000, span_ms=1000),
        ),
        seed=number,
    )


def drawn(number: int) -> Schedule:
    """Return a schedule of the hunt, with five members."""
    schedule = nth_schedule(0, number)
    return attrs.evolve(schedule, knobs=attrs.evolve(schedule.knobs, members=MEMBERS))


def play(schedule: Schedule, observer: RaftObserver) -> int:
    """Run `VIRTUAL_S` of a schedule, and return how many writes and reads were answered."""
    world = World(OURS, schedule.knobs, schedule.seed)
    world.observer = observer
    injector = Injector(world)
    world.begin()
    end_ns = VIRTUAL_S * _NS
    world.run_for(min(end_ns, schedule.warm_up_ms * 1_000_000))
    for fault in schedule.faults:
        if world.now_ns + fault.after_ms * 1_000_000 > end_ns:
            break
        world.run_for(fault.after_ms * 1_000_000)
        injector.inject(fault)
        world.check()
    world.run_for(end_ns - world.now_ns)
    return world.clients.acknowledged + world.clients.served


def rate(schedules: Sequence[Schedule], observer_of: Callable[[], RaftObserver]) -> float:
    """Return schedules a second of CPU time."""
    began = time.process_time()
    answered = sum(play(schedule, observer_of()) for schedule in schedules)
    seconds = time.process_time() - began
    assert answered > len(schedules), "clients are served, or nothing was tested"
    return len(schedules) / seconds


def rows(quick: bool) -> Iterator[Row]:
    """Measure all three."""
    count, rounds = (3, 1) if quick else (20, 5)
    mild = [plain(number) for number in range(count)]
    stormy = [drawn(number) for number in range(count)]
    for what, schedules in (("plain, 5 faults", mild), ("as the hunt draws them", stormy)):
        ours = partial(rate, schedules, RaftObserver)
        row = alone(what, ours, unit="schedules/s", rounds=rounds)
        yield attrs.evolve(row, baseline=BUDGET, baseline_name="budget", ratio=row.ours / BUDGET)
    yield compare(
        "plain, 5 faults",
        partial(rate, mild, RaftObserver),
        partial(rate, mild, Blind),
        unit="schedules/s",
        baseline_name="without checking",
        better="higher",
        rounds=rounds,
    )


main = command("raft_schedules", rows, about="Measure the Raft harness.")

if __name__ == "__main__":
    main()
