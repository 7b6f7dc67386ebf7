"""Times as text and as nanoseconds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedTime
from kactors.api.times import format_micro_time, format_time, parse_time

YEAR_9999 = 253_402_300_799


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1970-01-01T00:00:00Z", 0),
        ("2006-01-02T15:04:05Z", 1_136_214_245),
        ("2006-01-02T15:04:05+07:00", 1_136_214_245 - 7 * 3600),
        ("2006-01-02T15:04:05-07:30", 1_136_214_245 + 7 * 3600 + 1800),
        ("1969-12-31T23:59:59Z", -1),
    ],
)
def test_parse(text: str, seconds: int) -> None:
    """Offsets are taken into account."""
    assert parse_time(text) == seconds * 10**9


def test_fractions() -> None:
    """Nanoseconds are read, and cut when written."""
    moment = parse_time("1970-01-01T00:00:01.123456789Z")
    assert moment == 1_123_456_789
    assert format_time(moment) == "1970-01-01T00:00:01Z"
    assert format_micro_time(moment) == "1970-01-01T00:00:01.123456Z"


@pytest.mark.parametrize(
    "text",
    ["", "now", "2006-01-02", "2006-13-02T15:04:05Z", "2006-01-02 15:04:05Z", "2006-01-02T15:04"],
)  # fmt: skip
def test_malformed(text: str) -> None:
    """What is no time is refused."""
    with pytest.raises(MalformedTime, match="RFC 3339"):
        parse_time(text)


@given(st.integers(0, YEAR_9999), st.integers(0, 999_999))
def test_round_trip(seconds: int, micros: int) -> None:
    """What is written is read as the same time."""
    moment = seconds * 10**9 + micros * 1000
    assert parse_time(format_micro_time(moment)) == moment
    assert parse_time(format_time(moment)) == seconds * 10**9
