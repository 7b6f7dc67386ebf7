"""The end of coroutines that nobody will run again.

A crash takes a host's memory away; its cleanup code does not run. Python insists on running
it: closing a coroutine raises `GeneratorExit` where it waits, and its ``finally`` blocks
follow. So they run in a world of their own: every checkpoint raises, shields do not help, no
nursery starts anything, and what they schedule is called off. What they do to objects in
memory cannot be undone; a host's objects are its own.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from typing import TYPE_CHECKING, Any

from kactors.runtime.face import current
from kactors.runtime.sim.cancel import CRASHED
from kactors.runtime.sim.errors import Cancelled
from kactors.runtime.sim.task import Task
from kactors.runtime.sim.watchdog import StepTooLong

if TYPE_CHECKING:
    from kactors.runtime.sim.kernel import Kernel

CLOSINGS_MAX = 100
"""How often a coroutine that awaits something foreign while it is closed is closed again."""


def kill(task: Task) -> None:
    """Let a task not run again. Its coroutine is still to be buried."""
    task.unpark()
    task.done = task.stopped = True
    task.scope = CRASHED


def bury(task: Task) -> None:
    """End the coroutine of a killed task; what its ``finally`` blocks try comes to nothing."""
    try:
        _run_aside(task.host.kernel, task, lambda: _close(task.coroutine))
    except (KeyboardInterrupt, SystemExit, StepTooLong):
        raise
    except BaseException:  # noqa: BLE001, S110 - a dead host's last words
        pass


def close_generator(kernel: Kernel, generator: AsyncGenerator[Any, Any]) -> None:
    """End an async generator that was dropped halfway; its ``finally`` blocks cannot wait.

    Python calls this where the last reference goes, so that nothing may be awaited. To let
    it clean up in order, leave it by ``async with contextlib.aclosing(...)``.
    """
    running = kernel.task
    if running is None:
        return
    closing: Any = generator.aclose()
    undertaker = Task(closing, "a dropped generator", running.host, CRASHED, running.owner, 0)
    kill(undertaker)
    try:
        _run_aside(kernel, undertaker, lambda: closing.send(None))
    except (StopIteration, Cancelled):
        pass
    except Exception:
        if not running.done:
            raise  # a bug in its cleanup code; Python reports it


def _run_aside(kernel: Kernel, task: Task, work: Callable[[], object]) -> None:
    running, kernel.task = kernel.task, task
    before = current.use(kernel)  # another world may be running, or none
    sequence = kernel.sequence
    try:
        work()
    finally:
        current.use(before)
        kernel.task = running
        if kernel.sequence != sequence:
            kernel.call_off_since(sequence)


def _close(coroutine: Any) -> None:
    for _ in range(CLOSINGS_MAX):
        try:
            coroutine.close()
        except RuntimeError as error:  # it has awaited something that is not ours
            if "ignored GeneratorExit" not in str(error):
                raise
        else:
            return
