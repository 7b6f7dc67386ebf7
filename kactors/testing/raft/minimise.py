"""Delta debugging: the smallest schedule that breaks the same property.

Order: fewer faults (in halves, then singly), mild knobs (all at once, then singly), fewer
members, shorter spans; again until nothing goes. What is kept is the *signature* of the
violation, not its text: which property broke, or which exception stopped a member.

Source: Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input, TSE 28(2), 2002.
"""

from collections.abc import Callable, Iterator

import attrs

from kactors.checking.raft_invariants import Violation
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.run import run
from kactors.testing.raft.schedule import Calm, Fault, Schedule, Target

__all__ = ["minimise", "signature"]

_MILD = Knobs()


def signature(violation: Violation) -> str:
    """Return what identifies a violation when its details change."""
    return violation.invariant


def minimise(
    schedule: Schedule, implementation: Implementation = OURS, *, runs: int = 600
) -> Schedule:
    """Return a smallest schedule that breaks what ``schedule`` breaks; itself if nothing.

    Args:
        schedule: one that breaks a property.
        implementation: the Raft in which it does.
        runs: how many schedules may be tried.
    """
    violation = run(schedule, implementation).violation
    if violation is None:
        return schedule
    wanted = signature(violation)

    def fails(candidate: Schedule) -> bool:
        found = run(candidate, implementation).violation
        return found is not None and signature(found) == wanted

    return _Search(fails, runs).smallest(schedule)


class _Search:
    """A search with a budget; ``best`` always fails."""

    def __init__(self, fails: Callable[[Schedule], bool], runs: int) -> None:
        self._fails = fails
        self._left = runs
        self._tried: set[Schedule] = set()

    def smallest(self, schedule: Schedule) -> Schedule:
        """Try all simplifications until none helps any more."""
        best = schedule
        while self._left > 0:
            before = best
            best = self._without_faults(best)
            for simpler in (_milder, _gentler, _earlier):
                best = self._first_that_fails(best, simpler)
            if best == before:
                break
        return best

    def _try(self, candidate: Schedule) -> bool:
        if self._left <= 0 or candidate in self._tried:
            return False
        self._tried.add(candidate)
        self._left -= 1
        return self._fails(candidate)

    def _without_faults(self, schedule: Schedule) -> Schedule:
        """Drop chunks of faults, large ones first."""
        size = max(1, len(schedule.faults) // 2)
        while schedule.faults:
            start = 0
            while start < len(schedule.faults):
                candidate = _dropped(schedule, start, size)
                if self._try(candidate):
                    schedule = candidate
                else:
                    start += size
            if size == 1:
                break
            size //= 2
        return schedule

    def _first_that_fails(
        self, schedule: Schedule, simpler: Callable[[Schedule], Iterator[Schedule]]
    ) -> Schedule:
        """Take every simplification that still fails, one after the other."""
        progress = True
        while progress and self._left > 0:
            progress = False
            for candidate in simpler(schedule):
                if candidate != schedule and self._try(candidate):
                    schedule, progress = candidate, True
                    break
        return schedule


def _dropped(schedule: Schedule, start: int, size: int) -> Schedule:
    """Leave out faults; what follows still happens when it did."""
    faults = schedule.faults
    gone, rest = faults[start : start + size], faults[start + size :]
    waited = sum(fault.after_ms for fault in gone)
    if rest:
        rest = (attrs.evolve(rest[0], after_ms=rest[0].after_ms + waited), *rest[1:])
        return attrs.evolve(schedule, faults=faults[:start] + rest)
    return attrs.evolve(
        schedule, faults=faults[:start], wind_down_ms=schedule.wind_down_ms + waited
    )


def _milder(schedule: Schedule) -> Iterator[Schedule]:
    """Yield schedules with knobs nearer to the defaults."""
    knobs = schedule.knobs
    yield attrs.evolve(schedule, knobs=attrs.evolve(_MILD, members=knobs.members))
    for field in attrs.fields(Knobs):
        mild = getattr(_MILD, field.name)
        if getattr(knobs, field.name) == mild:
            continue
        try:
            yield attrs.evolve(schedule, knobs=attrs.evolve(knobs, **{field.name: mild}))
        except ValueError:
            continue  # some settings go only together
    for members in range(1, knobs.members):
        yield attrs.evolve(schedule, knobs=attrs.evolve(knobs, members=members))


def _gentler(schedule: Schedule) -> Iterator[Schedule]:
    """Yield schedules with plainer faults."""
    if schedule.calm is not Calm.ALL:
        yield attrs.evolve(schedule, calm=Calm.ALL)
    for index, fault in enumerate(schedule.faults):
        plainer = (
            attrs.evolve(fault, pick=0),
            attrs.evolve(fault, pick=fault.pick // 2),
            attrs.evolve(fault, target=Target.LEADER),
        )
        for candidate in plainer:
            if candidate != fault:
                yield _with_fault(schedule, index, candidate)


def _earlier(schedule: Schedule) -> Iterator[Schedule]:
    """Yield schedules in which less time passes."""
    if schedule.wind_down_ms:
        yield attrs.evolve(schedule, wind_down_ms=0)
    if schedule.warm_up_ms > 1000:
        yield attrs.evolve(schedule, warm_up_ms=schedule.warm_up_ms // 2)
    for index, fault in enumerate(schedule.faults):
        for sooner in _shorter(fault.after_ms):
            yield _with_fault(schedule, index, attrs.evolve(fault, after_ms=sooner))
        for briefer in _shorter(fault.span_ms):
            yield _with_fault(schedule, index, attrs.evolve(fault, span_ms=briefer))


def _shorter(value_ms: int) -> Iterator[int]:
    """Yield what is worth trying instead of a time."""
    for shorter in (0, value_ms // 2, value_ms // 100 * 100):
        if shorter < value_ms:
            yield shorter


def _with_fault(schedule: Schedule, index: int, fault: Fault) -> Schedule:
    faults = schedule.faults
    return attrs.evolve(schedule, faults=(*faults[:index], fault, *faults[index + 1 :]))
