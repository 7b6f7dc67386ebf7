"""Real files: what only they have."""

import os
import subprocess
import sys
import threading  # noqa: TID251 - tests of the live world
from pathlib import Path

import pytest
import trio  # noqa: TID251 - tests of the live world

from kactors.runtime import ClosedResourceError, live
from kactors.storage import live_disk
from kactors.storage.errors import DiskInUseError, DiskPathError
from kactors.storage.live_disk import INLINE_BYTES, LOCK_NAME, LiveDisk
from kactors.storage.sync_place import SyncPlace

pytestmark = pytest.mark.live

HOLD_THE_LOCK = """
import sys
from kactors.storage.live_disk import LiveDisk
with LiveDisk(sys.argv[1]):
    print("locked", flush=True)
    sys.stdin.read()
"""


def test_a_directory_is_open_once(tmp_path: Path) -> None:
    """A second disk is refused, in the same process too, until the first is closed."""
    with LiveDisk(tmp_path), pytest.raises(DiskInUseError, match=f"open in process {os.getpid()}"):
        LiveDisk(tmp_path)

    LiveDisk(tmp_path).close()


def test_another_process_is_named(tmp_path: Path) -> None:
    """The error says who has the directory; when that process is gone, even killed, it is free."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"

        with pytest.raises(DiskInUseError, match=f"open in process {holder.pid}: stop that one"):
            LiveDisk(tmp_path)
        holder.kill()

    LiveDisk(tmp_path).close()


def test_the_lock_is_nobodys_file(tmp_path: Path) -> None:
    """It is neither listed nor can it be opened, renamed or deleted."""

    async def main(disk: LiveDisk) -> tuple[str, ...]:
        with pytest.raises(DiskPathError, match="the disk's own"):
            await disk.delete(LOCK_NAME)
        return await disk.list()

    with LiveDisk(tmp_path) as disk:
        assert live.run(main, disk) == ()


def test_symbolic_links_do_not_lead_out(tmp_path: Path) -> None:
    """Neither a link in the path nor one in the place of the file is followed."""
    (tmp_path / "secret").write_bytes(b"secret")
    root = tmp_path / "root"
    root.mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "link").symlink_to(tmp_path / "secret")

    async def main(disk: LiveDisk) -> None:
        with pytest.raises(DiskPathError, match="by a symbolic link"):
            await disk.open("out/secret")
        with pytest.raises(OSError, match="symbolic"):
            await disk.open("link")

    with LiveDisk(root) as disk:
        live.run(main, disk)


def test_a_root_may_be_a_symbolic_link(tmp_path: Path) -> None:
    """It is resolved once, when the disk is opened."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")

    with LiveDisk(tmp_path / "link") as disk:
        assert disk.root == (tmp_path / "real").resolve()


def test_closing_the_disk_closes_its_files(tmp_path: Path) -> None:
    """Nothing can be done with either afterwards, and closing again is harmless."""

    async def main(disk: LiveDisk) -> None:
        file = await disk.open("f", create=True)
        disk.close()
        disk.close()
        with pytest.raises(ClosedResourceError, match="'f' was closed"):
            await file.append(b"x")
        with pytest.raises(ClosedResourceError, match="the disk at"):
            await disk.list()

    live.run(main, LiveDisk(tmp_path))


def test_a_file_in_use_by_a_thread_is_closed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Closing does not take the descriptor away from a write that is under way."""
    data = b"x" * (2 * INLINE_BYTES)
    closed = threading.Event()
    pwrite = os.pwrite

    def write_once_closed(descriptor: int, data: bytes, offset: int) -> int:
        assert closed.wait(timeout=10)
        return pwrite(descriptor, data, offset)

    async def main(disk: LiveDisk) -> int:
        file = await disk.open("f", create=True)
        async with trio.open_nursery() as nursery:
            monkeypatch.setattr(os, "pwrite", write_once_closed)
            nursery.start_soon(file.append, data)
            while not file.size:
                await trio.lowlevel.checkpoint()
            await file.close()
            closed.set()
        return (tmp_path / "f").stat().st_size

    with LiveDisk(tmp_path) as disk:
        assert live.run(main, disk) == len(data)


def test_writing_in_pieces_writes_everything(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the system takes or gives only in part is continued, in the right place."""
    pwrite, pread = os.pwrite, os.pread
    monkeypatch.setattr(os, "pwrite", lambda fd, data, at: pwrite(fd, bytes(data)[:3], at))
    monkeypatch.setattr(os, "pread", lambda fd, size, at: pread(fd, min(size, 2), at))

    async def main(disk: LiveDisk) -> bytes:
        file = await disk.open("f", create=True)
        await file.append(b"0123456789")
        return await file.read(1, 100)

    with LiveDisk(tmp_path) as disk:
        assert live.run(main, disk) == b"123456789"


@pytest.mark.parametrize("inline", [True, False])
def test_a_sync_is_made_on_the_loop_if_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inline: bool
) -> None:
    """Otherwise in a thread, so that the other tasks go on."""
    threads: list[threading.Thread] = []
    monkeypatch.setattr(os, "fdatasync", lambda _: threads.append(threading.current_thread()))

    async def main(disk: LiveDisk) -> None:
        file = await disk.open("f", create=True)
        await file.sync()
        await file.close()
        with pytest.raises(ClosedResourceError):
            await file.sync()

    with LiveDisk(tmp_path, inline_sync=inline) as disk:
        live.run(main, disk)

    assert [thread is threading.current_thread() for thread in threads] == [inline]


def test_unless_told_a_disk_that_is_quick_is_synced_on_the_loop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Once it has shown that it is, and never with much data."""
    on_loop: list[bool] = []

    def sync(_: int) -> None:
        on_loop.append(threading.current_thread() is threading.main_thread())

    monkeypatch.setattr(os, "fdatasync", sync)

    async def main(disk: LiveDisk) -> None:
        file = await disk.open("f", create=True)
        for _ in range(500):  # a machine that is busy may make some of them look slow
            await file.append(b"little")
            await file.sync()
        await file.append(bytes(INLINE_BYTES))
        await file.append(b"more")
        await file.sync()

    with LiveDisk(tmp_path) as disk:
        live.run(main, disk)

    assert not any(on_loop[:64])
    assert any(on_loop)
    assert not on_loop[-1]


@pytest.mark.parametrize("one_call", [True, False])
def test_a_quick_disk_is_written_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, one_call: bool
) -> None:
    """In one call where the system has it, in two where it has not; never past unsynced writes."""
    synced: list[int] = []
    sync = os.fdatasync

    def note(descriptor: int) -> None:
        synced.append(descriptor)
        sync(descriptor)

    monkeypatch.setattr(os, "fdatasync", note)
    monkeypatch.setattr(SyncPlace, "note", lambda *_: None)  # this disk may be slow
    if not one_call:
        monkeypatch.setattr(live_disk, "_DATA_SYNC", 0)

    async def main(disk: LiveDisk) -> list[bool]:
        file = await disk.open("f", create=True)
        quick = [file.quick]
        file.write_through(0, b"through")
        assert file.size == 7
        assert await file.read(0, 20) == b"through"
        await file.append(b" and by")
        quick.append(file.quick)
        await file.sync()
        return [*quick, file.quick]

    with LiveDisk(tmp_path, inline_sync=True) as disk:
        assert live.run(main, disk) == [True, False, True]
    assert len(synced) == (1 if one_call and hasattr(os, "RWF_DSYNC") else 2)


def test_a_disk_that_syncs_in_threads_is_not_quick(tmp_path: Path) -> None:
    """Nobody may write through to it."""

    async def main(disk: LiveDisk) -> bool:
        return (await disk.open("f", create=True)).quick

    with LiveDisk(tmp_path, inline_sync=False) as disk:
        assert not live.run(main, disk)


def test_after_a_failed_write_the_size_is_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that did not grow does not say that it did."""

    def full(*_: object) -> int:
        raise OSError(28, "No space left on device")

    async def main(disk: LiveDisk) -> int:
        file = await disk.open("f", create=True)
        await file.append(b"abc")
        monkeypatch.setattr(os, "pwrite", full)
        with pytest.raises(OSError, match="No space"):
            await file.append(b"def")
        return file.size

    with LiveDisk(tmp_path) as disk:
        assert live.run(main, disk) == 3
