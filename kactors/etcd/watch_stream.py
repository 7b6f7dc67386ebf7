"""Several watches that share one stream of responses, as a client of etcd has them.

Source: ``server/etcdserver/api/v3rpc/watch.go`` of etcd.
"""

from collections.abc import Iterator, Sequence

from kactors.etcd.errors import Compacted, DuplicateWatchId, EmptyWatchRange, EtcdError
from kactors.etcd.messages.watch import Event, Watch, WatchResponse
from kactors.etcd.watchers import Watcher, Watchers

#: Speaks for all watches of a stream, or for one that was not created.
NO_WATCH_ID = -1


class WatchStream:
    """The watches of one stream; responses are taken with `poll`, in turn.

    Attributes:
        watches: by their names.
    """

    def __init__(self, watchers: Watchers) -> None:
        self._watchers = watchers
        self.watches: dict[int, Watcher] = {}
        self._next_id = 1

    def create(self, request: Watch) -> WatchResponse:
        """Begin a watch; the answer says ``created``, and ``canceled`` if it could not be."""
        header = self._watchers.header(self._watchers.mvcc.revision)
        try:
            name = self._name(request)
            self.watches[name] = self._watchers.create(request, name)
        except (Compacted, DuplicateWatchId, EmptyWatchRange) as problem:
            return WatchResponse(
                header, NO_WATCH_ID, created=True, canceled=True, cancel_reason=str(problem)
            )
        return WatchResponse(header, name, created=True)

    def cancel(self, watch_id: int) -> WatchResponse | None:
        """End a watch; None if there is no such watch."""
        watcher = self.watches.pop(watch_id, None)
        if watcher is None:
            return None
        self._watchers.cancel(watcher)
        header = self._watchers.header(self._watchers.mvcc.revision)
        return WatchResponse(header, watch_id, canceled=True)

    def progress(self) -> WatchResponse | None:
        """Say how far all watches are; None if one is behind: ask again when it is not.

        A watch that waits for a future revision has nothing to say and holds nobody up.
        """
        if not self.synced:
            return None
        told = [watcher.progress() for watcher in self.watches.values()]
        header = next((response.header for response in told if response is not None), None)
        return None if header is None else WatchResponse(header, NO_WATCH_ID)

    @property
    def synced(self) -> bool:
        """Whether nothing that has happened is left to deliver."""
        return all(watcher.synced for watcher in self.watches.values())

    def poll(self) -> WatchResponse | None:
        """Deliver the next events of one watch; None if this step found none.

        Whoever delivered goes to the end of the line. Call it until it is `synced`.
        """
        for name in list(self.watches):
            watcher = self.watches[name]
            if watcher.synced:
                continue
            response = watcher.poll()
            del self.watches[name]
            if not watcher.canceled:
                self.watches[name] = watcher
            return response
        return None

    def close(self) -> None:
        """End all watches."""
        for watcher in self.watches.values():
            self._watchers.cancel(watcher)
        self.watches.clear()

    def _name(self, request: Watch) -> int:
        """Choose the name of a new watch.

        Raises:
            DuplicateWatchId: the one that was asked for is taken.
            Compacted: a negative start is long gone.
        """
        problem: EtcdError | None = None
        if request.watch_id in self.watches:
            problem = DuplicateWatchId()
        if request.start_revision < 0:
            problem = Compacted(self._watchers.mvcc.compacted)
        if problem is not None:
            raise problem
        if request.watch_id:
            return request.watch_id
        while self._next_id in self.watches:
            self._next_id += 1
        self._next_id += 1
        return self._next_id - 1


def fragments(response: WatchResponse, bytes_max: int) -> Iterator[WatchResponse]:
    """Cut a response into several of at most ``bytes_max`` bytes of events, or of one event.

    All but the last say ``fragment``: together they are the response.
    """
    part: list[Event] = []
    size = 0
    for event in response.events:
        more = _size(event)
        if part and size + more > bytes_max:
            yield _part(response, part, is_last=False)
            part, size = [], 0
        part.append(event)
        size += more
    yield _part(response, part, is_last=True)


def _part(response: WatchResponse, events: Sequence[Event], *, is_last: bool) -> WatchResponse:
    return WatchResponse(
        response.header,
        response.watch_id,
        created=response.created,
        canceled=response.canceled and is_last,
        compact_revision=response.compact_revision,
        cancel_reason=response.cancel_reason,
        fragment=not is_last,
        events=tuple(events),
    )


def _size(event: Event) -> int:
    before = event.prev_kv
    size = len(event.kv.key) + len(event.kv.value)
    return size if before is None else size + len(before.key) + len(before.value)
