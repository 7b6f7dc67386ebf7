"""One workload under one meter."""

import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from kactors.bench.algorithm import AlgorithmRun, plain_form
from kactors.bench.end_to_end import EndToEndRun
from kactors.bench.errors import BenchError
from kactors.bench.invariants import violations
from kactors.bench.progress import Progress
from kactors.bench.record import Record

__all__ = ["METERS", "frozen_heap", "run_workload"]

#: New objects between two collections of the youngest, and so on; Python's own are 700, 10, 10.
_THRESHOLDS: Final = (50_000, 20, 1000)


def _algorithm(record: Record, progress: Progress, seed: int, masters: int) -> None:
    del masters
    record.baseline = plain_form(record.workload, seed=seed)
    AlgorithmRun(record, progress, seed=seed).run()


def _end_to_end(record: Record, progress: Progress, seed: int, masters: int) -> None:
    EndToEndRun(record, progress, seed=seed, masters=masters).run()


METERS: Final[Mapping[str, Callable[[Record, Progress, int, int], None]]] = {
    "algorithm": _algorithm,
    "end-to-end": _end_to_end,
}


@contextmanager
def frozen_heap() -> Iterator[None]:
    """Let the garbage collector look rarely, and never at what is there already.

    A cluster of thousands of nodes is a million objects that stay: to look at them again and again
    takes a sixth of the time.
    """
    before = gc.get_threshold()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


def run_workload(
    record: Record, progress: Progress, *, seed: int = 0, masters: int = 1
) -> list[str]:
    """Run a workload, and look whether the pods are where they may be; return what is wrong.

    Args:
        record: says what to run; takes what is found, also if it is interrupted.
        progress: is told how far it is.
        seed: of all that is chance.
        masters: for the meter ``end-to-end``.
    """
    found = []
    try:
        with frozen_heap():
            METERS[record.meter](record, progress, seed, masters)
    except BenchError as problem:
        found.append(str(problem))
    return [*found, *violations(record)]
