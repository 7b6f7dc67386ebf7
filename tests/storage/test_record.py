"""How records are framed."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.storage.record import (
    HEADER_BYTES,
    TYPE_MAX,
    UNIT_BYTES,
    Framer,
    Record,
    framed_bytes,
    read_header,
)

records = st.lists(
    st.builds(Record, st.integers(1, TYPE_MAX), st.binary(max_size=70)), min_size=1, max_size=8
)
seeds = st.integers(0, 0xFFFFFFFF)


@given(records, seeds, seeds)
def test_frames_follow_each_other(written: list[Record], seed: int, chain: int) -> None:
    """Each header leads to the next frame, which begins at a multiple of 16."""
    framer = Framer(seed, chain, 512, 512)
    data = bytes(512) + framer.frame(written)

    offset, read = 512, []
    while offset < len(data):
        header = read_header(data, offset, seed)
        assert header is not None
        begin = offset + HEADER_BYTES
        read.append(Record(header.type, data[begin : begin + header.size]))
        assert header.end % UNIT_BYTES == 0
        assert header.end - offset == framed_bytes(header.size)
        offset = header.end

    assert read == written
    assert (framer.end, framer.durable) == (len(data), 512)


@given(records, seeds, st.integers(0, 127))
def test_a_header_does_not_survive_a_flipped_bit(
    written: list[Record], seed: int, bit: int
) -> None:
    """Any one bit of the sixteen bytes makes it invalid."""
    data = bytearray(Framer(seed, 0, 0, 0).frame(written))

    data[bit // 8] ^= 1 << bit % 8

    assert read_header(bytes(data), 0, seed) is None


@given(records, seeds, st.integers(1, 100))
def test_a_header_is_not_taken_for_one_elsewhere(
    written: list[Record], seed: int, units: int
) -> None:
    """In another place, or in another segment, a header is invalid."""
    data = Framer(seed, 0, 0, 0).frame(written)
    moved = bytes(units * UNIT_BYTES) + data

    assert read_header(moved, units * UNIT_BYTES, seed) is None
    assert read_header(data, 0, seed ^ 1) is None


def test_zeros_are_no_header() -> None:
    """Preallocated space is told from a record whatever the seed."""
    assert not any(read_header(bytes(16), 0, seed) for seed in range(100))


def test_framing_says_what_was_durable() -> None:
    """The header proves how much of the segment had been synced when it was written."""
    framer = Framer(1, 2, 512, 512)
    first = framer.frame([Record(1, b"synced")])
    framer.durable = framer.end
    second = framer.frame([Record(1, b"next")])
    data = bytes(512) + first + second

    headers = [read_header(data, offset, 1) for offset in (512, 512 + len(first))]

    assert [header and header.durable for header in headers] == [512, 512 + len(first)]
