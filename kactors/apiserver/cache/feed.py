"""Follows everything that happens in etcd, for all watch caches of one replica.

Theory of operation
===================

One list of all objects at one revision, in pages; then one watch of *all* keys from there. Because
nothing is left out, every revision of the store comes by, so that the replica always knows how far
it is without asking: after `Feed.revision` equals what a quorum just answered, every cache is as
fresh as etcd was then. The watch goes on with another member when its member is lost. What cannot
be made up for, a gap because etcd has compacted what comes next, ends in a new list, with which
every watcher begins anew.

A member that says nothing for a while is asked for a word, and then another member is watched. If
none of them serves a watch for `_LOST_SECONDS`, because they are cut off from here or from each
other, the replica is not *ready*: it ends the watches that it serves, so that their watchers go on
at another replica, instead of keeping them in the dark for as long as that lasts. Once a member is
back, it goes on where it was.

Upstream has a list and a watch for each resource
(``staging/src/k8s.io/apiserver/pkg/storage/cacher``), and asks for progress where nothing happens.
There, too, watches end with the touch to etcd (``clientv3.WithRequireLeader``, keep-alive of 30 and
10 s, ``Cacher.terminateAllWatchers``).
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from heapq import heappop, heappush
from typing import Final, Protocol

from kactors.actors.errors import RequestError
from kactors.apiserver.errors import CacheNotFresh, RevisionGone
from kactors.apiserver.keys import ROOT
from kactors.apiserver.storage import Storage, Stored, stored
from kactors.etcd.client_errors import ClusterUnavailable
from kactors.etcd.client_watch import ClientWatch
from kactors.etcd.errors import EtcdError
from kactors.etcd.messages import Event, EventType, Watch
from kactors.runtime import CancelScope, Waiter, cancel_scope, current_time, sleep, waiter

#: Objects in one page of the list: what etcd answers has to fit into a frame.
_PAGE: Final = 500
_PAUSE_SECONDS: Final = 0.2
#: So long is a member given before it is suspected of being behind, again.
_TRUST_SECONDS: Final = 5.0
#: A member that has said nothing for so long is asked for a word.
_PING_SECONDS: Final = 5.0
#: After so long without a word another member is watched.
_SILENCE_SECONDS: Final = 10.0
#: After so long without a member that serves a watch, the caches may be anything.
_LOST_SECONDS: Final = 20.0
_LOOK_SECONDS: Final = 1.0
_ALL_KEYS: Final = (b"", b"\0")


class Follower(Protocol):
    """What is told of the keys of one prefix, as `WatchCache` and `Taken` are."""

    def replace(self, objects: Iterable[Stored], revision: int) -> None:
        """Begin anew with the state at ``revision``."""

    def apply(self, key: bytes, revision: int, written: Stored | None) -> None:
        """Follow one change: a key was written, or deleted if ``written`` is None."""


class Feed:
    """See the module's text.

    Args:
        storage: the way to etcd.
        caches: by the prefix of their keys.
        log: told what goes wrong.
        on_lost: called when there is no touch with etcd any more.

    Attributes:
        revision: everything up to it is in the caches.
        lists: how often everything was listed.
    """

    def __init__(
        self,
        storage: Storage,
        caches: Mapping[bytes, Follower],
        *,
        log: Callable[[str], None],
        on_lost: Callable[[], None],
    ) -> None:
        self.revision = 0
        self.lists = 0
        self._whole = False
        self._lost = False
        self._in_touch_at = 0.0
        self._storage = storage
        self._caches = caches
        self._log = log
        self._on_lost = on_lost
        self._waiting: list[tuple[int, int, Waiter[bool]]] = []
        self._waits = 0
        self._watching: CancelScope | None = None
        self._watch: ClientWatch | None = None
        self._trusted_until = 0.0

    @property
    def ready(self) -> bool:
        """Whether there was a list, no gap since, and lately touch with etcd."""
        return self._whole and not self._lost

    async def run(self) -> None:
        """Follow etcd until cancelled."""
        while True:
            try:
                await self._list()
                await self._follow()
            except (ClusterUnavailable, EtcdError, RevisionGone, RequestError) as problem:
                self._log(f"the watch cache begins anew: {problem}")
            await sleep(_PAUSE_SECONDS)

    async def wait_for(self, revision: int, seconds: float) -> None:
        """Return once everything up to ``revision`` is in the caches.

        Raises:
            CacheNotFresh: it has not come within ``seconds``.
        """
        if self.ready and self.revision >= revision:
            return
        self._waits += 1
        mine: Waiter[bool] = waiter()
        heappush(self._waiting, (revision, self._waits, mine))
        if not await mine.wait_for(seconds, False):
            self._suspect()
            raise CacheNotFresh(revision, self.revision)

    async def wait_until_ready(self) -> None:
        """Return once there was a first list, however long that takes."""
        while not self.ready:
            with suppress(CacheNotFresh):
                await self.wait_for(0, 10 * _TRUST_SECONDS)

    # Listing ----------------------------------------------------------------------------------

    async def _list(self) -> None:
        found: dict[bytes, list[Stored]] = {prefix: [] for prefix in self._caches}
        revision, start = 0, b""
        while True:
            page = await self._storage.page(ROOT, start=start, limit=_PAGE, revision=revision)
            revision = page.revision
            for item in page.items:
                prefix = self._prefix_of(item.key)
                if prefix in found:
                    found[prefix].append(item)
            if not page.more:
                break
            start = page.items[-1].key + b"\0"
        for prefix, items in found.items():
            self._caches[prefix].replace(items, revision)
        self._whole = True
        self.lists += 1
        self._touched()
        self._advance(revision)

    def _prefix_of(self, key: bytes) -> bytes:
        """Return the prefix of the resource that a key belongs to; maybe none that is known."""
        parts = key.split(b"/", 4)
        if len(parts) < 4:
            return b""
        core = b"/".join(parts[:3]) + b"/"
        return core if core in self._caches else b"/".join(parts[:4]) + b"/"

    # Watching ---------------------------------------------------------------------------------

    async def _follow(self) -> None:
        """Follow until there is a gap, which is an error of the watch."""
        key, range_end = _ALL_KEYS
        while True:
            request = Watch(key, range_end, self.revision + 1, fragment=True)
            self._watch = watch = self._storage.etcd.watch(request)
            try:
                with cancel_scope() as self._watching:
                    async with watch:
                        async for response in watch:
                            for event in response.events:
                                self._apply(event)
                            self._advance(response.header.revision)
            except EtcdError:
                self._whole = False
                raise
            finally:
                self._watch = self._watching = None

    def _apply(self, event: Event) -> None:
        kv = event.kv
        cache = self._caches.get(self._prefix_of(kv.key))
        if cache is not None:
            written = stored(kv) if event.type is EventType.PUT else None
            cache.apply(kv.key, kv.mod_revision, written)

    def _advance(self, revision: int) -> None:
        self.revision = max(self.revision, revision)
        while self._waiting and self._waiting[0][0] <= self.revision:
            heappop(self._waiting)[2].wake(True)

    def _suspect(self) -> None:
        """Ask another member: this one keeps from us what a quorum has answered already."""
        if self._suspicious():
            self._go_elsewhere("the member that is watched is behind")

    def _go_elsewhere(self, why: str) -> None:
        """Watch another member from now on, if any is watched."""
        if self._watch is not None and self._watching is not None:
            self._watch.turn_away()
            self._watching.cancel(why)

    def _suspicious(self) -> bool:
        """Tell whether it is long enough ago that another member was asked."""
        now = current_time()
        if now < self._trusted_until:
            return False
        self._trusted_until = now + _TRUST_SECONDS
        return True

    # Touch ------------------------------------------------------------------------------------

    async def look_after(self) -> None:
        """Notice, until cancelled, who says nothing: the member that is watched, or all of etcd."""
        while True:
            await sleep(_LOOK_SECONDS)
            now, watch = current_time(), self._watch
            if watch is not None:
                quiet = now - watch.heard_at
                if quiet >= _SILENCE_SECONDS:
                    self._go_elsewhere("the member that is watched says nothing")
                elif quiet >= _PING_SECONDS:
                    watch.ask_for_word()
                # One that knows no leader answers, too, and takes it back at its next tick.
                elif watch.heard_at > watch.asked_at and now - watch.asked_at >= _LOOK_SECONDS:
                    self._touched()
            if self._whole and not self._lost and now - self._in_touch_at >= _LOST_SECONDS:
                self._lost = True
                self._log(f"no member of etcd has served a watch for {_LOST_SECONDS:g} s")
                self._on_lost()

    def _touched(self) -> None:
        self._in_touch_at = current_time()
        if self._lost:
            self._lost = False
            self._log("the watch cache goes on where it was")
            self._advance(self.revision)
