"""Segments' names and headers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.storage import segment
from kactors.storage.errors import WalCorruptError
from kactors.storage.record import Record
from kactors.storage.segment import (
    METADATA_BYTES_MAX,
    SegmentHeader,
    decode_header,
    parse_name,
    segment_name,
)

numbers = st.integers(1, (1 << 64) - 1)
headers = st.builds(
    SegmentHeader,
    sequence=numbers,
    first=numbers,
    previous=st.integers(0, (1 << 64) - 1),
    chain=st.integers(0, (1 << 32) - 1),
    metadata=st.binary(max_size=1500),
    carried=st.lists(
        st.builds(Record, st.integers(1, 252), st.binary(max_size=200)), max_size=4
    ).map(tuple),
)

HEADER = SegmentHeader(
    sequence=3,
    first=77,
    previous=4096,
    chain=0xDEADBEEF,
    metadata=b"m" * 30,
    carried=(Record(3, b"c"),),
)


@given(headers)
def test_a_header_is_read_as_it_was_written(header: SegmentHeader) -> None:
    """Decoding inverts encoding, and a header takes whole sectors."""
    data, seed = header.encode()

    assert decode_header("log/" + header.name, data + b"records") == (header, seed)
    assert len(data) == header.size
    assert header.size % 512 == 0


@given(numbers, numbers)
def test_names_say_sequence_and_number(sequence: int, first: int) -> None:
    """Names are parsed to what they were made of, and sort as the sequence does."""
    assert parse_name(segment_name(sequence, first)) == (sequence, first)
    assert segment_name(sequence - 1, (1 << 64) - 1) < segment_name(sequence, 1)


@pytest.mark.parametrize("name", ["", "1-1.wal", "x" * 33 + ".wal", segment_name(1, 1) + "x"])
def test_other_files_have_other_names(name: str) -> None:
    """What is not exactly a segment's name is none."""
    assert parse_name(name) is None


def test_any_flipped_bit_is_reported() -> None:
    """No bit of the header can change unnoticed, but for the zeros that fill its sector."""
    data, _ = HEADER.encode()
    used = len(data.rstrip(b"\0"))

    for bit in range(used * 8):
        damaged = bytearray(data)
        damaged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(WalCorruptError, match="is corrupt at offset"):
            decode_header(HEADER.name, bytes(damaged))


def test_any_cut_is_reported() -> None:
    """A header that is not whole is none."""
    data, _ = HEADER.encode()

    for size in range(len(data)):
        with pytest.raises(WalCorruptError):
            decode_header(HEADER.name, data[:size])


def test_a_header_under_another_name_is_reported() -> None:
    """A segment that was copied or renamed does not belong where it is."""
    data, _ = HEADER.encode()

    with pytest.raises(WalCorruptError, match="expected segment 4 from record 77, found 3, 77"):
        decode_header(segment_name(4, 77), data)


def test_a_header_of_another_version_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log that a later version has written is not guessed at."""
    monkeypatch.setattr(segment, "VERSION", 2)
    data, _ = HEADER.encode()
    monkeypatch.undo()

    with pytest.raises(WalCorruptError, match="expected version 1, found version 2"):
        decode_header(HEADER.name, data)


def test_an_error_says_what_is_lost() -> None:
    """It names the file, the place, and the first record that cannot be had."""
    with pytest.raises(WalCorruptError) as caught:
        decode_header("log/" + HEADER.name, b"something else" * 100)

    error = caught.value
    assert (error.file, error.offset, error.number) == ("log/" + HEADER.name, 0, 77)
    assert "restore this log from elsewhere" in str(error)


def test_metadata_is_bounded() -> None:
    """More than a mebibyte is refused when it is written."""
    header = SegmentHeader(
        sequence=1, first=1, previous=0, chain=0, metadata=bytes(METADATA_BYTES_MAX + 1)
    )

    with pytest.raises(ValueError, match="do not fit into a segment's header"):
        header.encode()
