"""Makes a schedule small that breaks a promise, so that people can read what is needed for it.

In this order, again until nothing helps: fewer faults, fewer workers, plainer settings, fewer
members, a shorter run, plainer workers. What is kept still breaks the same promise.
"""

from collections.abc import Callable, Iterator

import attrs

from kactors.faults import FaultPlan
from kactors.testing.ddmin import ddmin
from kactors.testing.etcd.errors import InvalidSchedule
from kactors.testing.etcd.knobs import Knobs
from kactors.testing.etcd.run import Outcome, run
from kactors.testing.etcd.schedule import Schedule, Worker

__all__ = ["minimise"]


def minimise(
    outcome: Outcome, *, runs_max: int = 300, run_one: Callable[[Schedule], Outcome] = run
) -> Outcome:
    """Return the outcome of a smaller schedule that breaks the same promise.

    Args:
        outcome: of a run that broke one.
        runs_max: schedules that are tried at most.
        run_one: runs a schedule.
    """
    assert outcome.violation is not None, "a run that broke nothing cannot be made smaller"
    return _Shrinker(outcome, runs_max, run_one).shrink()


class _Shrinker:
    def __init__(
        self, outcome: Outcome, runs_max: int, run_one: Callable[[Schedule], Outcome]
    ) -> None:
        assert outcome.violation is not None
        self._best = outcome
        self._signature = outcome.violation.signature
        self._left = runs_max
        self._run = run_one

    def shrink(self) -> Outcome:
        before = None
        while before is not self._best and self._left > 0:
            before = self._best
            ddmin(self._schedule.plan.faults, self._with_faults)
            ddmin(self._schedule.workers, self._with_workers)
            self._try_all(_plainer_knobs)
            self._try_all(_shorter)
            self._try_all(_plainer_workers)
        return self._best

    @property
    def _schedule(self) -> Schedule:
        return self._best.schedule

    def _with_faults(self, faults: tuple[object, ...]) -> bool:
        return self._try(attrs.evolve(self._schedule, plan=FaultPlan(faults)))

    def _with_workers(self, workers: tuple[Worker, ...]) -> bool:
        return self._try(attrs.evolve(self._schedule, workers=workers))

    def _try_all(self, variants: Callable[[Schedule], Iterator[Schedule]]) -> None:
        found = True
        while found:
            found = any(self._try(variant) for variant in variants(self._schedule))

    def _try(self, schedule: Schedule) -> bool:
        if self._left <= 0:
            return False
        self._left -= 1
        outcome = self._run(schedule)
        if outcome.violation is None or outcome.violation.signature != self._signature:
            return False
        self._best = outcome
        return True


def _plainer_knobs(schedule: Schedule) -> Iterator[Schedule]:
    knobs, plain = schedule.knobs, Knobs()
    for field in attrs.fields(Knobs):
        if getattr(knobs, field.name) != getattr(plain, field.name):
            try:
                changed = attrs.evolve(knobs, **{field.name: getattr(plain, field.name)})
                yield attrs.evolve(schedule, knobs=changed)
            except InvalidSchedule:
                continue  # a worker lives at a member that would not be there


def _shorter(schedule: Schedule) -> Iterator[Schedule]:
    if schedule.chaos_ms > 1000:
        yield attrs.evolve(schedule, chaos_ms=max(1000, schedule.chaos_ms * 3 // 4))
    for plan in schedule.plan.milder():
        yield attrs.evolve(schedule, plan=plan)


def _plainer_workers(schedule: Schedule) -> Iterator[Schedule]:
    for place, worker in enumerate(schedule.workers):
        for plainer in (attrs.evolve(worker, pick=0), attrs.evolve(worker, home=0)):
            if plainer != worker:
                workers = (*schedule.workers[:place], plainer, *schedule.workers[place + 1 :])
                yield attrs.evolve(schedule, workers=workers)
