"""Tests of schedules in cron's language."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import format_time, parse_time
from kactors.controllers.cronjob.schedule import parse_schedule
from kactors.controllers.errors import MalformedSchedule


def after(schedule: str, time: str, zone: str = "") -> str | None:
    """Return the first run after a time."""
    found = parse_schedule(schedule, zone).next_after(parse_time(time))
    return None if found is None else format_time(found)


@pytest.mark.parametrize(
    ("schedule", "time", "expected"),
    [
        ("* * * * *", "2026-01-01T00:00:30Z", "2026-01-01T00:01:00Z"),
        ("*/15 * * * *", "2026-01-01T00:15:00Z", "2026-01-01T00:30:00Z"),
        ("5/20 * * * *", "2026-01-01T00:30:00Z", "2026-01-01T00:45:00Z"),
        ("30 4 * * MON-FRI", "2026-01-02T12:00:00Z", "2026-01-05T04:30:00Z"),
        ("0 0 13 * 5", "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"),
        ("0 0 13 * ?", "2026-01-01T00:00:00Z", "2026-01-13T00:00:00Z"),
        ("0 0 * * 7", "2026-01-01T00:00:00Z", "2026-01-04T00:00:00Z"),
        ("0 12 29 feb *", "2026-01-01T00:00:00Z", "2028-02-29T12:00:00Z"),
        ("0 0 30 2 *", "2026-01-01T00:00:00Z", None),
        ("0 0 31 1,12 *", "2026-02-01T00:00:00Z", "2026-12-31T00:00:00Z"),
        ("@hourly", "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z"),
        ("@yearly", "2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        ("@every 1h30m", "2026-01-01T00:00:10Z", "2026-01-01T01:30:10Z"),
    ],
)
def test_next(schedule: str, time: str, expected: str | None) -> None:
    """The next run is the first minute that all fields allow."""
    assert after(schedule, time) == expected


def test_time_zones() -> None:
    """An hour that a zone leaves out has no runs, and one that it repeats has them once."""
    berlin = "Europe/Berlin"
    assert after("30 2 * * *", "2026-03-28T02:00:00Z", berlin) == "2026-03-30T00:30:00Z"
    assert after("30 2 * * *", "2026-10-24T12:00:00Z", berlin) == "2026-10-25T00:30:00Z"
    assert after("30 2 * * *", "2026-10-25T00:30:00Z", berlin) == "2026-10-26T01:30:00Z"


@pytest.mark.parametrize(
    "text", ["", "* * * *", "60 * * * *", "* * 0 * *", "a * * * *", "5-1 * * * *", "*/0 * * * *",
             "@every 0s", "@every soon", "@sometimes", "* * * 13 *", "-1 * * * *"],
)  # fmt: skip
def test_what_is_no_schedule(text: str) -> None:
    """Nonsense is refused, with what was given."""
    with pytest.raises(MalformedSchedule, match="was given as a schedule"):
        parse_schedule(text)


def test_no_such_zone() -> None:
    """An unknown time zone is refused."""
    with pytest.raises(MalformedSchedule, match="no time zone"):
        parse_schedule("* * * * *", "Nowhere/At_All")


@given(
    minute=st.sets(st.integers(0, 59), min_size=1, max_size=3),
    hour=st.sets(st.integers(0, 23), min_size=1, max_size=3),
    weekday=st.sets(st.integers(0, 6), min_size=1, max_size=3),
    start=st.integers(0, 10**9),
)
def test_a_run_is_the_first_that_matches(
    minute: set[int], hour: set[int], weekday: set[int], start: int
) -> None:
    """A run matches every field, and no minute before it does."""
    fields = [",".join(map(str, sorted(each))) for each in (minute, hour, weekday)]
    schedule = parse_schedule(f"{fields[0]} {fields[1]} * * {fields[2]}")

    def matches(moment: datetime) -> bool:
        return (moment.minute in minute and moment.hour in hour
                and moment.isoweekday() % 7 in weekday)  # fmt: skip

    found = schedule.next_after(start * 10**9)
    assert found is not None
    moment = datetime.fromtimestamp(start - start % 60, UTC) + timedelta(minutes=1)
    while not matches(moment):
        moment += timedelta(minutes=1)
    assert moment.timestamp() * 10**9 == found
    assert schedule.last_until(start * 10**9, found) == found
    assert schedule.last_until(start * 10**9, found - 1) is None


def test_the_last_run() -> None:
    """Long after many runs the last of them is found."""
    minutely = parse_schedule("* * * * *")
    now = parse_time("2026-01-01T00:00:30Z")
    assert minutely.last_until(0, now) == now - 30 * 10**9
    yearly = parse_schedule("@yearly")
    assert yearly.last_until(0, now) == now - 30 * 10**9
