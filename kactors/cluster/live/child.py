"""One process that is kept running: started, waited for, and started again when it ends."""

import signal
import subprocess
import sys
from pathlib import Path
from typing import Final

import trio  # noqa: TID251 - live-only module

from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.events import OnEvent, ProcessEnded, ProcessStarted

__all__ = ["Child", "describe", "pause_after"]

#: Seconds before a process that died is started again; doubles with each death ...
_PAUSE_FIRST: Final = 0.5
_PAUSE_LONGEST: Final = 30.0
#: ... and is forgotten once a process has lived so long.
_GOOD_SECONDS: Final = 60.0
#: A log that has grown so large makes room for a new one when its process starts.
_LOG_BYTES: Final = 16_000_000
_LAST_LINE_BYTES: Final = 4096


class Child:
    """Keeps one process of a cluster running.

    Args:
        data: of the cluster.
        name: of the process.
        on_event: told of each start and each end.
    """

    def __init__(self, data: DataDirectory, name: str, on_event: OnEvent) -> None:
        self.name = name
        self._data = data
        self._on_event = on_event
        self._process: trio.Process | None = None
        self._starts = 0
        self._stopping = trio.Event()
        self._gone = trio.Event()

    async def run(self) -> None:
        """Keep it running until `stop`; if this is cancelled, the process is killed."""
        deaths = 0
        try:
            while not self._stopping.is_set():
                began = trio.current_time()
                why = await self._live()
                if self._stopping.is_set():
                    self._on_event(ProcessEnded(self.name, why, None))
                    return
                deaths = 1 if trio.current_time() - began >= _GOOD_SECONDS else deaths + 1
                pause = pause_after(deaths)
                self._on_event(ProcessEnded(self.name, why, pause))
                with trio.move_on_after(pause):
                    await self._stopping.wait()
        finally:
            self._gone.set()

    async def _live(self) -> str:
        """Start the process, and wait until it has ended; return why it has."""
        log = self._data.log_of(self.name)
        _make_room(log)
        command = [sys.executable, "-m", "kactors.cluster.live", str(self._data.root), self.name]
        with log.open("ab") as file:
            process = await trio.lowlevel.open_process(
                command,
                stdin=subprocess.PIPE,
                stdout=file,
                stderr=file,
                start_new_session=True,  # Ctrl-C is for the supervisor, which stops all in order
            )
        self._process = process
        self._starts += 1
        try:
            self._on_event(ProcessStarted(self.name, process.pid, self._starts))
            if self._stopping.is_set():  # since before there was anything to stop
                process.terminate()
            status = await process.wait()
        finally:
            self._process = None
            if process.returncode is None:
                process.kill()
                with trio.CancelScope(shield=True):  # short: nothing survives that
                    await process.wait()
            assert process.stdin is not None, "it was asked for"
            await trio.aclose_forcefully(process.stdin)
        return describe(status, log)

    async def stop(self, seconds: float) -> None:
        """End the process in order, by force if that takes longer; return when it is gone."""
        self._stopping.set()
        if self._process is not None:
            self._process.terminate()
        with trio.move_on_after(seconds):
            await self._gone.wait()
            return
        if self._process is not None:
            self._process.kill()
        await self._gone.wait()


def pause_after(deaths: int) -> float:
    """Return the seconds before the next start after so many early deaths in a row."""
    return float(min(_PAUSE_LONGEST, _PAUSE_FIRST * 2.0 ** min(deaths - 1, 16)))


def _make_room(log: Path) -> None:
    log.parent.mkdir(parents=True, exist_ok=True)
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_name(f"{log.name}.1"))


def describe(status: int, log: Path) -> str:
    """Put an exit status into words; a failure's with the last line of the log."""
    if status < 0:
        return f"killed by {signal.Signals(-status).name}"
    if status == 0:
        return "exit status 0"
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - _LAST_LINE_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return f"exit status {status}: {lines[-1] if lines else 'it has said nothing'}"
