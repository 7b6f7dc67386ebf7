"""What an apiserver tells its watchers is what happened: in order, once, whole."""

from bisect import bisect_right
from collections import deque
from typing import ClassVar, Final

from kactors.api.registry import REGISTRY
from kactors.apiserver.cache.entry import Change as Remembered
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.cache.watchers import Scope
from kactors.apiserver.keys import key_of, prefix_of
from kactors.apiserver.server import ApiServer
from kactors.scenario.oracle import Oracle, Scene
from kactors.scenario.truth import Change

__all__ = ["WatchCaches"]

_ALL: Final = Scope()
#: What was stored so shortly before the end may still be on its way: no cluster stands still.
_ON_ITS_WAY_NS: Final = 2 * 10**9

_Told = tuple[int, bytes, bool]
"""Revision, key, and whether there is an object afterwards."""


class WatchCaches(Oracle):
    """Each replica's watch cache holds the changes of each resource without gap, copy or disorder.

    Its remembered changes are what watches are served from and resume at. Ordered, Unique, Atomic,
    Reliable and Resumable of etcd's guarantees, on the hop from etcd to the apiservers
    (``tests/robustness/validate/watch.go``). Catches etcd#17529 and #15402 (events skipped),
    etcd#15271 (a watch that goes back in time).
    """

    name: ClassVar[str] = "watch caches"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self._prefixes = {each.plural: prefix_of(each) for each in REGISTRY}
        self._history: dict[str, list[_Told]] = {plural: [] for plural in self._prefixes}
        #: (replica, resource) -> how many changes it had been given, and up to which revision.
        self._checked: dict[tuple[str, str], tuple[object, int, int]] = {}
        self._latest: deque[Change] = deque()
        scene.truth.on_change.append(self._changed)

    def _changed(self, change: Change) -> None:
        key = key_of(self._prefixes[change.resource], change.namespace, change.name)
        told = (change.revision, key, change.after is not None)
        self._history[change.resource].append(told)
        self._latest.append(change)
        while self._latest[0].at_ns < change.at_ns - _ON_ITS_WAY_NS:
            self._latest.popleft()

    def look(self) -> None:
        """Compare what each replica has been told since the last look with what happened."""
        for host, replica in self.scene.cluster.observer.of_kind(ApiServer):
            if replica.ready:
                for resource in REGISTRY:
                    cache = replica.backend.cache_of(resource)
                    self._compare(f"{host} for {resource.plural}", host, resource.plural, cache)

    def _compare(self, whose: str, host: str, plural: str, cache: WatchCache) -> None:
        place = (host, plural)
        known, version, seen = self._checked.get(place, (None, -1, 0))
        if known is cache and cache.version == version:
            return
        since = max(cache.floor, seen if known is cache else 0)
        told = [_told(each) for each in cache.since(since)]
        last = told[-1][0] if told else since
        history = self._history[plural]
        begin = bisect_right(history, since, key=_revision)
        happened = history[begin : bisect_right(history, last, key=_revision)]
        # What began and ended within one revision may be left out; nothing here does that.
        if told != happened:
            self.object_to(
                "a watch cache differs from what happened",
                f"the watch cache of {whose} was told {_first_difference(told, happened)}",
            )
        self._checked[place] = (cache, cache.version, last)

    def waits(self) -> bool:
        """Tell whether a replica is behind: the member that it follows may be cut off."""
        return bool(self._behind())

    def finish(self, *, converged: bool) -> None:
        """In the end every replica of the core holds what is stored."""
        self.look()
        behind = self._behind() if converged else ""
        if behind:
            self.object_to("a watch cache is behind for good", behind)

    def _behind(self) -> str:
        """Return what of a replica of the core differs from what is stored; empty if nothing."""
        for host, replica in self.scene.cluster.observer.of_kind(ApiServer):
            if not replica.ready or host not in self.scene.core:
                continue
            for resource in REGISTRY:
                if not self._holds_all(replica.backend.cache_of(resource), resource.plural):
                    return (
                        f"the watch cache of {host} for {resource.plural} holds other objects "
                        f"than are stored, or other revisions, {_ON_ITS_WAY_NS / 1e9:g} s later"
                    )
        return ""

    def _holds_all(self, cache: WatchCache, plural: str) -> bool:
        """Tell whether a cache holds what is stored, but for what was just written."""
        since_ns = self.scene.now_ns - _ON_ITS_WAY_NS
        fresh = {
            (each.namespace, each.name)
            for each in self._latest
            if each.resource == plural and each.at_ns >= since_ns
        }
        held = {(each.namespace, each.name): each.revision for each in cache.select(_ALL)}
        stored = {
            name: int(obj["metadata"]["resourceVersion"])
            for name, obj in self.scene.truth.objects(plural).items()
        }
        return all(
            held.get(name) == stored.get(name) for name in (*held, *stored) if name not in fresh
        )


def _told(change: Remembered) -> _Told:
    entry = change.after or change.before
    assert entry is not None, "a change of nothing"
    return change.revision, entry.key, change.after is not None


def _revision(told: _Told) -> int:
    return told[0]


def _first_difference(told: list[_Told], happened: list[_Told]) -> str:
    for mine, true in zip(told, happened, strict=False):
        if mine != true:
            return f"{mine}, what happened is {true}"
    if len(told) < len(happened):
        return f"nothing of {happened[len(told)]}"
    return f"{told[len(happened)]}, which never happened"
