"""No crash and no fault, at any step and with any outcome, loses what was acknowledged.

What is tried is in `tests.storage.crash_harness`. The second half plants bugs in the log, to
show that the search would find them.
"""

from collections.abc import Callable, Iterable, Iterator

import pytest

from kactors.runtime.disk import File
from kactors.storage import log_end, scan
from kactors.storage.log_end import LogEnd
from kactors.storage.operation import Operation
from kactors.storage.path import join
from kactors.storage.record import HEADER_BYTES, Framer, read_header
from kactors.storage.recovery import Found
from kactors.storage.sim_disk import SimDisk, SimFile
from kactors.storage.wal import Wal
from tests.storage.crash_harness import (
    LOUD,
    SILENT,
    Mishap,
    Situation,
    crashed,
    examine,
    operations_of_recovery,
    operations_of_story,
    stopped_recoveries,
    stopped_stories,
)
from tests.storage.crash_story import (
    AHEAD,
    FILLED,
    GROWING,
    LOG,
    THROUGH,
    Space,
    Violation,
)


def mishaps(operations: list[Operation], meets: dict[str, set[Operation]]) -> Iterator[Mishap]:
    """Yield every fault at every operation that can meet it."""
    for at, operation in enumerate(operations):
        for kind, kinds_of_operation in meets.items():
            if operation in kinds_of_operation:
                yield Mishap(kind, at)


def after_the_story(*, space: Space) -> Iterator[Situation]:
    """Yield what a stop anywhere in the story, or a fault that is noticed, can lead to."""
    operations = operations_of_story(space=space)
    return crashed(
        stopped
        for mishap in (None, *mishaps(operations, LOUD))
        for stopped in stopped_stories(mishap, space=space)
    )


def after_a_recovery(situations: Iterable[Situation]) -> Iterator[Situation]:
    """Yield what the same, anywhere in the recovery from these, can lead to."""
    return crashed(
        stopped
        for situation in situations
        for mishap in (None, *mishaps(operations_of_recovery(situation), LOUD))
        for stopped in stopped_recoveries(situation, mishap)
    )


def after_a_lie(kind: str, *, space: Space) -> Iterator[Situation]:
    """Yield what a fault that nobody notices can lead to, and a stop anywhere after it."""
    operations = operations_of_story(space=space)
    return crashed(
        stopped
        for mishap in mishaps(operations, {kind: SILENT[kind]})
        for stopped in stopped_stories(mishap, space=space)
    )


@pytest.mark.parametrize("space", [GROWING, FILLED, AHEAD, THROUGH])
def test_the_story_survives_any_mishap(space: Space) -> None:
    """A stop, an EIO or a full disk at any step, then a crash: nothing acknowledged is lost."""
    reports = [examine(situation) for situation in after_the_story(space=space)]

    assert len(reports) > 250, f"only {len(reports)} situations were found"
    assert not any(reports)


@pytest.mark.parametrize("space", [GROWING, FILLED, AHEAD])
def test_the_recovery_survives_any_mishap(space: Space) -> None:
    """Another mishap and another crash at any step of the recovery change nothing of that."""
    situations = after_a_recovery(after_the_story(space=space))

    reports = [examine(situation) for situation in situations]

    assert len(reports) > 1000, f"only {len(reports)} situations were found"
    assert not any(reports)


@pytest.mark.parametrize("space", [GROWING, FILLED, AHEAD])
@pytest.mark.parametrize("kind", sorted(SILENT))
def test_a_lying_disk_is_found_out(kind: str, space: Space) -> None:
    """What a lost or misdirected write destroys is reported, but for the very last sync's."""
    reports = [examine(situation) for situation in after_a_lie(kind, space=space)]

    assert len(reports) > 1500, f"only {len(reports)} situations were found"
    assert sum(map(bool, reports)) > len(reports) // 2


# Planted bugs. Each replaces a part of the log by one that looks right.


async def acknowledge_without_sync(end: LogEnd) -> None:
    """Say that everything is durable; nothing is."""
    end.durable = end.written
    end._framer.durable = end._framer.end


def write_through_without_sync(file: SimFile, offset: int, data: bytes) -> None:
    """Write, and leave it to the system when that becomes durable."""
    file._put(offset, data)


async def retry_after_a_failed_sync(end: LogEnd) -> None:
    """Sync again if it failed: the second time it works, and does nothing."""
    if end.durable < end.written:
        try:
            await end._file.sync()
        except OSError:
            await end._file.sync()
        await acknowledge_without_sync(end)


async def leave_the_debris(file: File, found: Found) -> None:
    """Write again what is doubtful, but do not overwrite what is behind it."""
    framer = found.tail.framer
    await file.write(framer.durable, found.tail_data[framer.durable : framer.end])
    await file.sync()


async def trust_the_page_cache(file: File, found: Found) -> None:
    """Believe that what can be read is durable, or will be after a sync."""
    blank = bytes(found.debris_end - found.tail.framer.end)
    await file.write(found.tail.framer.end, blank)
    await file.sync()


async def cut_without_a_note(file: File, found: Found) -> None:
    """Overwrite the debris at once, so that the page cache hides it if the sync fails."""
    framer = found.tail.framer
    await file.write(
        framer.durable,
        found.tail_data[framer.durable : framer.end] + bytes(found.debris_end - framer.end),
    )
    await file.sync()


async def release_at_once(wal: Wal, number: int) -> None:
    """Delete several segments, then sync the directory once."""
    segments = wal._end.segments
    while len(segments) > 1 and segments[1].first <= number:
        await wal._disk.delete(join(LOG, segments.pop(0).name))
    await wal._disk.sync_directory(LOG)


async def sync_no_directory(disk: SimDisk, name: str = "") -> None:
    """Leave it to the file system when names become durable."""


def sync_all_but(suffix: str) -> Callable[[SimFile], object]:
    """Return a sync that leaves files with this suffix to the file system."""
    sync = SimFile.sync

    async def sync_some(file: SimFile) -> None:
        if not file.name.endswith(suffix):
            await sync(file)

    return sync_some


def frames_unchecked(
    data: bytes, offset: int, upto: int, seed: int, chain: int
) -> Iterator[tuple[int, bytes, int, int, int]]:
    """Yield frames whose headers are valid, whatever follows these."""
    del chain
    while offset + HEADER_BYTES <= upto:
        frame = read_header(data, offset, seed)
        if frame is None or frame.end > upto:
            return
        begin = offset + HEADER_BYTES
        payload = data[begin : begin + frame.size]
        yield frame.type, payload, frame.end, frame.check, frame.durable
        offset = frame.end


def without_proof(framer: Framer, records: Iterable[tuple[int, bytes]]) -> bytes:
    """Frame records, but do not say how much is durable."""
    durable, framer.durable = framer.durable, 0
    data = frame(framer, records)
    framer.durable = durable
    return data


frame = Framer.frame


PLANTED = {
    "ack before sync": (LogEnd, "sync", acknowledge_without_sync),
    "a write goes through to the cache": (SimFile, "write_through", write_through_without_sync),
    "a failed sync is retried": (LogEnd, "sync", retry_after_a_failed_sync),
    "no directory is synced": (SimDisk, "sync_directory", sync_no_directory),
    "a segment is named before it is synced": (SimFile, "sync", sync_all_but(".tmp")),
    "a snapshot is named before it is synced": (SimFile, "sync", sync_all_but(".part")),
    "no payload is checked": (scan, "read_frames", frames_unchecked),
    "debris is left behind the log": (log_end, "_mend_tail", leave_the_debris),
    "the page cache is trusted": (log_end, "_mend_tail", trust_the_page_cache),
    "a tail is cut without a note": (log_end, "_mend_tail", cut_without_a_note),
    "segments are released at once": (Wal, "release", release_at_once),
    "no frame proves what is durable": (Framer, "frame", without_proof),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_bug_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same search that the log survives finds each of these bugs."""
    monkeypatch.setattr(*PLANTED[name])

    def search() -> None:
        for situation in after_the_story(space=FILLED):
            examine(situation)
        for situation in after_a_lie("lost_write", space=GROWING):
            examine(situation)
        for situation in after_the_story(space=THROUGH):
            examine(situation)
        for situation in after_a_recovery(after_the_story(space=GROWING)):
            examine(situation)

    with pytest.raises(Violation):
        search()
