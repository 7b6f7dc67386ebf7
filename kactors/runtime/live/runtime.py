"""The face of the runtime, on trio."""

import math

import trio  # noqa: TID251 - live-only module

from kactors.runtime.clock import NANOSECONDS
from kactors.runtime.errors import NoRuntimeError
from kactors.runtime.face import Nursery, Runtime, current
from kactors.runtime.live.clock import LiveClock
from kactors.runtime.live.host import HOST, LiveHost, until_resumed
from kactors.runtime.live.nursery import LiveNursery
from kactors.runtime.live.scope import LiveCancelScope
from kactors.runtime.live.waiter import LiveWaiter


class LiveRuntime:
    """Asks trio. Holds nothing of a run, so that one instance serves them all.

    Tasks that trio started without a host may use it too; then time is trio's.
    """

    __slots__ = ("_before", "_users")

    def __init__(self) -> None:
        self._users = 0
        self._before: Runtime | None = None

    def acquire(self) -> None:
        """Become the running world, if this is the first live one."""
        if self._users == 0:
            self._before = current.use(self)
        self._users += 1

    def release(self) -> None:
        """Put back the world that ran before, if this is the last live one."""
        self._users -= 1
        if self._users == 0:
            assert self._before is not None
            current.use(self._before)
            self._before = None

    async def sleep(self, seconds: float) -> None:
        """Wait for ``seconds`` of the host's monotonic time."""
        if not seconds >= 0:
            raise ValueError(f"a sleep takes a number of seconds from 0 on, not {seconds!r}")
        clock = _skewed_clock()
        if clock is not None and 0 < seconds < math.inf:
            await self.sleep_until(self.current_time() + seconds)
        else:
            await until_resumed(trio.sleep(seconds))

    async def sleep_until(self, deadline: float) -> None:
        """Wait until the host's monotonic clock shows ``deadline``, in seconds."""
        clock = _skewed_clock()
        if clock is not None:
            deadline = clock.trio_deadline(deadline)
        await until_resumed(trio.sleep_until(deadline))

    async def sleep_forever(self) -> None:
        """Wait until cancelled."""
        await until_resumed(trio.sleep_forever())

    async def checkpoint(self) -> None:
        """Let others run, and notice cancellation."""
        await until_resumed(trio.lowlevel.checkpoint())

    async def checkpoint_if_cancelled(self) -> None:
        """Notice cancellation, and let others run only then."""
        await trio.lowlevel.checkpoint_if_cancelled()

    async def cancel_shielded_checkpoint(self) -> None:
        """Let others run, without noticing cancellation."""
        await until_resumed(trio.lowlevel.cancel_shielded_checkpoint())

    def current_time_ns(self) -> int:
        """Return the host's monotonic time in nanoseconds."""
        host = HOST.get(None)
        if host is None:
            return round(trio.current_time() * NANOSECONDS)
        return host.clock.monotonic_ns()

    def current_time(self) -> float:
        """Return the host's monotonic time in seconds."""
        clock = _skewed_clock()
        return trio.current_time() if clock is None else clock.monotonic_ns() / NANOSECONDS

    def current_effective_deadline(self) -> float:
        """Return when the running task is cancelled at the latest, in seconds."""
        deadline = trio.current_effective_deadline()
        clock = _skewed_clock()
        return deadline if clock is None else clock.local_deadline(deadline)

    def current_host(self) -> LiveHost:
        """Return the running task's host.

        Raises:
            NoRuntimeError: it has none: it was not started by a host of the live world.
        """
        host = HOST.get(None)
        if host is None:
            raise NoRuntimeError(
                "this task runs on no host: start it with live.run(...) or a host's `spawn`"
            )
        return host

    def open_nursery(self) -> LiveNursery:
        """Make a nursery."""
        return LiveNursery()

    def cancel_scope(self, *, deadline: float, shield: bool) -> LiveCancelScope:
        """Make a cancel scope."""
        host = HOST.get(None)
        clock = None if host is None else host.clock
        if clock is not None:
            deadline = clock.trio_deadline(deadline)
        return LiveCancelScope(trio.CancelScope(deadline=deadline, shield=shield), clock)

    def waiter(self) -> LiveWaiter:
        """Make a waiter."""
        return LiveWaiter()

    def waiting(self, nursery: Nursery) -> tuple[str, ...]:
        """Say where the children of a nursery wait, one line each, the oldest first."""
        assert isinstance(nursery, LiveNursery), f"{nursery!r} is a nursery of another world"
        return nursery.waiting()

    def cancelled_class(self) -> type[BaseException]:
        """Return ``trio.Cancelled``."""
        return trio.Cancelled


RUNTIME = LiveRuntime()


def _skewed_clock() -> LiveClock | None:
    host = HOST.get(None)
    return None if host is None or not host.clock.skewed else host.clock
