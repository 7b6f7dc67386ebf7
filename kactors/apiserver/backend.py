"""What all handlers of one replica share."""

from collections.abc import Callable

import attrs

from kactors.api.errors import TOO_LARGE_RESOURCE_VERSION, Cause, ServiceUnavailable, Timeout
from kactors.api.meta import format_time
from kactors.api.objects import Object
from kactors.api.registry import Registry, Resource
from kactors.apiserver.cache.caches import Caches
from kactors.apiserver.cache.entry import Entry
from kactors.apiserver.cache.feed import Feed
from kactors.apiserver.cache.watch_cache import WatchCache
from kactors.apiserver.errors import CacheNotFresh
from kactors.apiserver.keys import key_of, name_in, prefix_of
from kactors.apiserver.storage import Storage, Stored
from kactors.runtime import Random

#: How long a read may wait for the cache to come up to a revision; upstream's ``blockTimeout``.
FRESH_SECONDS = 3.0


@attrs.define
class Backend:
    """Etcd, the watch caches over it, the clock and the chance of one replica.

    Attributes:
        registry: of all kinds.
        storage: writes, and reads by quorum.
        caches: the replica's view of every resource.
        feed: keeps them up to date.
        wall_ns: reads the host's wall clock.
        chance: draws uids and generated names.
    """

    registry: Registry
    storage: Storage
    caches: Caches
    feed: Feed
    wall_ns: Callable[[], int]
    chance: Random

    def cache_of(self, resource: Resource) -> WatchCache:
        """Return the watch cache of a resource."""
        return self.caches.of(resource.group, resource.plural)

    def now(self) -> str:
        """Return the time as objects have it."""
        return format_time(self.wall_ns())

    def uid(self) -> str:
        """Return a new uid: version 4 of RFC 9562, drawn from the replica's stream of chance."""
        bits = self.chance.getrandbits(128)
        bits = bits & ~(0xF << 76) | (4 << 76)
        bits = bits & ~(0x3 << 62) | (2 << 62)
        text = f"{bits:032x}"
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def cached(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object from the cache; None if it is not there."""
        entry = self.cache_of(resource).get(namespace, name) if self.feed.ready else None
        return None if entry is None else entry.object

    async def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """Return an object, from the cache, or if it is not there, from etcd; None if nowhere."""
        cached = self.cached(resource, namespace, name)
        if cached is not None:
            return cached
        stored = await self.storage.get(key_of(prefix_of(resource), namespace, name))
        return None if stored is None else entry_of(resource, stored).object

    async def wait_for(self, revision: int) -> None:
        """Return once the caches are at ``revision``, or at any if that is 0.

        Raises:
            Timeout: they are not, in time.
            ServiceUnavailable: they are being filled anew.
        """
        try:
            await self.feed.wait_for(revision, FRESH_SECONDS)
        except CacheNotFresh as problem:
            if not self.feed.ready:
                raise ServiceUnavailable(
                    "the watch cache is being filled", retry_after_s=1
                ) from problem
            cause = Cause(TOO_LARGE_RESOURCE_VERSION, "Too large resource version")
            raise Timeout(
                f"Too large resource version: {problem.asked}, current: {problem.current}",
                retry_after_s=1,
                causes=(cause,),
            ) from problem


def entry_of(resource: Resource, stored: Stored) -> Entry:
    """Return what was read from etcd in the form that the cache has."""
    namespace, name = name_in(prefix_of(resource), stored.key)
    return Entry(stored.key, namespace, name, stored.body, stored.revision, stored.lease)
