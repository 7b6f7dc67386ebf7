"""What every disk promises: one suite, the simulated disk and real files."""

import errno
from collections.abc import Awaitable, Callable

import pytest

from kactors.runtime import ClosedResourceError
from kactors.runtime.disk import Disk
from kactors.storage.errors import DiskPathError
from tests.storage.conftest import Run


async def write_file(disk: Disk, name: str, data: bytes = b"") -> None:
    """Make a file with this content."""
    async with await disk.open(name, create=True) as file:
        await file.append(data)


def test_what_was_written_is_read(run: Run) -> None:
    """Appends and writes in place are read back, by whoever opens the file next."""

    async def write(disk: Disk) -> None:
        async with await disk.open("f", create=True) as file:
            assert await file.append(b"0123") == 0
            assert await file.append(b"4567") == 4
            await file.write(2, b"xy")
            await file.write(8, b"89")
            assert (file.name, file.size) == ("f", 10)
            assert await file.read(0, 100) == b"01xy456789"
            await file.sync()

    async def read(disk: Disk) -> tuple[int, bytes, bytes, bytes]:
        async with await disk.open("f") as file:
            return (
                file.size,
                await file.read(1, 3),
                await file.read(8, 100),
                await file.read(50, 1),
            )

    run(write)

    assert run(read) == (10, b"1xy", b"89", b"")


def test_a_write_leaves_no_hole(run: Run) -> None:
    """A write begins within the file or at its end."""

    async def main(disk: Disk) -> None:
        async with await disk.open("f", create=True) as file:
            await file.append(b"abc")
            with pytest.raises(ValueError, match="has 3 bytes: nothing begins at 4"):
                await file.write(4, b"x")
            with pytest.raises(ValueError, match="nothing begins at -1"):
                await file.write(-1, b"x")

    run(main)


def test_truncation_cuts_and_extends(run: Run) -> None:
    """A file is cut to a size, or extended with zeros."""

    async def main(disk: Disk) -> tuple[bytes, bytes]:
        async with await disk.open("f", create=True) as file:
            await file.append(b"abcdef")
            await file.truncate(2)
            short = await file.read(0, 10)
            await file.truncate(4)
            assert file.size == 4
            return short, await file.read(0, 10)

    assert run(main) == (b"ab", b"ab\0\0")


def test_large_writes_are_whole(run: Run) -> None:
    """Three megabytes go in and come out in one piece."""
    data = bytes(range(256)) * 4096 * 3

    async def main(disk: Disk) -> bool:
        async with await disk.open("f", create=True) as file:
            await file.append(data)
            await file.sync()
            return await file.read(0, len(data)) == data

    assert run(main)


def test_a_closed_file_is_of_no_use(run: Run) -> None:
    """Whoever closes a file and uses it hears that it was they; closing twice is harmless."""

    async def main(disk: Disk) -> None:
        file = await disk.open("f", create=True)
        await file.close()
        await file.close()
        uses: list[Callable[[], Awaitable[object]]] = [
            lambda: file.append(b"x"),
            lambda: file.write(0, b"x"),
            lambda: file.read(0, 1),
            file.sync,
            lambda: file.truncate(0),
        ]
        for use in uses:
            with pytest.raises(ClosedResourceError, match="open it again"):
                await use()

    run(main)


def test_names_in_a_directory_are_sorted(run: Run) -> None:
    """A listing has the names of files and directories, and not their paths."""

    async def main(disk: Disk) -> tuple[tuple[str, ...], ...]:
        await disk.make_directory("d/e")
        for name in ("b", "a", "d/z", "d/y"):
            await write_file(disk, name)
        return await disk.list(), await disk.list("d"), await disk.list("d/e")

    assert run(main) == (("a", "b", "d"), ("e", "y", "z"), ())


def test_existence_can_be_asked(run: Run) -> None:
    """Files, directories and the root exist; what nobody made does not."""

    async def main(disk: Disk) -> list[bool]:
        await disk.make_directory("d")
        await write_file(disk, "d/f")
        return [await disk.exists(name) for name in ("d", "d/f", "", "x", "d/x", "x/y")]

    assert run(main) == [True, True, True, False, False, False]


def test_a_rename_replaces(run: Run) -> None:
    """The old name is gone, and the new one has the old one's content, also across directories."""

    async def main(disk: Disk) -> tuple[tuple[str, ...], bytes]:
        await disk.make_directory("d")
        await write_file(disk, "new", b"content")
        await write_file(disk, "d/old", b"old")
        await disk.rename("new", "d/old")
        await disk.rename("d/old", "d/old")
        await disk.sync_directory("d")
        async with await disk.open("d/old") as file:
            return await disk.list(), await file.read(0, 100)

    assert run(main) == (("d",), b"content")


def test_a_deleted_file_is_gone(run: Run) -> None:
    """It cannot be opened any more, but whoever has it open still can use it."""

    async def main(disk: Disk) -> bytes:
        file = await disk.open("f", create=True)
        await disk.delete("f")
        with pytest.raises(FileNotFoundError):
            await disk.open("f")
        await file.append(b"still here")
        data = await file.read(0, 100)
        await file.close()
        return data

    assert run(main) == b"still here"


def test_making_a_directory_twice_is_no_error(run: Run) -> None:
    """What is asked for is that it be there."""

    async def main(disk: Disk) -> None:
        await disk.make_directory("d/e")
        await disk.make_directory("d/e")
        await disk.make_directory("d")
        await disk.sync_directory("d")
        await disk.sync_directory()

    run(main)


FAILURES: dict[str, tuple[int, Callable[[Disk], Awaitable[object]]]] = {
    "open what is not there": (errno.ENOENT, lambda disk: disk.open("x")),
    "open in no directory": (errno.ENOENT, lambda disk: disk.open("x/y", create=True)),
    "create what is there": (errno.EEXIST, lambda disk: disk.open("f", create=True)),
    "create a directory's name": (errno.EEXIST, lambda disk: disk.open("d", create=True)),
    "open a directory": (errno.EISDIR, lambda disk: disk.open("d")),
    "create below a file": (errno.ENOTDIR, lambda disk: disk.open("f/x", create=True)),
    "list what is not there": (errno.ENOENT, lambda disk: disk.list("x")),
    "list a file": (errno.ENOTDIR, lambda disk: disk.list("f")),
    "make a directory of a file": (errno.EEXIST, lambda disk: disk.make_directory("f")),
    "make a directory below a file": (errno.ENOTDIR, lambda disk: disk.make_directory("f/x")),
    "rename what is not there": (errno.ENOENT, lambda disk: disk.rename("x", "y")),
    "rename a directory": (errno.EISDIR, lambda disk: disk.rename("d", "e")),
    "rename over a directory": (errno.EISDIR, lambda disk: disk.rename("f", "d")),
    "rename into no directory": (errno.ENOENT, lambda disk: disk.rename("f", "x/y")),
    "delete what is not there": (errno.ENOENT, lambda disk: disk.delete("x")),
    "delete a directory": (errno.EISDIR, lambda disk: disk.delete("d")),
    "sync no directory": (errno.ENOENT, lambda disk: disk.sync_directory("x")),
    "sync a file as a directory": (errno.ENOTDIR, lambda disk: disk.sync_directory("f")),
}


@pytest.mark.parametrize("what", FAILURES)
def test_a_failure_says_why(run: Run, what: str) -> None:
    """What cannot be done fails with the error number that POSIX has for it."""
    code, operation = FAILURES[what]

    async def main(disk: Disk) -> int | None:
        await write_file(disk, "f")
        await disk.make_directory("d")
        with pytest.raises(OSError, match=r"\[Errno") as caught:
            await operation(disk)
        return caught.value.errno

    assert run(main) == code


def test_nothing_leads_out_of_the_disk(run: Run) -> None:
    """Every operation refuses a path that is not below the root."""

    async def main(disk: Disk) -> None:
        uses: list[Callable[[], Awaitable[object]]] = [
            lambda: disk.open("../f"),
            lambda: disk.open("../f", create=True),
            lambda: disk.open(""),
            lambda: disk.list("/"),
            lambda: disk.exists("a/../.."),
            lambda: disk.make_directory("/tmp/x"),
            lambda: disk.rename("f", "../f"),
            lambda: disk.rename("../f", "f"),
            lambda: disk.delete("."),
            lambda: disk.sync_directory(".."),
        ]
        for use in uses:
            with pytest.raises(DiskPathError):
                await use()

    run(main)
