"""The kernel: one heap of events in true time, and the tasks that they wake.

Theory of operation
===================

Time is an integer number of nanoseconds. An event is ``[true_ns, tie, sequence, callback,
argument]``; the loop takes the earliest, moves time there and calls it. A callback either
delivers something or steps a task: runs its coroutine until it yields. A primitive of the
face arranges for the wake-up first and yields then, so the kernel never interprets what was
yielded. Tasks woken at this instant are collected in ``ready`` and run as one batch, in an
order that follows from the seed (see `TIE_MASK`). Ties between events of the heap are decided
the same way; events that one task schedules for one instant keep their order.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from heapq import heappop, heappush
from math import floor
from typing import TYPE_CHECKING, Any

from kactors.runtime.clock import NANOSECONDS, first_ns_at
from kactors.runtime.face import current
from kactors.runtime.sim.agenda import Agenda
from kactors.runtime.sim.burial import bury, close_generator
from kactors.runtime.sim.cancel import NEVER, NEVER_SECONDS, SimCancelScope
from kactors.runtime.sim.errors import Cancelled, LivelockError, SimulationError
from kactors.runtime.sim.garbage import rare_collections
from kactors.runtime.sim.nursery import Owner, SimNursery
from kactors.runtime.sim.task import TIE_FACTOR, TIE_MASK, Entry, Task
from kactors.runtime.sim.waiter import SimWaiter
from kactors.runtime.sim.watchdog import StepTooLong, watchdog

if TYPE_CHECKING:
    from kactors.runtime.sim.host import SimHost


class _Halt(BaseException):
    """Carries `Kernel.halt` out of the loop."""


class Kernel(Agenda):
    """Runs tasks and events in virtual time; the simulated world's `Runtime`.

    Args:
        seed: decides every tie, and through `kactors.runtime.random.stream` all chance.
        steps_at_one_instant_max: how often tasks may run before time has to move.
        step_seconds_max: processor time that one step of a task may take.

    Attributes:
        steps: counts the steps of tasks that were ready; steps from timers are not among them.
        ready: the tasks to be stepped next, at this instant.
        awaited: the task whose end ends the run.
    """

    def __init__(
        self,
        seed: int = 0,
        *,
        steps_at_one_instant_max: int = 1_000_000,
        step_seconds_max: float = 30.0,
    ) -> None:
        super().__init__(seed)
        self.steps = 0
        self.ready: list[Task] = []
        self.awaited: Task | None = None
        self._round = 0
        self._round_at_ns = 0
        self._step = self.step  # bound once: every timer refers to it
        self._steps_at_one_instant_max = steps_at_one_instant_max
        self._step_seconds_max = step_seconds_max

    # -- tasks --------------------------------------------------------------------------

    def running(self) -> Task:
        """Return the task that is running.

        Raises:
            SimulationError: none is: the caller is a callback, not a task.
        """
        task = self.task
        if task is None:
            raise SimulationError("only a task can await: start one with a host's `spawn`")
        return task

    def spawn(
        self, coroutine: Any, name: str, host: SimHost, scope: SimCancelScope, owner: Owner
    ) -> Task:
        """Make a task of ``coroutine``; it runs first in the next batch of this instant.

        Raises:
            TypeError: it is none.
        """
        try:
            task = Task(coroutine, name, host, scope, owner, host.next_tie_key(name))
        except AttributeError:
            wrong = f"{name} returned {coroutine!r}: a task has to be an async function"
            raise TypeError(wrong) from None
        host.tasks[task] = None
        if scope.members is not None:
            scope.members[task] = None
        self.ready.append(task)
        return task

    def cancel_task(self, task: Task) -> None:
        """Raise `Cancelled` in a task where it is parked; if it is not, do nothing."""
        if task.parked:
            if task.waiter is not None:
                task.waiter.give_up()
            task.unpark()
            task.throw_when_resumed(Cancelled())
            self.ready.append(task)

    def step(self, task: Task) -> None:
        """Run a task until it yields or ends; also what the timer of a sleep calls."""
        task.entry = None
        if task.stopped:
            task.host.hold(task)
            return
        self.task = task
        try:
            task.send(None)
        except StopIteration as stop:
            self._end(task, stop.value, None)
        except (KeyboardInterrupt, SystemExit, SimulationError, StepTooLong):
            self._end(task, None, None)
            raise
        except BaseException as exc:  # noqa: BLE001 - whatever a task raises goes to its owner
            self._end(task, None, exc)
        finally:
            self.task = None

    def after_local(self, task: Task, local_ns: int) -> Entry:
        """Step ``task`` after ``local_ns`` of its host's monotonic time."""
        now = self.now_ns
        clock = task.host.clock
        true_ns = (
            clock.true_ns_of(clock.local_ns(now) + local_ns) if self.skewed else now + local_ns
        )
        self.sequence = sequence = self.sequence + 1
        entry = [true_ns, true_ns ^ task.tie_key, sequence, self._late, task]
        heappush(self._heap, entry)
        return entry

    def _late(self, task: Task) -> None:
        """Step a task that waited for something with a deadline, which has passed."""
        task.entry = None
        task.unpark()
        self.step(task)

    def _end(self, task: Task, value: Any, error: BaseException | None) -> None:
        if not task.done:
            task.done = True
            task.value = value
            task.host.tasks.pop(task, None)
            task.owner.child_done(task, error)

    # -- the loop -----------------------------------------------------------------------

    def run(self, until_ns: int = NEVER, stop: Callable[[], bool] | None = None) -> bool:
        """Run until ``until_ns`` of true time, until ``stop()``, or until nothing is left.

        ``stop`` is asked between events. Afterwards time is at ``until_ns`` if that was reached.

        Returns:
            Whether ``stop()`` or ``until_ns`` ended the run, and not a lack of events.

        Raises:
            BaseException: what a root task has raised.
            LivelockError: time stood still for too many steps.
            NeverAwaitsError: one step of a task did not end.
        """
        assert self.task is None, "a simulation cannot be run from within itself"
        before = current.use(self)
        hooks = sys.get_asyncgen_hooks()
        sys.set_asyncgen_hooks(firstiter=None, finalizer=partial(close_generator, self))
        try:
            with rare_collections(), watchdog(self, self._step_seconds_max):
                return self._loop(until_ns, stop)
        except _Halt:
            return True
        finally:
            sys.set_asyncgen_hooks(*hooks)
            current.use(before)

    def halt(self) -> None:
        """End `run` from within, at once; whatever else is due at this instant comes later."""
        raise _Halt

    def close(self) -> None:
        """Forget every event; what was to be buried later is buried now."""
        events, self._heap[:] = tuple(self._heap), ()
        self.ready.clear()
        for _, _, _, callback, argument in events:
            if callback is bury:
                bury(argument)

    def _loop(self, until_ns: int, stop: Callable[[], bool] | None) -> bool:
        heap = self._heap
        now_ns = self.now_ns
        repeated = 0  # what was done since time moved
        repeated_max = self._steps_at_one_instant_max
        while True:
            if stop is not None and stop():
                return True
            if self.ready:
                repeated += self._run_batch()
                if repeated > repeated_max:
                    self._stuck(repeated)
                continue
            if not heap:
                return False
            entry = heappop(heap)
            at_ns, _, _, callback, argument = entry
            if callback is None:
                self.called_off -= 1
                continue
            if at_ns != now_ns:
                if at_ns > until_ns:
                    heappush(heap, entry)
                    self.now_ns = until_ns
                    return True
                self.now_ns = now_ns = at_ns
                repeated = 0
            else:
                repeated += 1
                if repeated > repeated_max:
                    self._stuck(repeated)
            callback(argument)

    def _run_batch(self) -> int:
        """Step every task that is ready, in an order drawn from the seed; count them."""
        batch = self.ready
        self.ready = []
        self.steps += len(batch)
        if len(batch) > 1:
            if self._round_at_ns != self.now_ns:
                self._round_at_ns, self._round = self.now_ns, 0
            self._round += 1
            salt = (self.now_ns + self._round) * TIE_FACTOR & TIE_MASK
            batch.sort(key=lambda task: salt ^ task.tie_key)
        step = self.step
        done = 0
        try:
            for task in batch:
                done += 1
                step(task)
        except BaseException:
            self.ready[:0] = batch[done:]
            raise
        return done

    def work_done(self) -> int:
        """Count what has happened; it grows with every step and every event."""
        return self.steps + self.sequence

    def _stuck(self, repeated: int) -> None:
        name = repr(self.ready[0]) if self.ready else "a task"
        raise LivelockError(self.now_ns, repeated, name)

    # -- the face -----------------------------------------------------------------------

    @types.coroutine
    def sleep(self, seconds: float) -> Generator[None, None, None]:
        """Wait for ``seconds`` of the host's monotonic time."""
        task = self.task
        if task is None:
            task = self.running()
        if task.scope.cancelled:
            raise Cancelled
        if seconds >= NEVER_SECONDS or not seconds >= 0.0:
            if seconds >= NEVER_SECONDS:
                yield from SimWaiter(self).wait()
            raise ValueError(f"a sleep takes a number of seconds from 0 on, not {seconds!r}")
        # `floor`, because int() would take three times as long. And time always moves: a loop that
        # sleeps for what is left until a float, and is left with less than a nanosecond, must end.
        true_ns = self.now_ns + (floor(seconds * 1e9 + 0.5) or seconds > 0.0)
        if self.skewed:
            clock = task.host.clock
            elapsed = true_ns - self.now_ns
            true_ns = clock.true_ns_of(clock.local_ns(self.now_ns) + elapsed)
        self.sequence = sequence = self.sequence + 1
        task.entry = entry = [
            true_ns,
            true_ns ^ task.tie_key,
            sequence,
            self._step,
            task,
        ]
        heappush(self._heap, entry)
        yield

    @types.coroutine
    def sleep_until(self, deadline: float) -> Generator[None, None, None]:
        """Wait until the host's monotonic clock shows ``deadline``, in seconds."""
        task = self.running()
        if task.scope.cancelled:
            raise Cancelled
        if not deadline < NEVER_SECONDS:
            if deadline >= NEVER_SECONDS:
                yield from SimWaiter(self).wait()
            raise ValueError(f"a deadline is a number of seconds, not {deadline!r}")
        due_ns = first_ns_at(max(0.0, deadline))
        task.entry = self.at_local(task.host, due_ns, self._step, task)
        yield

    def sleep_forever(self) -> Awaitable[None]:
        """Wait until cancelled."""
        return SimWaiter(self).wait()

    @types.coroutine
    def checkpoint(self) -> Generator[None, None, None]:
        """Let others run at this instant, and notice cancellation."""
        task = self.running()
        if task.scope.cancelled:
            raise Cancelled
        self.ready.append(task)
        yield
        if task.scope.cancelled:
            raise Cancelled

    async def checkpoint_if_cancelled(self) -> None:
        """Notice cancellation, but do not let others run if there is none."""
        if self.running().scope.cancelled:
            raise Cancelled

    @types.coroutine
    def cancel_shielded_checkpoint(self) -> Generator[None, None, None]:
        """Let others run at this instant, without noticing cancellation."""
        task = self.running()
        if task.done:  # a crashed host's cleanup code does not wait, shielded or not
            raise Cancelled
        self.ready.append(task)
        yield

    @types.coroutine
    def park_shielded(self) -> Generator[None, None, None]:
        """Wait to be put into ``ready``, whatever is cancelled."""
        yield

    def current_time_ns(self) -> int:
        """Return the running task's host's monotonic time; outside of tasks, true time."""
        task = self.task
        return self.now_ns if task is None else task.host.clock.local_ns(self.now_ns)

    def current_time(self) -> float:
        """Return `current_time_ns` in seconds."""
        # Written out: a cluster asks for the time more often than it sends messages.
        task, now_ns = self.task, self.now_ns
        if self.skewed and task is not None:
            now_ns = task.host.clock.local_ns(now_ns)
        return now_ns / NANOSECONDS

    def current_effective_deadline(self) -> float:
        """Return when the running task is cancelled at the latest, in seconds."""
        return self.running().scope.effective_deadline()

    def current_host(self) -> SimHost:
        """Return the running task's host."""
        return self.running().host

    def open_nursery(self) -> SimNursery:
        """Make a nursery."""
        return SimNursery(self)

    def cancel_scope(self, *, deadline: float, shield: bool) -> SimCancelScope:
        """Make a cancel scope."""
        return SimCancelScope(self, deadline, shield=shield)

    def waiter(self) -> SimWaiter:
        """Make a waiter."""
        return SimWaiter(self)

    def waiting(self, nursery: Any) -> tuple[str, ...]:
        """Say where the children of a nursery wait, one line each, the oldest first."""
        return tuple(f"{task.name} at {task.where()}" for task in nursery.members)

    def cancelled_class(self) -> type[BaseException]:
        """Return `Cancelled`."""
        return Cancelled
