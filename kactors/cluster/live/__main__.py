"""``python -m kactors.cluster.live DIRECTORY PROCESS``: one process, as its supervisor starts it.

It ends in order after SIGTERM or SIGINT, and when its standard input ends: a supervisor holds the
other end, so that nothing is left running if the supervisor is killed. Exit status: 0 if it was
told to end, 1 otherwise; standard error says why.
"""

import signal
import sys
from datetime import UTC, datetime

import trio  # noqa: TID251 - live-only module

from kactors.cluster.live.data_directory import DataDirectory
from kactors.cluster.live.process import run_process
from kactors.errors import KactorsError


def log(line: str) -> None:
    """Write a line with the time before it."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")  # noqa: TID251 - live-only module
    print(f"{now} {line}", file=sys.stderr, flush=True)  # noqa: T201 - a process' log


async def ordered_to_end() -> str:
    """Wait for a signal, or for the end of standard input; return which it was."""
    why = ""

    async def await_signal() -> None:
        nonlocal why
        with trio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
            async for number in signals:
                why = signal.Signals(number).name
                nursery.cancel_scope.cancel()

    async def await_end_of_input() -> None:
        nonlocal why
        async with trio.lowlevel.FdStream(sys.stdin.fileno()) as stream:
            while await stream.receive_some():
                pass
        why = "the supervisor has gone"
        nursery.cancel_scope.cancel()

    async with trio.open_nursery() as nursery:
        nursery.start_soon(await_signal)
        nursery.start_soon(await_end_of_input)
    return why


def main(directory: str, process: str) -> int:
    """Run a process; return its exit status."""

    async def run() -> str | None:
        return await run_process(DataDirectory(directory), process, log=log, until=ordered_to_end)

    try:
        why = trio.run(run)
    except (KactorsError, OSError) as problem:
        why = str(problem)
    log(f"ended: {why}" if why is not None else "stopped")
    return 0 if why is None else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
