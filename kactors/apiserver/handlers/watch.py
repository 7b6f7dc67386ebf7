"""The verb watch.

A watch begins in one of three ways: with the changes after a revision; with the present state as if
it had just been added (no revision, or 0); or with that and a bookmark behind it that says so
(``sendInitialEvents``). A watch that cannot be, or cannot go on, ends with one event ERROR, whose
object is a ``Status``.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go`` of Kubernetes.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import attrs

from kactors.actors.outbox import Outbox
from kactors.api.codec import encode
from kactors.api.errors import ApiError, Expired
from kactors.api.objects import Object
from kactors.api.registry import Resource
from kactors.api.requests import WatchBatch, WatchEvent
from kactors.apiserver.backend import Backend
from kactors.apiserver.cache.entry import ADDED, BOOKMARK, ERROR, Entry
from kactors.apiserver.cache.selection import select
from kactors.apiserver.cache.watchers import Watcher
from kactors.apiserver.errors import RevisionGone
from kactors.apiserver.options import ListOptions
from kactors.runtime import current_time

#: Marks the bookmark behind the initial events.
INITIAL_EVENTS_END: Final = "k8s.io/initial-events-end"
_BATCH_EVENTS_MAX: Final = 500
_BATCH_BYTES_MAX: Final = 1 << 20


@attrs.frozen
class WatchTimes:
    """How long watches live and how often they hear that nothing has happened.

    Attributes:
        bookmark_seconds: between two bookmarks.
        least_seconds: that a watch lives if it does not say; up to twice as long.
        waiting_max: events that may wait for a slow reader before its watch is ended.
    """

    bookmark_seconds: float = 60.0
    least_seconds: float = 1800.0
    waiting_max: int = 10_000


@attrs.frozen
class Beginning:
    """How a watch begins: objects that are there already, then what the watcher gets.

    Attributes:
        watcher: gets every change that comes after ``entries``.
        entries: to be told as added.
        bookmark: the revision of the bookmark behind them; 0 for none.
    """

    watcher: Watcher
    entries: Sequence[Entry]
    bookmark: int


async def begin(
    backend: Backend, resource: Resource, namespace: str, options: ListOptions, times: WatchTimes
) -> Beginning:
    """Begin a watch; whoever does has to remove the watcher from the cache in the end.

    Raises:
        BadRequest: a selector is none.
        Expired: the changes since the revision are not remembered.
        Timeout: the replica has not come up to the revision in time.
    """
    selection = select(resource, namespace, options.labels, options.fields)
    cache = backend.cache_of(resource)
    revision = options.revision
    if revision is None and options.initial_events is not False:
        revision = await backend.storage.current_revision()
    state = options.initial_events or (options.initial_events is None and not options.revision)
    await backend.wait_for((revision or 0) if state else 0)
    entries: Sequence[Entry] = ()
    after = backend.feed.revision if state or not revision else revision
    try:
        watcher = cache.watch(
            selection.scope, selection.matches, after=after, waiting_max=times.waiting_max
        )
    except RevisionGone as gone:
        raise Expired(f"too old resource version: {gone.asked} ({gone.oldest})") from gone
    if state:
        entries = cache.select(selection.scope, selection.matches)
    return Beginning(watcher, entries, backend.feed.revision if options.initial_events else 0)


async def serve(
    backend: Backend,
    resource: Resource,
    beginning: Beginning,
    options: ListOptions,
    times: WatchTimes,
    out: Outbox[WatchBatch],
) -> None:
    """Send what a watch has to say until it has lived long enough, or the replica loses track.

    Raises:
        StreamBrokenError: the reader is gone.
    """
    watcher = beginning.watcher
    ends = current_time() + _lifetime(backend, options, times)
    for batch in _batches(WatchEvent(ADDED, e.body, e.revision) for e in beginning.entries):
        await out.send(batch)
    if beginning.bookmark:
        await out.send(WatchBatch((_bookmark(resource, beginning.bookmark, initial=True),)))
    mark = current_time() + times.bookmark_seconds
    while True:
        events = watcher.take()
        if events:
            for batch in _batches(events):
                await out.send(batch)
        elif watcher.closed:
            return
        elif (now := current_time()) >= min(mark, ends):
            # At `feed.revision` the watcher has been offered everything, and nothing waits.
            if options.bookmarks:
                await out.send(WatchBatch((_bookmark(resource, backend.feed.revision),)))
            if now >= ends:
                return
            mark = now + times.bookmark_seconds
        else:
            await watcher.wait((min(mark, ends) if options.bookmarks else ends) - now)


def _lifetime(backend: Backend, options: ListOptions, times: WatchTimes) -> float:
    if options.timeout_s:
        return options.timeout_s
    return times.least_seconds * (1.0 + backend.chance.random())


def _batches(events: Iterable[WatchEvent]) -> Iterator[WatchBatch]:
    """Put events together that fit into one message."""
    batch: list[WatchEvent] = []
    size = 0
    for event in events:
        if batch and (size + len(event.body) > _BATCH_BYTES_MAX or len(batch) >= _BATCH_EVENTS_MAX):
            yield WatchBatch(tuple(batch))
            batch, size = [], 0
        batch.append(event)
        size += len(event.body)
    if batch:
        yield WatchBatch(tuple(batch))


def _bookmark(resource: Resource, revision: int, *, initial: bool = False) -> WatchEvent:
    metadata: Object = {"creationTimestamp": None}
    if initial:
        metadata["annotations"] = {INITIAL_EVENTS_END: "true"}
    body: Object = {
        "kind": resource.kind,
        "apiVersion": resource.api_version,
        "metadata": metadata,
    }
    return WatchEvent(BOOKMARK, encode(body), revision)


def failure(problem: ApiError) -> WatchBatch:
    """Return the last word of a watch that cannot be."""
    return WatchBatch((WatchEvent(ERROR, encode(problem.status()), 0),))
