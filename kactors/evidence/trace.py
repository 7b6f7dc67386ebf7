"""The structured trace: who did what, when by true time and when by their own clock.

Whoever has something to tell holds ``recorder: Recorder | None`` and asks
``if recorder is not None`` first, so that a run without a trace pays for nothing.
"""

import json
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import IntEnum
from typing import Any, NamedTuple, Protocol, TextIO

from kactors.evidence.errors import TraceFormatError, WindowError

Value = str | int | float | bool | None
"""What a field of a record may hold."""


class Level(IntEnum):
    """How much a record matters."""

    DETAIL = 10
    """Single messages and steps."""

    EVENT = 20
    """What changes the state of an actor or a host."""

    FAULT = 30
    """What was done to the world on purpose."""


class Record(NamedTuple):
    """One thing that happened.

    Attributes:
        sequence: counts the records of a run, those not kept included.
        true_ns: true time.
        local_ns: the host's monotonic clock.
        host: where; empty for what was done to the world.
        incarnation: which life of the host.
        actor: who on that host; empty for the host itself.
        what: a short name, such as ``deliver``, ``crash``, ``elected``.
        level: a `Level`.
        fields: the rest.
    """

    sequence: int
    true_ns: int
    local_ns: int
    host: str
    incarnation: int
    actor: str
    what: str
    level: int
    fields: Mapping[str, Value]


class ReadableClock(Protocol):
    """What of a clock a recorder reads."""

    def monotonic_ns(self) -> int:
        """Return the clock's time."""
        ...


class Observed(Protocol):
    """What of a host a recorder writes down."""

    @property
    def name(self) -> str:
        """Unique in its world."""
        ...

    @property
    def incarnation(self) -> int:
        """Counts its lives."""
        ...

    @property
    def clock(self) -> ReadableClock:
        """Its view of time."""
        ...


class Recorder:
    """Keeps records in memory, all of them or the latest.

    Args:
        now_ns: reads true time.
        capacity: how many records to keep at most; older ones are forgotten and counted.
        level: the least level to keep.
        kinds: keep only records of these names; of all names if nothing is given.

    Raises:
        WindowError: ``capacity`` is not positive.
    """

    def __init__(
        self,
        now_ns: Callable[[], int],
        *,
        capacity: int | None = None,
        level: int = Level.DETAIL,
        kinds: Iterable[str] | None = None,
    ) -> None:
        if capacity is not None and capacity < 1:
            raise WindowError(f"a trace of {capacity} records: keep at least 1, or trace nothing")
        self.records: deque[Record] = deque(maxlen=capacity)
        self.forgotten = 0
        self._now_ns = now_ns
        self._capacity = capacity
        self._level = level
        self._kinds = None if kinds is None else frozenset(kinds)
        self._sequence = 0

    def wants(self, what: str, level: int = Level.EVENT) -> bool:
        """Tell whether a record of this name and level would be kept."""
        return level >= self._level and (self._kinds is None or what in self._kinds)

    def record(
        self, host: Observed, actor: str, what: str, level: int = Level.EVENT, **fields: Value
    ) -> None:
        """Note that ``actor`` on ``host`` did ``what``, now."""
        local_ns = host.clock.monotonic_ns()
        self._note(local_ns, host.name, host.incarnation, actor, what, level, fields)

    def record_world(self, what: str, level: int = Level.EVENT, **fields: Value) -> None:
        """Note something that no single host did: its host is empty, its local time the true."""
        self._note(self._now_ns(), "", 0, "", what, level, fields)

    def _note(
        self,
        local_ns: int,
        host: str,
        incarnation: int,
        actor: str,
        what: str,
        level: int,
        fields: Mapping[str, Value],
    ) -> None:
        self._sequence = sequence = self._sequence + 1
        if not self.wants(what, level):
            return
        if len(self.records) == self._capacity:
            self.forgotten += 1
        self.records.append(
            Record(
                sequence, self._now_ns(), local_ns, host, incarnation, actor, what, level, fields
            )
        )


def write_lines(records: Iterable[Record], file: TextIO) -> None:
    """Write one JSON object per line."""
    for record in records:
        file.write(json.dumps(record._asdict(), separators=(",", ":")))
        file.write("\n")


def read_lines(file: Iterable[str]) -> Iterator[Record]:
    """Read what `write_lines` wrote, line by line.

    Raises:
        TraceFormatError: a line is not a record; the message says which and why.
    """
    for number, line in enumerate(file, start=1):
        if line.strip():
            yield _parse(number, line)


_TYPES: Mapping[str, type] = {
    "sequence": int,
    "true_ns": int,
    "local_ns": int,
    "host": str,
    "incarnation": int,
    "actor": str,
    "what": str,
    "level": int,
    "fields": dict,
}


def _parse(number: int, line: str) -> Record:
    try:
        found: Any = json.loads(line)
    except ValueError as exc:
        raise TraceFormatError(
            f"line {number} is not JSON ({exc}): give a trace written by `write_lines`"
        ) from exc
    if not isinstance(found, dict) or set(found) != set(_TYPES):
        raise TraceFormatError(
            f"line {number} is not a record: it needs exactly the fields {', '.join(_TYPES)}"
        )
    for name, kind in _TYPES.items():
        if type(found[name]) is not kind:
            raise TraceFormatError(
                f"line {number}: {name} is {found[name]!r}: it needs to be of type {kind.__name__}"
            )
    for name, value in found["fields"].items():
        if value is not None and not isinstance(value, (str, int, float)):
            raise TraceFormatError(
                f"line {number}: the field {name!r} is {value!r}: give a text, a number, a truth "
                "value or null"
            )
    return Record(**found)
