"""Times in objects: RFC 3339 in UTC, from and to integer nanoseconds since 1970.

Source: kubernetes apimachinery pkg/apis/meta/v1/time.go, micro_time.go.
"""

import re
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from kactors.api.errors import MalformedTime

__all__ = ["format_micro_time", "format_time", "parse_time"]

_SECOND = 10**9
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TEXT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,18}))?(?:Z|([+-])(\d\d):(\d\d))", re.ASCII
)


@lru_cache(maxsize=4096)
def _seconds_text(seconds: int) -> str:
    return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")


def format_time(time_ns: int) -> str:
    """Return a ``Time``, cut to whole seconds: ``2006-01-02T15:04:05Z``."""
    return _seconds_text(time_ns // _SECOND) + "Z"


def format_micro_time(time_ns: int) -> str:
    """Return a ``MicroTime``, cut to microseconds: ``2006-01-02T15:04:05.000000Z``."""
    seconds, rest = divmod(time_ns, _SECOND)
    return f"{_seconds_text(seconds)}.{rest // 1000:06d}Z"


@lru_cache(maxsize=16384)
def parse_time(text: str) -> int:
    """Return the nanoseconds since 1970 that a ``Time`` or a ``MicroTime`` says.

    Raises:
        MalformedTime: it says none.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise MalformedTime(text)
    moment, fraction, sign, hours, minutes = match.groups()
    try:
        since = datetime.fromisoformat(f"{moment}+00:00") - _EPOCH
    except ValueError:
        raise MalformedTime(text) from None
    seconds = since.days * 86_400 + since.seconds
    if sign:
        ahead = (int(hours) * 60 + int(minutes)) * 60
        seconds += -ahead if sign == "+" else ahead
    nanos = int((fraction or "0").ljust(9, "0")[:9])
    return seconds * _SECOND + nanos
