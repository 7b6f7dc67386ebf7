"""A log whose process is killed while it writes to real files."""

import subprocess
import sys
from pathlib import Path

import pytest

from kactors.runtime import live
from kactors.storage.live_disk import LiveDisk
from kactors.storage.recovery import Recovery
from kactors.storage.wal import Wal

pytestmark = pytest.mark.live

WRITER = """
import itertools, sys
from kactors.runtime import live
from kactors.storage.live_disk import LiveDisk
from kactors.storage.record import Record
from kactors.storage.wal import Wal

async def main(disk):
    wal, recovery = await Wal.open(
        disk, "log", create=True, segment_bytes=16384, preallocate=True, carried_types=[2]
    )
    for number in itertools.count(wal.last_number + 1):
        wal.append([Record(1 + number % 2, b"%d" % number * 50)])
        if number % 3 == 0:
            await wal.sync()
            print(number, flush=True)

with LiveDisk(sys.argv[1]) as disk:
    live.run(main, disk)
"""


async def reopen(disk: LiveDisk) -> Recovery:
    """Return what the log holds."""
    wal, recovery = await Wal.open(disk, "log")
    await wal.close()
    return recovery


def test_what_was_acknowledged_survives_a_kill(tmp_path: Path) -> None:
    """Three lives, each ended by SIGKILL: no acknowledged record is missing, none is wrong."""
    for life in range(1, 4):
        command = [sys.executable, "-c", WRITER, str(tmp_path)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as writer:
            assert writer.stdout is not None
            acknowledged = [int(writer.stdout.readline()) for _ in range(60)]
            writer.kill()
            acknowledged += [int(line) for line in writer.stdout if line.endswith(b"\n")]

        with LiveDisk(tmp_path) as disk:
            recovery = live.run(reopen, disk)

        payloads = [record.payload for record in recovery.records]
        assert payloads == [b"%d" % number * 50 for number in range(1, len(payloads) + 1)]
        assert len(payloads) >= acknowledged[-1] >= 180 * life
