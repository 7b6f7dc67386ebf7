"""The guarantees of etcd's watch, held against recorded responses and the true events.

`check_watches` holds each watch to the guarantees of etcd's documentation (learning/api_guarantees)
and to three more on the contents of events. The truth is the list of everything that happened, from
which `true_events` derives what a watch has to say about it.

Source: ``tests/robustness/validate/watch.go`` of etcd, which has to reconstruct the truth from the
watches themselves; here it is given.
"""

import enum
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence

import attrs


class Guarantee(enum.StrEnum):
    """What a watch promises; the words are those of etcd's documentation."""

    ORDERED = "events are ordered by revision"
    UNIQUE = "an event never appears twice"
    ATOMIC = "the events of one revision come in one list"
    RELIABLE = "no event between two delivered ones is missing, none is invented"
    RESUMABLE = "a watch begins with the first event at or after its start revision"
    BOOKMARKABLE = "a progress notification comes after all events up to its revision"
    PREV_KV = "the previous value is the one that was replaced"
    IS_CREATE = "an event says rightly whether it created the key"
    FILTER = "only events of the watched keys and types are delivered"


class Change(enum.StrEnum):
    """What happened to a key."""

    PUT = "put"
    DELETE = "delete"


@attrs.frozen(kw_only=True)
class Event:
    """One change of one key, as it happened or as a watch told it.

    Attributes:
        revision: of the store, when it happened; the changes of one transaction share it.
        key: which key.
        change: what happened.
        value: the new value; None for a deletion.
        is_create: the key did not exist before.
        previous: the value before; None if there was none, or if the watch was not asked for it.
    """

    revision: int
    key: bytes
    change: Change
    value: bytes | None = None
    is_create: bool = False
    previous: bytes | None = None

    def __str__(self) -> str:
        value = "" if self.value is None else f" = {self.value!r}"
        return f"{self.change} {self.key!r}{value} at revision {self.revision}"


@attrs.frozen(kw_only=True)
class Response:
    """One message of a watch.

    Attributes:
        revision: of the store, as the header says.
        events: what it delivers.
        progress: it is a progress notification, without events.
        more: it is a fragment that the next response continues.
    """

    revision: int
    events: tuple[Event, ...] = ()
    progress: bool = False
    more: bool = False


@attrs.frozen(kw_only=True)
class Watch:
    """One watch, from its request to its last response.

    Attributes:
        client: who watched.
        key: the first key, or the only one.
        range_end: the key after the last; empty for one key, a zero byte for no end.
        start_revision: what was asked for; 0 means from now on.
        created_revision: of the store when the watch was created, for a start revision of 0;
            None if not recorded, then such a watch is judged from its first event.
        prev_kv: previous values were asked for.
        no_put: puts were filtered out.
        no_delete: deletions were filtered out.
        responses: in the order of their arrival.
    """

    client: str
    key: bytes
    range_end: bytes = b""
    start_revision: int = 0
    created_revision: int | None = None
    prev_kv: bool = False
    no_put: bool = False
    no_delete: bool = False
    responses: tuple[Response, ...] = ()

    def wants(self, event: Event) -> bool:
        """Tell whether the watch has to deliver the event, wherever it starts."""
        if (self.no_put, self.no_delete)[event.change is Change.DELETE]:
            return False
        if not self.range_end:
            return event.key == self.key
        return self.key <= event.key and (self.range_end == b"\0" or event.key < self.range_end)

    def __str__(self) -> str:
        end = f" .. {self.range_end!r}" if self.range_end else ""
        return f"watch of {self.client} on {self.key!r}{end} from revision {self.start_revision}"


@attrs.frozen(kw_only=True)
class Broken:
    """One broken guarantee.

    Attributes:
        guarantee: which.
        watch: whose.
        response: the index of the response that broke it.
        text: what was found.
    """

    guarantee: Guarantee
    watch: Watch
    response: int
    text: str

    def __str__(self) -> str:
        return f"{self.guarantee}: {self.watch}, response {self.response}: {self.text}"


def true_events(changes: Iterable[tuple[int, bytes, bytes | None]]) -> list[Event]:
    """Return the events of ``changes``: revision, key, and new value or None for a deletion.

    A deletion of a key that does not exist is not an event.
    """
    store: dict[bytes, bytes] = {}
    events = []
    for revision, key, value in changes:
        previous = store.get(key)
        if value is not None:
            store[key] = value
        elif store.pop(key, None) is None:
            continue
        events.append(
            Event(
                revision=revision,
                key=key,
                change=Change.DELETE if value is None else Change.PUT,
                value=value,
                is_create=value is not None and previous is None,
                previous=previous,
            )
        )
    return events


def check_watches(
    events: Sequence[Event], watches: Iterable[Watch], *, compacted: int = 0
) -> list[Broken]:
    """Return every guarantee that a watch broke; nothing if all held.

    Args:
        events: everything that happened, by revision, with previous values; see `true_events`.
        watches: what was recorded.
        compacted: the highest revision compacted during the run. The value before an event at or
            below it may be gone, so there a missing previous value is excused.
    """
    truth = _Truth(events, compacted)
    return [broken for watch in watches for broken in truth.check(watch)]


class _Truth:
    def __init__(self, events: Sequence[Event], compacted: int) -> None:
        self.events = events
        self.compacted = compacted
        self.revisions = [event.revision for event in events]
        self.by_name: Mapping[tuple[int, bytes], Event] = {
            (event.revision, event.key): event for event in events
        }

    def check(self, watch: Watch) -> Iterator[Broken]:
        yield from _ordered(watch)
        yield from _unique(watch)
        yield from _atomic(watch)
        yield from self._contents(watch)
        yield from self._reliable_and_resumable(watch)
        yield from self._bookmarkable(watch)

    def _wanted(self, watch: Watch, first: int, last: int) -> Iterator[Event]:
        """The events of revisions ``first .. last`` that the watch has to deliver."""
        begin, end = bisect_left(self.revisions, first), bisect_right(self.revisions, last)
        return filter(watch.wants, self.events[begin:end])

    def _contents(self, watch: Watch) -> Iterator[Broken]:
        """Reliable (nothing invented), Filter, PrevKV and IsCreate."""
        for number, event in _delivered(watch):
            if not watch.wants(event):
                yield _broken(Guarantee.FILTER, watch, number, f"delivered {event}")
            true = self.by_name.get((event.revision, event.key))
            if true is None or (true.change, true.value) != (event.change, event.value):
                happened = "nothing like it happened" if true is None else f"the truth is {true}"
                yield _broken(
                    Guarantee.RELIABLE, watch, number, f"delivered {event}, but {happened}"
                )
                continue
            if event.is_create is not true.is_create:
                said = "creates" if event.is_create else "does not create"
                yield _broken(Guarantee.IS_CREATE, watch, number, f"{event} {said} the key")
            excused = not watch.prev_kv or event.revision <= self.compacted
            if event.previous != true.previous and not (excused and event.previous is None):
                text = f"{event} replaced {true.previous!r}, but it says {event.previous!r}"
                yield _broken(Guarantee.PREV_KV, watch, number, text)

    def _reliable_and_resumable(self, watch: Watch) -> Iterator[Broken]:
        delivered = list(_delivered(watch))
        if not delivered:
            return
        names = {(event.revision, event.key) for _, event in delivered}
        first = min(event.revision for _, event in delivered)
        last = max(event.revision for _, event in delivered)
        start = _start(watch)
        number = delivered[0][0]
        if start is not None:
            if first < start:
                text = f"delivered {delivered[0][1]}, which is before revision {start}"
                yield _broken(Guarantee.RESUMABLE, watch, number, text)
            skipped = next(self._wanted(watch, start, first - 1), None)
            if skipped is not None:
                text = f"began with {delivered[0][1]}, but before it there was {skipped}"
                yield _broken(Guarantee.RESUMABLE, watch, number, text)
        for event in self._wanted(watch, first, last):
            if (event.revision, event.key) not in names:
                number = next(n for n, later in delivered if later.revision >= event.revision)
                yield _broken(Guarantee.RELIABLE, watch, number, f"{event} is missing before it")

    def _bookmarkable(self, watch: Watch) -> Iterator[Broken]:
        bookmark, judged = 0, _start(watch)
        names: set[tuple[int, bytes]] = set()
        for number, response in enumerate(watch.responses):
            for event in response.events:
                names.add((event.revision, event.key))
                if event.revision <= bookmark:
                    text = f"{event} came after progress up to revision {bookmark}"
                    yield _broken(Guarantee.BOOKMARKABLE, watch, number, text)
            if not response.progress:
                continue
            bookmark = max(bookmark, response.revision)
            if judged is not None:
                for event in self._wanted(watch, judged, bookmark):
                    if (event.revision, event.key) not in names:
                        text = f"progress up to revision {bookmark} without {event}"
                        yield _broken(Guarantee.BOOKMARKABLE, watch, number, text)
                judged = max(judged, bookmark + 1)


def _start(watch: Watch) -> int | None:
    """The first revision that the watch has to deliver; None if nobody recorded it."""
    if watch.start_revision:
        return watch.start_revision
    return None if watch.created_revision is None else watch.created_revision + 1


def _delivered(watch: Watch) -> Iterator[tuple[int, Event]]:
    for number, response in enumerate(watch.responses):
        for event in response.events:
            yield number, event


def _ordered(watch: Watch) -> Iterator[Broken]:
    last = 0
    for number, event in _delivered(watch):
        if event.revision < last:
            yield _broken(
                Guarantee.ORDERED, watch, number, f"{event} came after an event of revision {last}"
            )
        last = max(last, event.revision)


def _unique(watch: Watch) -> Iterator[Broken]:
    seen: dict[tuple[int, bytes], int] = {}
    for number, event in _delivered(watch):
        name = (event.revision, event.key)
        if name in seen:
            text = f"{event} was already in response {seen[name]}"
            yield _broken(Guarantee.UNIQUE, watch, number, text)
        seen.setdefault(name, number)


def _atomic(watch: Watch) -> Iterator[Broken]:
    last, more = 0, False
    for number, response in enumerate(watch.responses):
        if response.events:
            if response.events[0].revision == last and not more:
                text = f"revision {last} is split between this response and the one before"
                yield _broken(Guarantee.ATOMIC, watch, number, text)
            last, more = response.events[-1].revision, response.more


def _broken(guarantee: Guarantee, watch: Watch, response: int, text: str) -> Broken:
    return Broken(guarantee=guarantee, watch=watch, response=response, text=text)
