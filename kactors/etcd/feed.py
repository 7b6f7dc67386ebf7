"""What lately happened to the keys of one watch, kept once for all watches like it.

A write is matched against feeds, not against watches, so that thousands of watches of one range
cost it no more than one does. Each watch remembers how far it is and takes what it has not
delivered. A feed is bounded: whoever falls behind what it holds reads from the store's log instead,
and nothing is lost but time.
"""

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import KeyValue
from kactors.etcd.messages.watch import Event, EventType
from kactors.etcd.mvcc import Change


class WatchSpec(NamedTuple):
    """What makes two watches want the same events."""

    keys: KeyRange
    no_put: bool = False
    no_delete: bool = False
    prev_kv: bool = False

    def wants(self, kv: KeyValue) -> bool:
        """Tell whether a change is of the wanted type; the key is looked at elsewhere."""
        return not (self.no_put if kv.version else self.no_delete)


class Batch(NamedTuple):
    """The events of one revision."""

    revision: int
    events: tuple[Event, ...]
    size_bytes: int


def event_of(change: Change, *, prev_kv: bool) -> Event:
    """Return the event of a change, with the version before if that is wanted."""
    kv, previous = change
    kind = EventType.PUT if kv.version else EventType.DELETE
    return Event(kind, kv, previous if prev_kv else None)


def batch_of(revision: int, events: Sequence[Event]) -> Batch:
    """Put the events of one revision together."""
    size_bytes = _size(events[0]) if len(events) == 1 else sum(map(_size, events))
    return Batch(revision, tuple(events), size_bytes)


def _size(event: Event) -> int:
    kv, before = event.kv, event.prev_kv
    size = len(kv.key) + len(kv.value) + 64
    return size if before is None else size + len(before.key) + len(before.value)


class Feed:
    """The latest events of one `WatchSpec`.

    Attributes:
        spec: which events.
        since: every wanted event at or after this revision is here.
        watching: how many watches use it.
    """

    def __init__(self, spec: WatchSpec, since: int, events_max: int) -> None:
        self.spec = spec
        self.since = since
        self.watching = 0
        self._events_max = events_max
        self._batches: list[Batch] = []
        self._events = 0

    @property
    def last_revision(self) -> int:
        """The revision of the latest event; 0 if there is none."""
        return self._batches[-1].revision if self._batches else 0

    def add(self, batch: Batch) -> None:
        """Add the wanted events of a new revision."""
        self._batches.append(batch)
        self._events += len(batch.events)
        if self._events > self._events_max:
            self._forget()

    def after(self, revision: int) -> list[Batch]:
        """Return the batches at or after ``revision``, which is not before ``since``."""
        if revision > self.last_revision:
            return []
        # A tuple sorts before those that go on where it ends: no key function is needed.
        return self._batches[bisect_left(self._batches, (revision,)) :]

    def reset(self, since: int) -> None:
        """Begin anew at ``since``."""
        self._batches = []
        self._events = 0
        self.since = since

    def _forget(self) -> None:
        """Forget the older half, so that forgetting costs little for each event."""
        count = 0
        while self._events > self._events_max // 2 and count < len(self._batches):
            self._events -= len(self._batches[count].events)
            count += 1
        self.since = self._batches[count - 1].revision + 1
        del self._batches[:count]
