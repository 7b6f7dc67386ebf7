"""Schedules in cron's language.

Five fields (minute, hour, day of month, month, day of week), each a list of numbers, names, ranges
and steps; or one of the macros ``@hourly``, ``@daily``, ``@weekly``, ``@monthly``, ``@yearly``; or
``@every`` and a duration. If both days are restricted, one of them is enough. In a time zone that
skips an hour, runs within it are left out; in one that repeats an hour, they happen once.

Source: github.com/robfig/cron/v3 parser.go, spec.go, which upstream uses.
"""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

import attrs

from kactors.controllers.errors import MalformedSchedule

__all__ = ["Schedule", "parse_schedule"]

SECOND: Final = 10**9
MINUTE: Final = 60 * SECOND

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MACROS: Final = {
    "@yearly": "0 0 1 1 *",
    "@annually": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *",
    "@midnight": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_MONTHS: Final = (
    "jan",
    "feb",
    "mar",
    "apr",
    "may",
    "jun",
    "jul",
    "aug",
    "sep",
    "oct",
    "nov",
    "dec",
)
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)(h|m|s|ms|us|ns)", re.ASCII)
_UNITS: Final = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_HORIZON: Final = timedelta(days=5 * 366)
"""A schedule without a run in five years, such as 30 February, has none."""


@attrs.frozen
class Schedule:
    """When something runs; made by `parse_schedule`.

    Attributes:
        minutes, hours, days, months, weekdays: which of them; Sunday is 0.
        any_day: whether one of the two days is enough: both are restricted.
        every_s: seconds between runs, if that is all that matters; 0 otherwise.
    """

    minutes: frozenset[int] = frozenset()
    hours: frozenset[int] = frozenset()
    days: frozenset[int] = frozenset()
    months: frozenset[int] = frozenset()
    weekdays: frozenset[int] = frozenset()
    any_day: bool = False
    zone: tzinfo = UTC
    every_s: int = 0

    def next_after(self, time_ns: int) -> int | None:
        """Return the first run after a time, both in nanoseconds since 1970; ``None`` for none."""
        if self.every_s:
            return (time_ns // SECOND + self.every_s) * SECOND
        local = (_EPOCH + timedelta(seconds=time_ns // SECOND)).astimezone(self.zone)
        moment = local.replace(tzinfo=None, second=0, microsecond=0) + timedelta(minutes=1)
        end = moment + _HORIZON
        while moment < end:
            later = self._skip(moment)
            if later is not None:
                moment = later
                continue
            run = self._instant(moment)
            if run is not None and run > time_ns:
                return run
            moment += timedelta(minutes=1)
        return None

    def last_until(self, earliest_ns: int, time_ns: int) -> int | None:
        """Return the last run after ``earliest_ns`` that is not after ``time_ns``."""
        # Looks back further and further, so that a minutely schedule is not walked through for
        # years, nor a yearly one looked for minute by minute.
        for minutes in (60, 1440, 31 * 1440, 366 * 1440, 10 * 366 * 1440):
            start = max(earliest_ns, time_ns - minutes * MINUTE)
            found, run = None, self.next_after(start)
            while run is not None and run <= time_ns:
                found, run = run, self.next_after(run)
            if found is not None or start == earliest_ns:
                return found
        return None

    def _skip(self, moment: datetime) -> datetime | None:
        """Return the next moment that may be a run; ``None`` if this one is."""
        if moment.month not in self.months:
            first = moment.replace(day=1, hour=0, minute=0)
            return (first + timedelta(days=32)).replace(day=1)
        if not self._is_day(moment):
            return moment.replace(hour=0, minute=0) + timedelta(days=1)
        if moment.hour not in self.hours:
            return moment.replace(minute=0) + timedelta(hours=1)
        if moment.minute not in self.minutes:
            return moment + timedelta(minutes=1)
        return None

    def _is_day(self, moment: datetime) -> bool:
        day = moment.day in self.days
        weekday = moment.isoweekday() % 7 in self.weekdays
        return day or weekday if self.any_day else day and weekday

    def _instant(self, moment: datetime) -> int | None:
        """Return when the zone's clocks show this first; ``None`` if they never do."""
        aware = moment.replace(tzinfo=self.zone)
        back = aware.astimezone(UTC).astimezone(self.zone).replace(tzinfo=None)
        if back != moment:
            return None
        since = aware - _EPOCH
        return (since.days * 86_400 + since.seconds) * SECOND


@lru_cache(maxsize=1024)
def parse_schedule(text: str, time_zone: str = "") -> Schedule:
    """Return the schedule that ``text`` says.

    Args:
        text: see the module.
        time_zone: such as ``Europe/Berlin``; UTC unless given.

    Raises:
        MalformedSchedule: it says none, or there is no such zone.
    """
    try:
        zone: tzinfo = ZoneInfo(time_zone) if time_zone else UTC
    except (ValueError, OSError, KeyError) as problem:
        raise MalformedSchedule(text, f"there is no time zone {time_zone!r}") from problem
    if text.startswith("@every "):
        seconds = _duration(text, text[len("@every ") :].strip())
        return Schedule(zone=zone, every_s=seconds)
    fields = _MACROS.get(text, text).split()
    if len(fields) != 5:
        raise MalformedSchedule(text, f"it has {len(fields)} fields")
    minutes = _field(text, fields[0], 0, 59)
    hours = _field(text, fields[1], 0, 23)
    days = _field(text, fields[2], 1, 31)
    months = _field(text, fields[3], 1, 12, _MONTHS)
    weekdays = frozenset(day % 7 for day in _field(text, fields[4], 0, 7, _DAYS))
    starred = any(each[0] in "*?" for each in (fields[2], fields[4]))
    return Schedule(minutes, hours, days, months, weekdays, not starred, zone)


def _duration(text: str, duration: str) -> int:
    parts = _DURATION.findall(duration)
    seconds = sum(float(number) * _UNITS[unit] for number, unit in parts)
    if "".join(number + unit for number, unit in parts) != duration or seconds <= 0:
        raise MalformedSchedule(text, f"{duration!r} is no duration such as 1h30m")
    return max(1, int(seconds))


def _field(
    text: str, field: str, first: int, last: int, names: tuple[str, ...] = ()
) -> frozenset[int]:
    found: list[int] = []
    for part in field.split(","):
        span, slash, step = part.partition("/")
        low, dash, high = span.partition("-")
        if span in {"*", "?"}:
            start, end = first, last if names != _DAYS else 6
        else:
            start = _number(text, low, first, last, names)
            end = _number(text, high, first, last, names) if dash else start
            if slash and not dash:
                end = last
        if slash and (not step.isdigit() or not int(step)):
            raise MalformedSchedule(text, f"{step!r} is no step")
        if start > end:
            raise MalformedSchedule(text, f"{span!r} goes backwards")
        found.extend(range(start, end + 1, int(step) if slash else 1))
    return frozenset(found)


def _number(text: str, word: str, first: int, last: int, names: tuple[str, ...]) -> int:
    if word.lower() in names:
        return names.index(word.lower()) + first
    if word.isascii() and word.isdigit() and first <= int(word) <= last:
        return int(word)
    raise MalformedSchedule(text, f"{word!r} is not from {first} to {last}")
