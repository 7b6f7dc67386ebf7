"""Who watches a resource, found by what changed rather than by asking everybody.

A watcher names its *scope*: one object, one namespace, one value of the field by which the resource
is indexed (the node of a pod), or everything. A change looks up the few scopes that it can be in.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/cacher/cacher.go`` of Kubernetes,
`indexedWatchers`.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple, TypeAlias

from kactors.api.requests import WatchEvent
from kactors.apiserver.cache.entry import Change, Entry, Matches
from kactors.runtime import Waiter, waiter


class Scope(NamedTuple):
    """Which objects a watcher, or a list, can be about.

    Attributes:
        namespace: empty for all.
        name: empty for all.
        trigger: the value of the resource's indexed field; None for any.
    """

    namespace: str = ""
    name: str = ""
    trigger: str | None = None

    def holds(self, entry: Entry) -> bool:
        """Tell whether an object is in the scope."""
        return (
            (not self.namespace or self.namespace == entry.namespace)
            and (not self.name or self.name == entry.name)
            and (self.trigger is None or self.trigger == entry.trigger)
        )


EVERYTHING: Final = Scope()

Place: TypeAlias = tuple[str, str, str | None]
"""What equals a `Scope`, and is found in its place: quicker to make, six times for each change."""


class Watcher:
    """One watch: the events that wait to be sent.

    Args:
        scope: where it is found.
        matches: what it wants in that scope; None is everything.
        after: the revision up to which it knows everything.
        waiting_max: how many events may wait; one more, and it is closed as too slow.

    Attributes:
        closed: no event will come any more.
        too_slow: it was closed because too many events waited.
    """

    __slots__ = (
        "_after",
        "_caught_up",
        "_events",
        "_waiter",
        "_waiting_max",
        "closed",
        "matches",
        "scope",
        "too_slow",
    )

    def __init__(
        self, scope: Scope, matches: Matches | None, *, after: int, waiting_max: int
    ) -> None:
        self.scope = scope
        self.matches = matches
        self.closed = False
        self.too_slow = False
        self._after = after
        self._waiting_max = waiting_max
        self._caught_up = 0
        self._events: list[WatchEvent] = []
        self._waiter: Waiter[None] | None = None

    def catch_up(self, change: Change) -> None:
        """Take a change that happened before the watch began, if it is wanted."""
        event = change.seen_by(self.scope.trigger, self.matches)
        if event is not None:
            self._events.append(event)
            self._caught_up += 1  # they do not count as waiting: the reader has not begun

    def offer(self, change: Change) -> None:
        """Take a change, if it is wanted."""
        if change.revision <= self._after or self.closed:
            return
        event = change.seen_by(self.scope.trigger, self.matches)
        if event is None:
            return
        if len(self._events) - self._caught_up >= self._waiting_max:
            self.too_slow = True
            self.close()
            return
        self._events.append(event)
        self._wake()

    def take(self) -> list[WatchEvent]:
        """Return the events that wait, oldest first."""
        events, self._events = self._events, []
        self._caught_up = 0
        return events

    def close(self) -> None:
        """Let no further event come; what waits may still be taken."""
        self.closed = True
        self._wake()

    async def wait(self, seconds: float) -> None:
        """Return once there is something to take, or after ``seconds``. One task."""
        if self._events or self.closed:
            return
        mine: Waiter[None] = waiter()
        self._waiter = mine
        await mine.wait_for(max(0.0, seconds), None)
        self._waiter = None

    def _wake(self) -> None:
        waiting, self._waiter = self._waiter, None
        if waiting is not None:
            waiting.wake(None)


class Watchers:
    """The watchers of one resource."""

    def __init__(self) -> None:
        self._by_scope: dict[Place, dict[Watcher, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, watcher: Watcher) -> None:
        """Let a watcher hear of changes from now on."""
        self._by_scope.setdefault(watcher.scope, {})[watcher] = None
        self._count += 1

    def remove(self, watcher: Watcher) -> None:
        """Forget a watcher; one that is not there is forgotten already."""
        group = self._by_scope.get(watcher.scope)
        if group is not None and watcher in group:
            del group[watcher]
            self._count -= 1
            if not group:
                del self._by_scope[watcher.scope]

    def tell(self, change: Change) -> None:
        """Offer a change to whoever it can be about."""
        for scope in scopes_of(change):
            group = self._by_scope.get(scope)
            if group is not None:
                for watcher in group:
                    watcher.offer(change)

    def close_all(self) -> None:
        """End every watch."""
        groups, self._by_scope = self._by_scope, {}
        self._count = 0
        for group in groups.values():
            for watcher in group:
                watcher.close()


def scopes_of(change: Change) -> Sequence[Place]:
    """Return the scopes in which somebody may be who wants to know of a change, each once."""
    after, before = change.after, change.before
    entry = after if after is not None else before
    assert entry is not None, "a change has an object before it or after it"
    namespace, name, trigger = entry.namespace, entry.name, entry.trigger
    found: list[Place] = [EVERYTHING, ("", name, None)]
    if namespace:
        found += ((namespace, "", None), (namespace, name, None))
    found += _triggered(namespace, trigger)
    if before is not None and before.trigger != trigger:
        found += _triggered(namespace, before.trigger)
    return found


def _triggered(namespace: str, trigger: str | None) -> Sequence[Place]:
    if trigger is None:
        return ()
    everywhere = ("", "", trigger)
    return (everywhere, (namespace, "", trigger)) if namespace else (everywhere,)
