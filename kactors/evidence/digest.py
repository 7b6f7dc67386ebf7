"""The rolling digest of a run: equal digests mean equal runs.

Every delivered message is one event: when, the how-manieth, from whom, to whom, what. A
checkpoint every few thousand events narrows a difference down to one interval, which a
second run can then keep and compare event by event: see `kactors.evidence.compare`.
"""

import hashlib
import struct
from typing import NamedTuple

import attrs

from kactors.evidence.errors import WindowError

Name = tuple[str, str]
"""Who sends or receives: a host and a name on it."""

_HEADER = struct.Struct(">qQIII")
_BATCH = 512
_SIZE = 16


class Event(NamedTuple):
    """One delivery, as the digest saw it.

    Attributes:
        time_ns: true time.
        sequence: counts the deliveries of the run.
        source: host and name of the sender.
        target: host and name of the receiver.
        payload: the bytes that were delivered.
    """

    time_ns: int
    sequence: int
    source: Name
    target: Name
    payload: bytes


@attrs.frozen
class Checkpoint:
    """The digest after so many events."""

    events: int
    digest: str


class Digest:
    """A digest over every event so far; about half a microsecond for each.

    Args:
        every: events between two checkpoints.
        keep: keep the events numbered from ``keep[0]`` up to but not including
            ``keep[1]``, counted from 0, to be compared with those of another run.

    Raises:
        WindowError: ``every`` is not positive, or ``keep`` ends before it begins.
    """

    __slots__ = (
        "_checkpoints",
        "_events",
        "_every",
        "_hash",
        "_keep",
        "_names",
        "_pending",
        "kept",
    )

    def __init__(self, *, every: int = 4096, keep: tuple[int, int] | None = None) -> None:
        if every < 1:
            raise WindowError(f"a checkpoint every {every} events: at least 1 lies between two")
        if keep is not None and not 0 <= keep[0] <= keep[1]:
            raise WindowError(f"events {keep[0]} to {keep[1]}: ask for 0 <= first <= end")
        self.kept: list[Event] = []
        self._every = every
        self._keep = keep
        self._events = 0
        self._hash = hashlib.blake2b(digest_size=_SIZE)
        # Headers and payloads that the hash has not seen yet; hashing in batches
        # costs a third of hashing one by one.
        self._pending: list[bytes] = []
        # Names are hashed in full once, and by number from then on.
        self._names: dict[Name, int] = {}
        self._checkpoints: list[Checkpoint] = []

    @property
    def events(self) -> int:
        """How many events there were."""
        return self._events

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The digests after each full interval, in order."""
        return tuple(self._checkpoints)

    def add(self, time_ns: int, sequence: int, source: Name, target: Name, payload: bytes) -> None:
        """Take one more event into account."""
        names = self._names
        try:
            from_number = names[source]
            to_number = names[target]
        except KeyError:
            from_number = self._number(source)
            to_number = self._number(target)
        pending = self._pending
        pending += (
            _HEADER.pack(time_ns, sequence, from_number, to_number, len(payload)),
            payload,
        )
        if len(pending) > _BATCH:
            self._hash.update(b"".join(pending))
            pending.clear()
        if self._keep is not None and self._keep[0] <= self._events < self._keep[1]:
            self.kept.append(Event(time_ns, sequence, source, target, payload))
        self._events = events = self._events + 1
        if not events % self._every:
            self._checkpoints.append(Checkpoint(events, self.hexdigest()))

    def hexdigest(self) -> str:
        """Return the digest of the events so far, as 32 hexadecimal digits."""
        if self._pending:
            self._hash.update(b"".join(self._pending))
            self._pending.clear()
        return self._hash.hexdigest()

    def _number(self, name: Name) -> int:
        number = self._names.get(name)
        if number is None:
            number = self._names[name] = len(self._names)
            for part in name:
                text = part.encode()
                self._pending += (len(text).to_bytes(4, "big"), text)
        return number
