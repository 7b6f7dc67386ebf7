"""The watch caches of all resources of one replica."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from kactors.api.registry import Resource
from kactors.apiserver.cache.watch_cache import RingLimits, WatchCache
from kactors.apiserver.keys import prefix_of

#: The fields by which resources are indexed, so that who asks for one value pays for that alone.
INDEXED_FIELDS: Final[Mapping[tuple[str, str], str]] = {("", "pods"): "spec.nodeName"}


class Caches:
    """Watch caches, by resource.

    Args:
        resources: of the API.
        now: reads the replica's monotonic clock, in seconds.
        limits: on the changes that each remembers.

    Attributes:
        by_prefix: the caches by what their keys begin with.
    """

    def __init__(
        self, resources: Iterable[Resource], now: Callable[[], float], limits: RingLimits
    ) -> None:
        self.by_prefix: dict[bytes, WatchCache] = {}
        self._by_name: dict[tuple[str, str], WatchCache] = {}
        for resource in resources:
            name = (resource.group, resource.plural)
            field = INDEXED_FIELDS.get(name)
            cache = WatchCache(
                prefix_of(resource),
                now,
                trigger=None if field is None else resource.field_labels[field],
                limits=limits,
            )
            self.by_prefix[cache.prefix] = self._by_name[name] = cache

    def of(self, group: str, plural: str) -> WatchCache:
        """Return the cache of a resource that exists."""
        return self._by_name[group, plural]

    def close_watches(self) -> None:
        """End every watch: what it would be told is not known here any more."""
        for cache in self.by_prefix.values():
            cache.watchers.close_all()
