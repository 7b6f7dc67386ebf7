"""The live world: hosts in real time, on trio."""

from __future__ import annotations

import secrets  # noqa: TID251 - live-only module: the seed comes from the machine
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import trio  # noqa: TID251 - live-only module

from kactors.runtime.disk import NoDisk
from kactors.runtime.live.clock import LiveClock
from kactors.runtime.live.host import LiveHost
from kactors.runtime.live.runtime import RUNTIME

if TYPE_CHECKING:
    from kactors.runtime.disk import Disk
    from kactors.runtime.face import AsyncFunction


class LiveWorld:
    """Hosts in real time; an async context manager within a trio run.

    When its body ends, the hosts' tasks are cancelled. When a host's root task fails, the
    body is cancelled and the failure comes out: one as it is, several as a group.

    Args:
        seed: keys the hosts' streams of chance; drawn from the machine unless given.

    Attributes:
        hosts: by name.
        nursery: where the hosts' root tasks live.
    """

    def __init__(self, seed: int | None = None) -> None:
        self.seed = secrets.randbits(64) if seed is None else seed
        self.hosts: dict[str, LiveHost] = {}
        self.nursery: trio.Nursery
        self._manager = trio.open_nursery(strict_exception_groups=True)

    def add_host(
        self, name: str, *, zone: str = "", disk: Disk | None = None, drift_ppm: int = 0
    ) -> LiveHost:
        """Add a host that is up and has nothing to do yet.

        Raises:
            ValueError: the name is taken.
        """
        if name in self.hosts:
            raise ValueError(f"a host named {name!r} is there already: names are unique")
        host = LiveHost(self, name, zone, LiveClock(drift_ppm=drift_ppm), disk or NoDisk())
        self.hosts[name] = host
        return host

    async def __aenter__(self) -> Self:
        self.nursery = await self._manager.__aenter__()
        RUNTIME.acquire()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool | None:
        self.nursery.cancel_scope.cancel()
        try:
            return await self._manager.__aexit__(exc_type, exc, traceback)
        except BaseExceptionGroup as group:
            if len(group.exceptions) > 1:
                raise
            only = group.exceptions[0]
            context = only.__context__
            try:
                raise only
            finally:
                only.__context__ = context
        finally:
            RUNTIME.release()


def run(
    async_fn: AsyncFunction,
    *args: Any,
    host: str = "main",
    disk: Disk | None = None,
    seed: int | None = None,
    clock: trio.abc.Clock | None = None,
) -> Any:
    """Run ``async_fn(*args)`` on the first host of a live world; return its result.

    Args:
        async_fn: finds the world as ``current_host().world``, to add more hosts.
        args: given to ``async_fn``.
        host: the name of the host.
        disk: of the host.
        seed: keys the hosts' streams of chance; drawn from the machine unless given.
        clock: trio's; the machine's unless given.

    Raises:
        BaseException: what ``async_fn``, or another host's root task, raises.
    """
    return trio.run(run_on_first_host, async_fn, args, host, disk, seed, clock=clock)


async def run_on_first_host(
    async_fn: AsyncFunction,
    args: tuple[Any, ...],
    host: str,
    disk: Disk | None,
    seed: int | None,
) -> Any:
    """Do what `run` does, within a trio run."""
    async with LiveWorld(seed) as world:
        return await world.add_host(host, disk=disk).spawn(async_fn, *args).wait()
