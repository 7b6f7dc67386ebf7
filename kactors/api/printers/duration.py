"""How long something has lasted, in few letters.

Source: kubernetes apimachinery pkg/util/duration/duration.go, ``HumanDuration``.
"""

from kactors.api.times import parse_time

__all__ = ["UNKNOWN", "human_duration", "since"]

UNKNOWN = "<unknown>"

_SECOND = 10**9
_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 365 * 86_400


def human_duration(duration_ns: int) -> str:
    """Return a duration as ``90s``, ``3m20s``, ``7h5m``, ``5d2h``, ``3y40d``.

    Example:
        >>> human_duration(200 * 10**9)
        '3m20s'
    """
    # Towards zero, as Go converts.
    seconds = duration_ns // _SECOND if duration_ns >= 0 else -(-duration_ns // _SECOND)
    if seconds < -1:
        return "<invalid>"
    if seconds < 0:
        return "0s"
    for below, unit, letter, part, small in _STEPS:
        if seconds < below:
            whole, rest = divmod(seconds, unit)
            rest //= part
            return f"{whole}{letter}{rest}{small}" if small and rest else f"{whole}{letter}"
    return f"{seconds // _YEAR}y"


#: Below so many seconds: the unit and its letter, and the smaller unit that follows, if one does.
_STEPS: tuple[tuple[int, int, str, int, str], ...] = (
    (2 * _MINUTE, 1, "s", 1, ""),
    (10 * _MINUTE, _MINUTE, "m", 1, "s"),
    (3 * _HOUR, _MINUTE, "m", 1, ""),
    (8 * _HOUR, _HOUR, "h", _MINUTE, "m"),
    (2 * _DAY, _HOUR, "h", 1, ""),
    (8 * _DAY, _DAY, "d", _HOUR, "h"),
    (2 * _YEAR, _DAY, "d", 1, ""),
    (8 * _YEAR, _YEAR, "y", _DAY, "d"),
)


def since(time: str | None, now_ns: int) -> str:
    """Return how long ago a time of an object was; `UNKNOWN` if it does not say."""
    return UNKNOWN if not time else human_duration(now_ns - parse_time(time))
