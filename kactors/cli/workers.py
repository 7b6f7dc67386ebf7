"""Jobs in processes of their own: one that is killed takes nothing else with it."""

import multiprocessing
import signal
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from typing import Any, Final, Generic, TypeVar

import attrs

__all__ = ["Done", "in_order", "run_jobs"]

T = TypeVar("T")

#: What workers import once for all of them.
_PRELOAD: Final = ("kactors.testing.mutants.campaign", "kactors.testing.raft")


@attrs.frozen
class Done(Generic[T]):
    """What became of one job.

    Attributes:
        number: its place among all jobs.
        result: what it returned; ``None`` if its process died.
        death: why its process died, in words; empty if it did not.
    """

    number: int
    result: T | None
    death: str = ""


@attrs.frozen(eq=False)
class _Worker:
    number: int
    process: ForkServerProcess


def run_jobs(
    function: Callable[..., T],
    jobs: Sequence[tuple[Any, ...]],
    processes: int,
    preload: Sequence[str] = _PRELOAD,
) -> Generator[Done[T], None, None]:
    """Call ``function`` with each of ``jobs``, and yield what comes, as it comes.

    Each call has a process of its own. When the caller stops asking (closes the iterator, or is
    interrupted), all that still run are ended.

    Args:
        function: can be imported by name; so can what it takes and returns.
        jobs: the arguments of each call.
        processes: how many may run at the same time.
        preload: modules that all workers need: imported once, by the first call of a program.

    Raises:
        Exception: what ``function`` raised, with a note of where.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(preload))
    waiting = iter(enumerate(jobs))
    running: dict[Connection, _Worker] = {}
    try:
        while True:
            while len(running) < processes and (job := next(waiting, None)) is not None:
                number, arguments = job
                ours, theirs = context.Pipe(duplex=False)
                process = context.Process(
                    target=_work, args=(theirs, function, arguments), daemon=True
                )
                process.start()
                theirs.close()
                running[ours] = _Worker(number, process)
            if not running:
                return
            for pipe in wait(list(running)):
                assert isinstance(pipe, Connection), f"{pipe} is not ours"
                yield _outcome(pipe, running.pop(pipe))
    finally:
        for pipe, worker in running.items():
            worker.process.terminate()
            worker.process.join()
            pipe.close()


def _work(pipe: Connection, function: Callable[..., T], arguments: tuple[Any, ...]) -> None:
    """Do one job, in the worker; an interrupt is for the parent, which then ends us."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    outcome: tuple[T | None, Exception | None]
    try:
        outcome = (function(*arguments), None)
    except Exception as problem:  # noqa: BLE001 - raised again by the parent
        problem.add_note("in a worker:\n" + traceback.format_exc())
        outcome = (None, problem)
    with pipe:
        pipe.send(outcome)


def _outcome(pipe: Connection, worker: _Worker) -> Done[Any]:
    with pipe:
        try:
            result, problem = pipe.recv()
        except EOFError:
            worker.process.join()
            return Done(worker.number, None, _death(worker.process.exitcode))
    worker.process.join()
    if problem is not None:
        raise problem
    return Done(worker.number, result)


def _death(status: int | None) -> str:
    """Put an exit status into words."""
    if status is None or status >= 0:
        return f"ended with status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def in_order(outcomes: Iterable[Done[T]]) -> Iterator[Done[T]]:
    """Yield outcomes in the order of their jobs, each as soon as those before it are there."""
    early: dict[int, Done[T]] = {}
    expected = 0
    for outcome in outcomes:
        early[outcome.number] = outcome
        while expected in early:
            yield early.pop(expected)
            expected += 1
