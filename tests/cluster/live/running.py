"""``kactors up`` as a process, and what it says as JSON."""

import json
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import attrs
import trio  # noqa: TID251 - processes are live

#: Seconds that a busy machine may need for anything.
PATIENCE = 120.0

Event = dict[str, Any]


@attrs.define
class Running:
    """A cluster that is up.

    Attributes:
        process: the supervisor's.
        events: what it has said so far.
    """

    process: trio.Process
    events: list[Event] = attrs.field(factory=list)
    _news: trio.lowlevel.ParkingLot = attrs.field(factory=trio.lowlevel.ParkingLot)

    async def read(self) -> None:
        """Read events until there are no more."""
        assert self.process.stdout is not None, "it was asked for"
        rest = b""
        async for some in self.process.stdout:
            *lines, rest = (rest + some).split(b"\n")
            self.events += [json.loads(line) for line in lines]
            self._news.unpark_all()

    async def until(self, holds: Callable[[list[Event]], bool]) -> None:
        """Wait until something holds for the events so far."""
        with trio.fail_after(PATIENCE):
            while not holds(self.events):
                await self._news.park()

    async def until_ready(self) -> float:
        """Wait until everything serves; return after how many seconds it did."""
        await self.until(lambda events: any(each["event"] == "ready" for each in events))
        seconds: float = next(e["seconds"] for e in self.events if e["event"] == "ready")
        return seconds

    @property
    def seen(self) -> Event:
        """How the cluster was when it was last looked at."""
        return next(each for each in reversed(self.events) if each["event"] == "seen")

    def pid(self, name: str) -> int:
        """Return the number of a process of the cluster."""
        started = (each for each in reversed(self.events) if each["event"] == "started")
        pid: int = next(each["pid"] for each in started if each["process"] == name)
        return pid

    async def stop(self, number: signal.Signals = signal.SIGINT) -> int:
        """End the cluster; return the exit status."""
        self.process.send_signal(number)
        with trio.fail_after(PATIENCE):
            return await self.process.wait()


@asynccontextmanager
async def up(data: Path, *options: str) -> AsyncIterator[Running]:
    """Run ``kactors up`` until the body ends."""
    command = [sys.executable, "-m", "kactors.cli.main", "up", "--data", str(data), "--json"]
    process = await trio.lowlevel.open_process([*command, *options], stdout=subprocess.PIPE)
    try:
        async with trio.open_nursery() as nursery:
            running = Running(process)
            nursery.start_soon(running.read)
            yield running
            if process.returncode is None:
                await running.stop()
            nursery.cancel_scope.cancel()
    finally:
        if process.returncode is None:
            process.kill()  # the others end when they notice
            with trio.CancelScope(shield=True):
                await process.wait()
