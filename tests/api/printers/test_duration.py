"""How long something has lasted, in few letters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.printers.duration import human_duration, since
from kactors.api.times import format_time

SECOND = 10**9
MINUTE, HOUR, DAY, YEAR = 60, 3600, 86_400, 365 * 86_400


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (-5, "<invalid>"), (0, "0s"), (119, "119s"), (120, "2m"), (200, "3m20s"),
        (599, "9m59s"), (600, "10m"), (179 * MINUTE, "179m"), (3 * HOUR, "3h"),
        (7 * HOUR + 5 * MINUTE, "7h5m"), (8 * HOUR, "8h"), (47 * HOUR, "47h"), (2 * DAY, "2d"),
        (5 * DAY + 2 * HOUR, "5d2h"), (8 * DAY + HOUR, "8d"), (729 * DAY, "729d"), (2 * YEAR, "2y"),
        (3 * YEAR + 40 * DAY, "3y40d"), (9 * YEAR + DAY, "9y"),
    ],
)  # fmt: skip
def test_as_upstream_s_table(seconds: int, text: str) -> None:
    """Each range has its units."""
    assert human_duration(seconds * SECOND) == text


def test_clocks_that_differ_a_little() -> None:
    """Less than a second of the future is now."""
    assert human_duration(-SECOND) == "0s"
    assert human_duration(-SECOND // 2) == "0s"


@given(st.integers(0, 10**12))
def test_never_long(seconds: int) -> None:
    """A column stays narrow, as far as years can be counted in a few digits."""
    assert len(human_duration(seconds * SECOND)) <= 8


def test_since() -> None:
    """A time that is not there is not known."""
    now = 1_000_000_000 * SECOND
    assert since(format_time(now - 90 * SECOND), now) == "90s"
    assert since(None, now) == "<unknown>"
