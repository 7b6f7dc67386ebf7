"""Watches of a run: what they were told, and what they should have been told."""

from collections.abc import Iterable, Iterator, Sequence

from kactors.checking.watch import Broken, Change, Event, Response, check_watches
from kactors.checking.watch import Watch as WatchRecord
from kactors.etcd.client_session import Session
from kactors.etcd.client_watch import ClientWatch
from kactors.etcd.messages.watch import Event as MemberEvent
from kactors.etcd.messages.watch import EventType, Watch, WatchResponse
from kactors.testing.etcd.model import Model, within
from kactors.testing.etcd.violation import Promise, Violation

__all__ = ["Watching", "watch_violations"]


class Watching(ClientWatch):
    """A client's watch that remembers everything.

    Attributes:
        created_revision: of the store when the watch was created first.
        left: nobody listens to it any more.
    """

    def __init__(self, session: Session, client: str, request: Watch) -> None:
        super().__init__(session, request)
        self.client = client
        self.request = request
        self.created_revision: int | None = None
        self.left = False
        self._responses: list[Response] = []

    def note(self, response: WatchResponse) -> None:
        """Remember a response."""
        events = tuple(map(_event, response.events))
        revision = response.header.revision
        self._responses.append(Response(revision=revision, events=events, progress=not events))

    def _begin(self, response: WatchResponse) -> None:
        super()._begin(response)
        if self.created_revision is None:
            self.created_revision = response.header.revision

    @property
    def record(self) -> WatchRecord:
        """What the checker wants to know."""
        request = self.request
        return WatchRecord(
            client=self.client,
            key=request.key,
            range_end=request.range_end,
            start_revision=request.start_revision,
            created_revision=self.created_revision,
            prev_kv=request.prev_kv,
            no_put=request.no_put,
            no_delete=request.no_delete,
            responses=tuple(self._responses),
        )

    def behind(self, model: Model) -> int | None:
        """Return a revision of which it has not told and should have; None if there is none."""
        told = max((event.revision for each in self._responses for event in each.events), default=0)
        start = self.request.start_revision or (self.created_revision or 0) + 1
        for happened in reversed(model.history):
            if happened.revision <= told or happened.revision < start:
                return None
            if any(self._wants(kv.key, deleted=not kv.version) for kv, _ in happened.changes):
                return happened.revision
        return None

    def _wants(self, key: bytes, *, deleted: bool) -> bool:
        request = self.request
        if request.no_delete if deleted else request.no_put:
            return False
        return within(key, request.key, request.range_end)


def watch_violations(model: Model, watches: Iterable[Watching]) -> Iterator[Violation]:
    """Hold all watches to etcd's guarantees."""
    events = _true_events(model)
    records = [watch.record for watch in watches]
    for broken in check_watches(events, records, compacted=model.compacted):
        yield _violation(broken)


def _violation(broken: Broken) -> Violation:
    return Violation(Promise.WATCH, str(broken), broken.guarantee.name)


def _true_events(model: Model) -> Sequence[Event]:
    return [
        Event(
            revision=happened.revision,
            key=kv.key,
            change=Change.PUT if kv.version else Change.DELETE,
            value=kv.value if kv.version else None,
            is_create=kv.version == 1,
            previous=None if before is None else before.value,
        )
        for happened in model.history
        for kv, before in happened.changes
    ]


def _event(event: MemberEvent) -> Event:
    put = event.type is EventType.PUT
    return Event(
        revision=event.kv.mod_revision,
        key=event.kv.key,
        change=Change.PUT if put else Change.DELETE,
        value=event.kv.value if put else None,
        is_create=event.is_create,
        previous=None if event.prev_kv is None else event.prev_kv.value,
    )
