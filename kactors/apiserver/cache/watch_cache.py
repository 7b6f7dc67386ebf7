"""The objects of one resource and their latest changes, in memory.

Theory of operation
===================

`WatchCache.replace` sets the state at one revision; `WatchCache.apply` follows with changes in the
order of their revisions, none missing. Between the two lies everything that can be said without
asking etcd: the present state, and every change after the *floor*, the revision before the oldest
change that is still remembered. Who wants to know what happened after a revision below the floor
has to list anew.

Changes are remembered for a while (`RingLimits.fresh_seconds`), and more of them as long as there
are few.

Source: ``staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go`` of Kubernetes.
"""

from collections import deque
from collections.abc import Callable, Iterable

import attrs
from sortedcontainers import SortedDict

from kactors.api.codec import decode
from kactors.api.objects import Object
from kactors.apiserver.cache.entry import Change, Entry, Matches
from kactors.apiserver.cache.watchers import Scope, Watcher, Watchers, scopes_of
from kactors.apiserver.errors import RevisionGone
from kactors.apiserver.keys import key_of, name_in, namespace_prefix
from kactors.apiserver.storage import Stored
from kactors.etcd.key_range import prefix_end
from kactors.wire.sharing import shared

Trigger = Callable[[Object], str]
"""Computes the field by which a resource is indexed."""


@attrs.frozen
class RingLimits:
    """How many changes of a resource are remembered.

    Attributes:
        fresh_seconds: changes that are no older are kept, up to ``most``.
        least: so many are kept, however old.
        most: so many at most.
    """

    fresh_seconds: float = 75.0
    least: int = 100
    most: int = 102_400


class WatchCache:
    """See the module's text.

    Args:
        prefix: of the keys of the resource.
        now: reads the replica's monotonic clock, in seconds.
        trigger: computes the field by which objects are indexed, if they are.
        limits: on the remembered changes.

    Attributes:
        watchers: who hears of changes.
        floor: changes after this revision are remembered.
        version: counts changes of the state; two equal values mean that nothing has changed.
    """

    def __init__(
        self,
        prefix: bytes,
        now: Callable[[], float],
        *,
        trigger: Trigger | None = None,
        limits: RingLimits = RingLimits(),
    ) -> None:
        self.prefix = prefix
        self.watchers = Watchers()
        self.floor = 0
        self.version = 0
        self._now = now
        self._trigger = trigger
        self._limits = limits
        self._entries: SortedDict[bytes, Entry] = SortedDict()
        self._triggered: dict[str, dict[bytes, None]] = {}
        self._ring: deque[Change] = deque()

    def __len__(self) -> int:
        return len(self._entries)

    # What etcd tells --------------------------------------------------------------------------

    def replace(self, objects: Iterable[Stored], revision: int) -> None:
        """Begin anew with the state at ``revision``; whoever watches has to as well."""
        self.watchers.close_all()
        self._ring.clear()
        self._triggered.clear()
        self._entries = SortedDict((item.key, self._entry(item)) for item in objects)
        for entry in self._entries.values():
            self._index(entry)
        self.floor = revision
        self.version += 1

    def apply(self, key: bytes, revision: int, written: Stored | None) -> None:
        """Follow one change: a key was written, or deleted if ``written`` is None."""
        before = self._entries.pop(key, None) if written is None else self._entries.get(key)
        after = None if written is None else self._entry(written)
        if before is None and after is None:
            return  # created and deleted within one revision, or an empty deletion
        if before is not None and before.trigger is not None:
            group = self._triggered[before.trigger]
            del group[key]
            if not group:
                del self._triggered[before.trigger]
        if after is not None:
            self._entries[key] = after
            self._index(after)
        self.version += 1
        change = Change(revision, after, before, self._now())
        self._remember(change)
        self.watchers.tell(change)

    def _entry(self, item: Stored) -> Entry:
        namespace, name = name_in(self.prefix, item.key)
        body = shared(item.body)
        trigger = None if self._trigger is None else self._trigger(decode(body, item.revision))
        return Entry(item.key, namespace, name, body, item.revision, item.lease, trigger)

    def _index(self, entry: Entry) -> None:
        if entry.trigger is not None:
            self._triggered.setdefault(entry.trigger, {})[entry.key] = None

    def _remember(self, change: Change) -> None:
        ring, limits = self._ring, self._limits
        ring.append(change)
        old = change.at - limits.fresh_seconds
        while len(ring) > limits.most or (len(ring) > limits.least and ring[0].at < old):
            self.floor = ring.popleft().revision

    # What readers ask -------------------------------------------------------------------------

    def get(self, namespace: str, name: str) -> Entry | None:
        """Return an object; None if it is not there."""
        return self._entries.get(key_of(self.prefix, namespace, name))

    def select(self, scope: Scope, matches: Matches | None = None) -> list[Entry]:
        """Return the objects in a scope that match, in the order of their keys."""
        found = self._in(scope)
        return found if matches is None else [entry for entry in found if matches(entry)]

    def _in(self, scope: Scope) -> list[Entry]:
        entries = self._entries
        if scope.trigger is not None:
            keys = sorted(self._triggered.get(scope.trigger, ()))
            return [entries[key] for key in keys if scope.holds(entries[key])]
        if scope.name and (scope.namespace or not self._namespaced):
            found = self.get(scope.namespace, scope.name)
            return [] if found is None else [found]
        if not scope.namespace:
            return [entry for entry in entries.values() if scope.name in {"", entry.name}]
        prefix = namespace_prefix(self.prefix, scope.namespace)
        end = prefix_end(prefix)
        return [entries[key] for key in entries.irange(prefix, end, inclusive=(True, False))]

    @property
    def _namespaced(self) -> bool:
        """Whether objects are in namespaces; known from any of them."""
        return bool(self._entries) and bool(self._entries.peekitem(0)[1].namespace)

    def watch(
        self,
        scope: Scope,
        matches: Matches | None,
        *,
        after: int,
        waiting_max: int,
    ) -> Watcher:
        """Begin a watch that gets every change after the revision ``after``.

        Raises:
            RevisionGone: not all of them are remembered.
        """
        if after < self.floor:
            raise RevisionGone(after, self.floor)
        watcher = Watcher(scope, matches, after=after, waiting_max=waiting_max)
        for change in self.since(after):
            if scope in scopes_of(change):
                watcher.catch_up(change)
        self.watchers.add(watcher)
        return watcher

    def since(self, revision: int) -> Iterable[Change]:
        """Return what is remembered of the changes after a revision, oldest first."""
        later: list[Change] = []
        for change in reversed(self._ring):
            if change.revision <= revision:
                break
            later.append(change)
        return reversed(later)
