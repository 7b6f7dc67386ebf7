"""Serves watches: one stream each, at its reader's pace.

A write marks feeds (`kactors.etcd.watchers`) as touched and is done. A task of its own then wakes
the streams that wait for them, some at a time, so that ten thousand watches of one key do not hold
up the next write.
"""

from collections.abc import Iterator
from typing import Final, TypeVar

from kactors.actors.outbox import Outbox
from kactors.etcd.errors import NoLeader, TooManyRequests
from kactors.etcd.feed import Feed
from kactors.etcd.messages.watch import Watch, WatchResponse
from kactors.etcd.store import Store
from kactors.etcd.wakeup import Wakeup
from kactors.etcd.watchers import Watcher
from kactors.runtime import Waiter, checkpoint, current_time, waiter
from kactors.transport.envelope import Address
from kactors.wire import evolve

#: Streams that are woken before other tasks have their turn.
_WOKEN_PER_TURN: Final = 100
#: A fragment is not made longer than this, unless one event is.
_FRAGMENT_BYTES_MAX: Final = 1 << 20

K = TypeVar("K")


class _Stream:
    """One watch that is being served.

    Attributes:
        watcher: how far it is.
        waiting: woken when there may be something to do.
        progress_wanted: somebody asked how far it is.
        ended: the member cannot serve it any more.
    """

    __slots__ = ("ended", "progress_wanted", "waiting", "watcher")

    def __init__(self, watcher: Watcher) -> None:
        self.watcher = watcher
        self.waiting: Waiter[None] | None = None
        self.progress_wanted = False
        self.ended = False

    def wake(self) -> None:
        waiting, self.waiting = self.waiting, None
        if waiting is not None:
            waiting.wake(None)


class WatchServer:
    """The watches of one member that are being served.

    Args:
        store: what is watched.
        progress_seconds: between two progress notifications.
        events_max: events in one fragment.
        watches_max: that are served at one time.
    """

    def __init__(
        self, store: Store, *, progress_seconds: float, events_max: int, watches_max: int
    ) -> None:
        self._store = store
        self._watchers = store.watchers
        self._progress_seconds = progress_seconds
        self._events_max = events_max
        self._watches_max = watches_max
        self._streams: dict[Feed, dict[_Stream, None]] = {}
        self._readers: dict[Address, dict[_Stream, None]] = {}
        self._touched: dict[Feed, None] = {}
        self._news = Wakeup()

    def __len__(self) -> int:
        return len(self._watchers)

    def follow(self) -> None:
        """Take note of what was applied; never waits."""
        touched = self._watchers.take_touched()
        if touched:
            self._touched.update(dict.fromkeys(touched))
            self._news.set()

    async def run(self) -> None:
        """Wake streams for which there is something, until cancelled."""
        while True:
            await self._news.wait()
            while self._touched:
                feed = next(iter(self._touched))
                del self._touched[feed]
                for count, stream in enumerate(tuple(self._streams.get(feed, ())), 1):
                    stream.wake()
                    if count % _WOKEN_PER_TURN == 0:
                        await checkpoint()

    def end_all(self) -> None:
        """End every watch: this member knows no leader, and would keep silent for too long."""
        for streams in tuple(self._streams.values()):
            for stream in tuple(streams):
                stream.ended = True
                stream.wake()

    def want_progress(self, reader: Address) -> None:
        """Let every watch of ``reader`` say how far it is, once it is not behind."""
        for stream in self._readers.get(reader, ()):
            stream.progress_wanted = True
            stream.wake()

    async def serve(self, request: Watch, out: Outbox[WatchResponse]) -> None:
        """Serve one watch until its reader leaves, or what it needs was compacted.

        Raises:
            EmptyWatchRange: no key can be in its range.
            TooManyRequests: this member serves as many watches as it may.
            NoLeader: this member has lost touch with the others.
            StreamBrokenError: the reader is gone.
        """
        if len(self) >= self._watches_max:
            raise TooManyRequests
        watcher = self._watchers.create(request, request.watch_id)
        header = self._store.header(self._store.mvcc.revision)
        stream = _Stream(watcher)
        self._streams.setdefault(watcher.feed, {})[stream] = None
        self._readers.setdefault(out.reader, {})[stream] = None
        try:
            await out.send(WatchResponse(header, watcher.id, created=True))
            await self._deliver(stream, request, out)
        finally:
            self._watchers.cancel(watcher)
            _remove(self._streams, watcher.feed, stream)
            _remove(self._readers, out.reader, stream)

    async def _deliver(self, stream: _Stream, request: Watch, out: Outbox[WatchResponse]) -> None:
        watcher = stream.watcher
        spoke = current_time()
        while not watcher.canceled:
            if stream.ended:
                raise NoLeader
            response = watcher.poll()
            if response is None and watcher.synced:
                late = current_time() - spoke >= self._progress_seconds
                if stream.progress_wanted or (request.progress_notify and late):
                    stream.progress_wanted = False
                    spoke = current_time()  # also if a watch of the future has nothing to say
                    response = watcher.progress()
                    spoke = current_time()  # a watch of the future has nothing to say for now
            if response is not None:
                for piece in self._pieces(response, whole=not request.fragment):
                    await out.send(piece)
                spoke = current_time()
            elif not watcher.synced:
                await checkpoint()
            else:
                await self._wait(stream, request, spoke)

    async def _wait(self, stream: _Stream, request: Watch, spoke: float) -> None:
        mine: Waiter[None] = waiter()
        stream.waiting = mine
        if request.progress_notify:
            due = spoke + self._progress_seconds
            await mine.wait_for(max(0.0, due - current_time()) + 1e-6, None)
            stream.waiting = None
        else:
            await mine.wait()

    def _pieces(self, response: WatchResponse, *, whole: bool) -> Iterator[WatchResponse]:
        """Cut a response into fragments if the watch allows it; all but the last say so."""
        events = response.events
        if whole or not events:
            yield response
            return
        begin = size = 0
        for place, event in enumerate(events):
            size += len(event.kv.key) + len(event.kv.value)
            full = place - begin >= self._events_max or size > _FRAGMENT_BYTES_MAX
            if place > begin and full:
                yield evolve(response, events=events[begin:place], fragment=True)
                begin, size = place, 0
        yield evolve(response, events=events[begin:]) if begin else response


def _remove(table: dict[K, dict[_Stream, None]], key: K, stream: _Stream) -> None:
    group = table[key]
    del group[stream]
    if not group:
        del table[key]
