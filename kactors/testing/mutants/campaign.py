"""Hunts planted bugs and grades the harness by how soon it finds them.

The unit is a *try*: one mutant, one series of trials, until it is found or the CPU budget is
spent. Tries are independent, so they run in processes of their own.
"""

import math
import signal
import statistics
import time  # noqa: TID251 - CPU time is what is measured
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import attrs

from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.mutants.hunter import Found, Hunter
from kactors.testing.mutants.mutant import Mutant

__all__ = ["Grade", "Try", "grade", "hunt_mutant", "try_mutant"]

#: CPU seconds for one trial; a planted bug may well make an endless loop.
TRIAL_LIMIT_S = 90.0
_ENDLESS = "a trial ends"


class _TrialTooLong(BaseException):
    """Not an `Exception`, so that the harness does not take it for one of the member's."""


@attrs.frozen
class Try:
    """What became of one try.

    Attributes:
        trials: how many were run; the last one found it, if it was found.
        shrunk: Python that shows it, if it was found and shrinking was asked for.
        shrunk_faults: the number of faults in that.
    """

    mutant: str
    seed: int
    found: Found | None
    trials: int
    cpu_s: float
    shrunk: str = ""
    shrunk_faults: int | None = None


@attrs.frozen
class Grade:
    """All tries of one mutant together.

    Attributes:
        found: how many of ``tries`` found it.
        schedules_median, schedules_p95, cpu_s_median, cpu_s_p95: over all tries; one that
            found nothing counts with all that it spent, so these are lower bounds then.
    """

    name: str
    number: int
    source: str
    hunt: str
    tries: int
    found: int
    invariants: tuple[str, ...]
    schedules_median: float
    schedules_p95: float
    cpu_s_median: float
    cpu_s_p95: float
    shrunk_faults: int | None
    shrunk: str


def try_mutant(package: str, name: str, seed: int, budget_s: float, *, shrink: bool) -> Try:
    """Hunt one mutant of a corpus; made to be called in another process."""
    corpus = load_corpus(package)
    mutant = corpus.named(name)
    return hunt_mutant(mutant, corpus.hunters[mutant.hunt], seed, budget_s, shrink=shrink)


def hunt_mutant(mutant: Mutant, hunter: Hunter, seed: int, budget_s: float, *, shrink: bool) -> Try:
    """Plant a bug and look for it until it is found or ``budget_s`` of CPU time are spent."""
    began = time.process_time()
    found: Found | None = None
    trials = 0
    shrunk: Any = ""
    faults: int | None = None
    with mutant.apply():
        while found is None and time.process_time() - began < budget_s:
            found = _one_trial(hunter, seed, trials)
            trials += 1
        cpu_s = time.process_time() - began
        if shrink and found is not None and found.invariant != _ENDLESS:
            shrunk, faults = hunter.shrink(found)
    return Try(mutant.name, seed, found, trials, cpu_s, str(shrunk), faults)


def _one_trial(hunter: Hunter, seed: int, number: int) -> Found | None:
    try:
        with _cpu_limit(TRIAL_LIMIT_S):
            return hunter.trial(seed, number)
    except _TrialTooLong:
        text = f"trial {number} of series {seed} did not end in {TRIAL_LIMIT_S:.0f} s of CPU time"
        return Found(_ENDLESS, text, None)


@contextmanager
def _cpu_limit(seconds: float) -> Iterator[None]:
    """Interrupt what takes longer; only in a main thread."""

    def stop(_number: int, _frame: Any) -> None:
        raise _TrialTooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def grade(mutant: Mutant, tries: Sequence[Try]) -> Grade:
    """Sum up the tries of one mutant, at least one."""
    schedules = sorted(each.trials for each in tries)
    seconds = sorted(each.cpu_s for each in tries)
    shown = next((each for each in tries if each.shrunk_faults is not None), None)
    return Grade(
        name=mutant.name,
        number=mutant.number,
        source=mutant.source,
        hunt=mutant.hunt,
        tries=len(tries),
        found=sum(each.found is not None for each in tries),
        invariants=tuple(sorted({each.found.invariant for each in tries if each.found})),
        schedules_median=statistics.median(schedules),
        schedules_p95=percentile(schedules, 95),
        cpu_s_median=statistics.median(seconds),
        cpu_s_p95=percentile(seconds, 95),
        shrunk_faults=None if shown is None else shown.shrunk_faults,
        shrunk="" if shown is None else shown.shrunk,
    )


def percentile(ordered: Sequence[float], percent: int) -> float:
    """Return the smallest of ``ordered`` that ``percent`` of them do not exceed."""
    return ordered[max(0, math.ceil(len(ordered) * percent / 100) - 1)]
