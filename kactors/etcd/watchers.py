"""The watches of one member: who wants what, and how far each is.

Theory of operation
===================

A committed transaction is matched once, by key and by range, against `Feed` objects; every feed
that wants some of it gets one batch. A `Watcher` takes batches at its own pace with `Watcher.poll`:
from its feed while that reaches back far enough, else from the store's log, a bounded piece at a
time, until it has caught up. So a slow watcher loses nothing and holds nothing up; it can only find
that what it needs has been compacted, and then it ends with the compact revision.

What a response's header says has always been delivered: events come out in the order of revisions,
whole revisions at a time, and progress is told by the same object only when nothing is left to
deliver.

Source: ``server/storage/mvcc/watchable_store.go`` of etcd, whose synced, unsynced and victim groups
become a comparison of two revisions here.
"""

from collections.abc import Callable, Iterator, Sequence

import attrs

from kactors.etcd.errors import Compacted, EmptyWatchRange
from kactors.etcd.feed import Batch, Feed, WatchSpec, batch_of, event_of
from kactors.etcd.key_range import KeyRange
from kactors.etcd.messages.kv import Header
from kactors.etcd.messages.watch import Event, Watch, WatchResponse
from kactors.etcd.mvcc import Change, Mvcc
from kactors.etcd.range_index import RangeIndex

#: A response holds about this many bytes of events, unless one revision has more.
RESPONSE_BYTES_MAX = 1 << 20


@attrs.frozen(kw_only=True)
class WatchLimits:
    """The knobs of watching.

    Attributes:
        feed_events_max: how many events a feed remembers.
        scan_max: how many changes a watcher that is behind looks at in one `Watcher.poll`.
        response_events_max: a response is not longer than this, unless one revision is.
        response_bytes_max: likewise.
    """

    feed_events_max: int = 1024
    scan_max: int = 1024
    response_events_max: int = 1000
    response_bytes_max: int = RESPONSE_BYTES_MAX


class Watcher:
    """One watch, and how far it is.

    Made by `Watchers.create`.

    Attributes:
        id: what its responses are marked with.
        feed: what it takes events from.
        next_revision: all wanted events before it have been delivered.
        canceled: it has ended and delivers nothing any more.
    """

    def __init__(self, watchers: "Watchers", feed: Feed, watch_id: int, start: int) -> None:
        self._watchers = watchers
        self.id = watch_id
        self.feed = feed
        self.next_revision = start
        self.canceled = False

    @property
    def synced(self) -> bool:
        """Whether nothing that has happened is left to deliver."""
        return (
            self.next_revision >= self.feed.since and self.next_revision > self.feed.last_revision
        )

    def poll(self) -> WatchResponse | None:
        """Deliver the next events; None if this step found none.

        Call it until it is `synced`, then again when the feed was touched.
        """
        mvcc = self._watchers.mvcc
        if self.canceled:
            return None
        if self.next_revision >= self.feed.since:
            batches, upto = self.feed.after(self.next_revision), mvcc.revision
        elif self.next_revision >= mvcc.compacted:
            batches, upto = _from_log(
                mvcc, self.feed.spec, self.next_revision, self._watchers.limits.scan_max
            )
        else:
            return self._compacted(mvcc.compacted)
        taken = self._fitting(batches)
        if len(taken) < len(batches):
            upto = batches[len(taken)].revision - 1
        self.next_revision = max(self.next_revision, upto + 1)
        if not taken:
            return None
        return WatchResponse(self._watchers.header(upto), self.id, events=_joined(taken))

    def progress(self) -> WatchResponse | None:
        """Say how far the watch is; None if it is behind, or has not come to its start."""
        revision = self._watchers.mvcc.revision
        if self.canceled or not self.synced or self.next_revision > revision + 1:
            return None
        self.next_revision = revision + 1
        return WatchResponse(self._watchers.header(revision), self.id)

    def _fitting(self, batches: Sequence[Batch]) -> Sequence[Batch]:
        """Return as many of the batches as one response may hold, at least one if there is any."""
        if len(batches) <= 1:
            return batches
        limits = self._watchers.limits
        events = size = 0
        for place, batch in enumerate(batches):
            events += len(batch.events)
            size += batch.size_bytes
            is_too_much = events > limits.response_events_max or size > limits.response_bytes_max
            if place and is_too_much:
                return batches[:place]
        return batches

    def _compacted(self, revision: int) -> WatchResponse:
        self._watchers.cancel(self)
        return WatchResponse(
            self._watchers.header(self._watchers.mvcc.revision),
            self.id,
            canceled=True,
            compact_revision=revision,
            cancel_reason=str(Compacted(revision)),
        )


class Watchers:
    """All watches of a member.

    Attributes:
        mvcc: what they watch.
        header: makes the header of a response from a revision.
        limits: see `WatchLimits`.
    """

    def __init__(
        self,
        mvcc: Mvcc,
        header: Callable[[int], Header],
        limits: WatchLimits | None = None,
    ) -> None:
        self.mvcc = mvcc
        self.header = header
        self.limits = WatchLimits() if limits is None else limits
        self._feeds: dict[WatchSpec, Feed] = {}
        self._by_range: RangeIndex[Feed] = RangeIndex()
        self._watchers: dict[Watcher, None] = {}
        self._touched: dict[Feed, None] = {}

    def __len__(self) -> int:
        return len(self._watchers)

    def create(self, request: Watch, watch_id: int = 0) -> Watcher:
        """Begin a watch.

        Raises:
            EmptyWatchRange: no key can be in its range.
        """
        keys = KeyRange.of(request.key or b"\0", request.range_end)
        if keys.empty:
            raise EmptyWatchRange
        spec = WatchSpec(keys, request.no_put, request.no_delete, request.prev_kv)
        feed = self._feeds.get(spec)
        if feed is None:
            feed = self._add_feed(spec)
        feed.watching += 1
        start = request.start_revision if request.start_revision > 0 else self.mvcc.revision + 1
        watcher = Watcher(self, feed, watch_id, start)
        self._watchers[watcher] = None
        return watcher

    def cancel(self, watcher: Watcher) -> None:
        """End a watch; nothing happens if it has ended."""
        if watcher.canceled:
            return
        watcher.canceled = True
        del self._watchers[watcher]
        watcher.feed.watching -= 1
        if not watcher.feed.watching:
            self._remove_feed(watcher.feed)

    def notify(self, changes: Sequence[Change]) -> None:
        """Hand the changes of one committed transaction to whoever watches them."""
        if len(changes) == 1:
            self._notify_of_one(changes[0])
        else:
            self._notify_of_many(changes)

    def _notify_of_one(self, change: Change) -> None:
        """Do what `_notify_of_many` does, at a fraction of its cost: all feeds share a batch."""
        kv = change.kv
        batches: dict[bool, Batch] = {}
        for feed in self._by_range.at(kv.key):
            spec = feed.spec
            if spec.wants(kv):
                batch = batches.get(spec.prev_kv)
                if batch is None:
                    event = event_of(change, prev_kv=spec.prev_kv)
                    batch = batches[spec.prev_kv] = batch_of(self.mvcc.revision, [event])
                feed.add(batch)
                self._touched[feed] = None

    def _notify_of_many(self, changes: Sequence[Change]) -> None:
        events: dict[Feed, list[Event]] = {}
        for change in changes:
            kv, previous = change
            feeds = self._by_range.at(kv.key)
            if not feeds:
                continue
            plain = event_of(change, prev_kv=False)
            full = plain if previous is None else event_of(change, prev_kv=True)
            for feed in feeds:
                if feed.spec.wants(kv):
                    events.setdefault(feed, []).append(full if feed.spec.prev_kv else plain)
        for feed, wanted in events.items():
            feed.add(batch_of(self.mvcc.revision, wanted))
            self._touched[feed] = None

    def take_touched(self) -> tuple[Feed, ...]:
        """Return the feeds that got something since this was asked last: wake their watchers."""
        touched = tuple(self._touched)
        self._touched.clear()
        return touched

    def replace(self, mvcc: Mvcc) -> None:
        """Go on with another store, which continues the present one: a snapshot came in.

        Who had delivered everything goes on after that; who had not reads the rest from the new
        store's log, if it has not been compacted meanwhile.
        """
        for watcher in self._watchers:
            if watcher.synced:
                watcher.next_revision = max(watcher.next_revision, self.mvcc.revision + 1)
        self.mvcc = mvcc
        for feed in self._feeds.values():
            feed.reset(mvcc.revision + 1)
            self._touched[feed] = None

    def _add_feed(self, spec: WatchSpec) -> Feed:
        feed = Feed(spec, self.mvcc.revision + 1, self.limits.feed_events_max)
        self._feeds[spec] = feed
        self._by_range.add(spec.keys, feed)
        return feed

    def _remove_feed(self, feed: Feed) -> None:
        del self._feeds[feed.spec]
        self._by_range.remove(feed.spec.keys, feed)
        self._touched.pop(feed, None)


def _joined(batches: Sequence[Batch]) -> tuple[Event, ...]:
    if len(batches) == 1:
        return batches[0].events
    return tuple([event for batch in batches for event in batch.events])


def _from_log(mvcc: Mvcc, spec: WatchSpec, revision: int, scan_max: int) -> tuple[list[Batch], int]:
    """Read wanted events from the log, beginning at ``revision``.

    Returns:
        The batches, and the revision up to which they are complete.
    """
    begin = mvcc.position(revision)
    end = begin + scan_max
    upto = mvcc.revision
    if end < len(mvcc.log):
        # Whole revisions only; a transaction that is longer than a scan is read whole.
        last = mvcc.log[end].kv.mod_revision
        first = mvcc.log[begin].kv.mod_revision
        upto = last - 1 if last > first else first
        end = mvcc.position(upto + 1)
    return list(_batches(spec, mvcc.log[begin:end], mvcc.compacted)), upto


def _batches(spec: WatchSpec, changes: Sequence[Change], compacted: int) -> Iterator[Batch]:
    events: list[Event] = []
    revision = 0
    for change in changes:
        kv = change.kv
        if kv.key not in spec.keys or not spec.wants(kv):
            continue
        if kv.mod_revision != revision and events:
            yield batch_of(revision, events)
            events = []
        revision = kv.mod_revision
        # The version before the compact revision may be gone, here or on another member.
        events.append(event_of(change, prev_kv=spec.prev_kv and revision > compacted))
    if events:
        yield batch_of(revision, events)
