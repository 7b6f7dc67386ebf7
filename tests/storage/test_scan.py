"""Reading frames, and telling torn tails from damage."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.storage.errors import WalCorruptError
from kactors.storage.record import CUT, END, MARK, TYPE_MAX, Framer, Record
from kactors.storage.scan import check_closed, judge_tail, scan
from kactors.storage.segment import SegmentHeader

HEADER = SegmentHeader(sequence=1, first=1, previous=0, chain=7, metadata=b"")
DATA, SEED = HEADER.encode()


class Segment:
    """A segment in the making, batch by batch."""

    def __init__(self) -> None:
        self.framer = Framer(SEED, HEADER.chain, HEADER.size, HEADER.size)
        self.data = bytearray(DATA)
        self.records: list[Record] = []

    def write(self, *sizes: int, synced: bool = True) -> int:
        """Write a batch; return where it begins."""
        begin = self.framer.end
        batch = [Record(1, bytes([len(self.records) + 1]) * size) for size in sizes]
        self.records += batch
        self.data += self.framer.frame(batch)
        if synced:
            self.framer.durable = self.framer.end
        return begin

    def judge(self) -> tuple[int, int]:
        """Return how many records can be read, and the size of the torn tail behind them."""
        data = bytes(self.data)
        found = scan(data, HEADER, SEED, len(data))
        assert found.records == self.records[: len(found.records)]
        return len(found.records), judge_tail("f", data, HEADER, found) - found.framer.end

    def blank(self, begin: int, end: int) -> None:
        """Turn bytes into zeros, as if they had never been written."""
        self.data[begin:end] = bytes(end - begin)


@given(
    st.lists(st.builds(Record, st.integers(1, TYPE_MAX), st.binary(max_size=600)), max_size=9),
    st.integers(0, 2000),
)
def test_what_was_framed_is_read(records: list[Record], zeros: int) -> None:
    """All records come back, whatever preallocated space is behind them."""
    framer = Framer(SEED, HEADER.chain, HEADER.size, HEADER.size)
    data = DATA + framer.frame(records) + bytes(zeros)

    found = scan(data, HEADER, SEED, len(data))

    assert found.records == records
    assert (found.framer.end, found.framer.chain) == (framer.end, framer.chain)
    assert found.records_end == framer.end
    assert judge_tail("f", data, HEADER, found) == framer.end


def test_the_logs_own_frames_are_no_records() -> None:
    """Marks and announcements are read and skipped; a note of a cut ends the log."""
    framer = Framer(SEED, HEADER.chain, HEADER.size, HEADER.size)
    own = [Record(1, b"a"), Record(MARK, b""), Record(1, b"b"), Record(END, b"")]
    data = DATA + framer.frame(own)
    end = framer.end
    framer.durable = end + 64
    data += framer.frame([Record(CUT, b"")]) + bytes(100)

    found = scan(data, HEADER, SEED, len(data))

    assert found.records == [Record(1, b"a"), Record(1, b"b")]
    assert (found.framer.end, found.last_type, found.cut_end) == (end, END, end + 64)
    assert judge_tail("f", data, HEADER, found) == end + 64


def test_a_lost_tail_is_torn() -> None:
    """Unsynced records of which nothing, or a later sector only, was written are cut."""
    segment = Segment()
    segment.write(100)
    lost = segment.write(400, 2000, synced=False)
    segment.blank(lost, lost + 1024)

    assert segment.judge() == (1, len(segment.data) - lost)


def test_a_tail_that_lacks_a_sector_is_torn() -> None:
    """A header without all of its payload's sectors was a torn write."""
    segment = Segment()
    begin = segment.write(2000, synced=False)
    segment.blank(1024, 1536)

    assert segment.judge() == (0, len(segment.data) - begin)


def test_a_file_that_ends_too_early_is_torn() -> None:
    """A frame, or even a header, that the end of the file cuts was not written to its end."""
    segment = Segment()
    segment.write(100)
    begin = segment.write(1000, synced=False)

    for size in range(len(segment.data) - 1, begin, -1):
        del segment.data[size:]
        if segment.data[begin:].strip(b"\0"):
            assert segment.judge() == (1, len(segment.data.rstrip(b"\0")) - begin)


def test_a_flipped_bit_is_never_a_torn_write() -> None:
    """In the last record too: every sector of it was written, so it was not torn."""
    segment = Segment()
    segment.write(30, 700)

    for bit in range(HEADER.size * 8, len(segment.data) * 8):
        segment.data[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WalCorruptError):
            segment.judge()
        segment.data[bit // 8] ^= 1 << bit % 8
    assert segment.judge() == (2, 0)


def test_a_frame_behind_the_damage_can_prove_it() -> None:
    """If a later frame says that the missing one had been synced, it was no torn write."""
    segment = Segment()
    lost = segment.write(1500)
    segment.write(50, synced=False)
    segment.blank(lost, lost + 1516)

    with pytest.raises(WalCorruptError, match="was synced before offset") as caught:
        segment.judge()
    assert (caught.value.offset, caught.value.number) == (lost, 1)


def test_without_a_proof_the_last_sync_is_in_doubt() -> None:
    """What one sync has covered, and nothing was written after, may vanish unnoticed."""
    segment = Segment()
    segment.write(50)
    lost = segment.write(1500, 50)
    segment.blank(lost, len(segment.data))

    assert segment.judge() == (1, 0)


def test_nothing_follows_an_unwritten_frame_in_its_sector() -> None:
    """A sector is written whole: zeros before data in it are damage."""
    segment = Segment()
    begin = segment.write(20, 20)
    segment.blank(begin, begin + 48)

    with pytest.raises(WalCorruptError, match="more follows in its sector"):
        segment.judge()


def test_a_stale_frame_in_the_right_place_is_noticed() -> None:
    """A frame whose place is right, but whose predecessor is another, does not belong."""
    segment, other = Segment(), Segment()
    segment.write(32)
    segment.write(32)
    other.records.append(Record(1, b""))  # so that its first record is another one
    other.write(32)

    segment.data[HEADER.size : HEADER.size + 48] = other.data[HEADER.size : HEADER.size + 48]

    data = bytes(segment.data)
    found = scan(data, HEADER, SEED, len(data))
    assert [record.payload[0] for record in found.records] == [2]
    with pytest.raises(WalCorruptError, match="which fails its CRC"):
        judge_tail("f", data, HEADER, found)


def test_a_closed_segment_leads_to_the_next() -> None:
    """Where the next segment says that it ends, with that check and that number."""
    segment = Segment()
    segment.write(100, 200)
    data = bytes(segment.data)
    framer = segment.framer
    found = scan(data, HEADER, SEED, framer.end)
    following = SegmentHeader(
        sequence=2, first=3, previous=framer.end, chain=framer.chain, metadata=b""
    )

    check_closed("f", data, HEADER, found, following)


@pytest.mark.parametrize(
    ("first", "further", "chain", "message"),
    [
        (3, 16, 0, "records up to offset"),
        (3, -16, 0, "records up to offset"),
        (4, 0, 0, "before record 4"),
        (3, 0, 1, "the end before record 3, CRC"),
    ],
)
def test_a_closed_segment_that_leads_elsewhere_is_damaged(
    first: int, further: int, chain: int, message: str
) -> None:
    """A segment that is too short, too long, or another one than was closed is reported."""
    segment = Segment()
    segment.write(100, 200)
    data = bytes(segment.data)
    framer = segment.framer
    end = framer.end + further
    found = scan(data, HEADER, SEED, min(end, len(data)))
    following = SegmentHeader(
        sequence=2, first=first, previous=end, chain=framer.chain ^ chain, metadata=b""
    )

    with pytest.raises(WalCorruptError, match=message):
        check_closed("f", data, HEADER, found, following)
