"""What a member writes to its log, and how the log is read back.

The records of a log, in order, say: what the member must never forget (`HARD_STATE`), entries,
which replace everything from their first index on (`ENTRIES`), up to where entries are gone because
a snapshot covers them (`POSITION`), and that the member has started once more (`BOOT`). Of all but
the entries only the latest counts, and the log carries that from segment to segment. Whose log it
is, and with what it began, is in its metadata: a `LogHead`.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

import attrs

from kactors.etcd.client_errors import MemberFailed
from kactors.raft.configuration import Configuration
from kactors.raft.messages import Entry
from kactors.raft.ready import HardState
from kactors.storage.record import Record
from kactors.storage.recovery import Recovery
from kactors.wire import decode, encode, evolve, message

T = TypeVar("T")

HARD_STATE: Final = 1
ENTRIES: Final = 2
POSITION: Final = 3
BOOT: Final = 4
#: Of these only the latest record counts.
CARRIED: Final = (HARD_STATE, POSITION, BOOT)


@message("etcd.log.position")
class Position:
    """Entries up to ``index``, the last of which has ``term``, are not in the log any more.

    Attributes:
        replaces: a leader's snapshot took the place of all entries, also of later ones.
    """

    index: int
    term: int
    replaces: bool = False


@message("etcd.log.head")
class LogHead:
    """What a log begins with, or what it says at the end.

    Attributes:
        cluster_id: of the cluster.
        member_id: whose log it is.
        boot: counts the member's starts, from a number that was drawn if its disk was lost.
        hard_state: see `HardState`.
        start: up to where entries are gone.
    """

    cluster_id: int
    member_id: int
    boot: int
    hard_state: HardState
    start: Position


@message("etcd.log.entries")
class EntryBatch:
    """Entries that were appended together."""

    entries: tuple[Entry, ...]


@message("etcd.log.boot")
class Boot:
    """The member has started for the ``number``-th time."""

    number: int


@message("etcd.snapshot_file")
class SnapshotAt:
    """The metadata of a snapshot's file; size and checksum are computed when it is read."""

    index: int
    term: int
    configuration: Configuration


@attrs.frozen
class Replayed:
    """What a log holds.

    Attributes:
        head: as it is after the last record.
        entries: what is there after ``head.start``.
        numbers: ``(index, record)``: which record holds the entries from that index on.
    """

    head: LogHead
    entries: list[Entry]
    numbers: list[tuple[int, int]]


def replay(recovery: Recovery) -> Replayed:
    """Read what a log holds.

    Raises:
        MemberFailed: records are missing, or are another program's.
    """
    head = _decoded(recovery.metadata, LogHead)
    entries: list[Entry] = []
    numbers: list[tuple[int, int]] = []
    for kind, payload in recovery.carried:
        head = _take_in(head, kind, payload)
    for number, (kind, payload) in enumerate(recovery.records, recovery.first_number):
        if kind == ENTRIES:
            batch = _decoded(payload, EntryBatch).entries
            _extend(entries, batch)
            forget_after(numbers, batch[0].index)
            numbers.append((batch[0].index, number))
            continue
        head = _take_in(head, kind, payload)
        if kind == POSITION and head.start.replaces:
            entries.clear()
            numbers.clear()
    gone = head.start.index
    entries = [entry for entry in entries if entry.index > gone]
    if entries and entries[0].index != gone + 1:
        raise MemberFailed(
            f"the log begins with entry {entries[0].index}, but entry {gone + 1} must be there: "
            "empty this member's disk and add it anew"
        )
    return Replayed(head, entries, numbers)


def _take_in(head: LogHead, kind: int, payload: bytes) -> LogHead:
    match decode(payload):
        case HardState() as hard_state if kind == HARD_STATE:
            return evolve(head, hard_state=hard_state)
        case Position() as position if kind == POSITION:
            return evolve(head, start=position)
        case Boot() as boot if kind == BOOT:
            return evolve(head, boot=boot.number)
        case other:
            raise MemberFailed(
                f"the log has a {type(other).__name__} as a record of type {kind}: is it another "
                "program's?"
            )


def forget_after(numbers: list[tuple[int, int]], index: int) -> None:
    """Drop what is noted of entries that are replaced from ``index`` on."""
    while numbers and numbers[-1][0] >= index:
        numbers.pop()


def entry_records(entries: Sequence[Entry], bytes_max: int) -> list[tuple[int, Record]]:
    """Pack entries into records; return each with its first index.

    Args:
        entries: at least one.
        bytes_max: of data in one record; one entry may have more.
    """
    records: list[tuple[int, Record]] = []
    begin = size = 0
    for place, entry in enumerate(entries):
        if size and size + len(entry.data) > bytes_max:
            records.append(_packed(entries[begin:place]))
            begin, size = place, 0
        size += len(entry.data)
    records.append(_packed(entries[begin:]))
    return records


def _packed(entries: Sequence[Entry]) -> tuple[int, Record]:
    return entries[0].index, Record(ENTRIES, encode(EntryBatch(tuple(entries))))


def _extend(entries: list[Entry], batch: Sequence[Entry]) -> None:
    first = batch[0].index
    if entries and first <= entries[0].index:
        entries.clear()
    if entries:
        missing = first - entries[-1].index - 1
        if missing > 0:
            raise MemberFailed(
                f"the log goes on with entry {first} after entry {entries[-1].index}: empty this "
                "member's disk and add it anew"
            )
        del entries[first - entries[0].index :]
    entries.extend(batch)


def _decoded(payload: bytes, kind: type[T]) -> T:
    found = decode(payload)
    if not isinstance(found, kind):
        raise MemberFailed(
            f"the log holds a {type(found).__name__} where a {kind.__name__} should be: is it "
            "another program's?"
        )
    return found
