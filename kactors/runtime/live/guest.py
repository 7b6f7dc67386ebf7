"""The live world as a guest on an asyncio loop.

For programs that run asyncio and want to host actors: trio runs in the same thread, turn
by turn with the loop (`trio.lowlevel.start_guest_run`).
"""

import asyncio
from collections.abc import Generator
from typing import Any, Protocol

import trio  # noqa: TID251 - live-only module

from kactors.runtime.disk import Disk
from kactors.runtime.face import AsyncFunction, current, name_of
from kactors.runtime.live.host import LiveHost
from kactors.runtime.live.world import run_on_first_host


class Outcome(Protocol):
    """What a run came to, as trio hands it over."""

    def unwrap(self) -> Any:
        """Return what the run returned, or raise what it raised."""
        ...


class GuestRun:
    """A live world that runs on an asyncio loop; await it to get what its main task returned.

    Awaiting it raises what the main task raised, or `asyncio.CancelledError` after
    `cancel`. Await it before the loop ends: trio has to clean up.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._scope = trio.CancelScope()
        self._over = False
        self._host: asyncio.Future[LiveHost] = loop.create_future()
        self._done: asyncio.Future[Any] = loop.create_future()

    def __await__(self) -> Generator[Any, None, Any]:
        return asyncio.shield(self._done).__await__()

    def cancel(self) -> None:
        """Cancel the main task, and with it the world."""
        self._scope.cancel()

    async def call(self, async_fn: AsyncFunction, *args: Any) -> Any:
        """Run ``async_fn(*args)`` on the world's first host, from asyncio; return its result.

        If the asyncio task that waits is cancelled, so is the call.

        Raises:
            Exception: what ``async_fn`` raises. It does not end the world.
            asyncio.CancelledError: the call, or the world, was cancelled.
        """
        host = await asyncio.shield(self._host)
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self._over:
            raise asyncio.CancelledError("the live world has ended")
        try:
            task = host.spawn(_answer, answer, async_fn, args, name=name_of(async_fn))
        except RuntimeError as error:
            raise asyncio.CancelledError("the live world is ending") from error
        try:
            return await answer
        except asyncio.CancelledError:
            task.scope.cancel()
            raise

    async def main(
        self,
        async_fn: AsyncFunction,
        args: tuple[Any, ...],
        host: str,
        disk: Disk | None,
        seed: int | None,
    ) -> Any:
        """Run the world, in trio; `start_guest_run` starts it."""

        async def first(*args: Any) -> Any:
            ours = current.runtime.current_host()
            assert isinstance(ours, LiveHost)
            self._host.set_result(ours)
            return await async_fn(*args)

        try:
            with self._scope:
                return await run_on_first_host(first, args, host, disk, seed)
        finally:
            self._over = True

    def finish(self, result: Outcome) -> None:
        """Take what the run came to; trio calls it."""
        if not self._host.done():
            self._host.cancel()
        try:
            value = result.unwrap()
        except BaseException as error:  # noqa: BLE001 - it goes to whoever awaits us
            self._done.set_exception(error)
            return
        if self._scope.cancelled_caught:
            self._done.cancel()
        else:
            self._done.set_result(value)


def start_guest_run(
    async_fn: AsyncFunction,
    *args: Any,
    host: str = "main",
    disk: Disk | None = None,
    seed: int | None = None,
) -> GuestRun:
    """Run ``async_fn(*args)`` on the first host of a live world, on the running asyncio loop.

    For the arguments see `kactors.runtime.live.run`.

    Raises:
        RuntimeError: no asyncio loop is running, or it has a guest already.
    """
    loop = asyncio.get_running_loop()
    guest = GuestRun(loop)
    trio.lowlevel.start_guest_run(
        guest.main,
        async_fn,
        args,
        host,
        disk,
        seed,
        run_sync_soon_threadsafe=loop.call_soon_threadsafe,
        run_sync_soon_not_threadsafe=loop.call_soon,
        done_callback=guest.finish,
        host_uses_signal_set_wakeup_fd=True,
    )
    return guest


async def _answer(
    answer: asyncio.Future[Any], async_fn: AsyncFunction, args: tuple[Any, ...]
) -> None:
    """Run in trio what asyncio waits for."""
    try:
        result = await async_fn(*args)
    except Exception as error:  # noqa: BLE001 - it goes to the caller, whatever it is
        if not answer.done():
            answer.set_exception(error)
    else:
        if not answer.done():
            answer.set_result(result)
    finally:
        if not answer.done():
            answer.cancel()
