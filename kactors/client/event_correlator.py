"""What keeps events few: similar ones are combined, equal ones counted, floods cut off.

Source: client-go ``tools/record/events_cache.go``; names and numbers are upstream's.
"""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Any, Final, Generic, TypeVar

import attrs

from kactors.api.objects import Object
from kactors.client.rate_limiter import BucketRateLimiter
from kactors.runtime import current_time

__all__ = ["Correlated", "EventCorrelator"]

KeyT = TypeVar("KeyT", bound=Hashable)
ValueT = TypeVar("ValueT")

CACHE_ENTRIES: Final = 4096
AGGREGATE_EVENTS: Final = 10
"""How many different messages of one sort are told one by one."""
AGGREGATE_SECONDS: Final = 600.0
SPAM_BURST: Final = 25
SPAM_QPS: Final = 1 / 300
COMBINED: Final = "(combined from similar events): "


class _LruCache(Generic[KeyT, ValueT]):
    """Forgets what was not used for longest."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._values: OrderedDict[KeyT, ValueT] = OrderedDict()

    def get(self, key: KeyT) -> ValueT | None:
        found = self._values.get(key)
        if found is not None:
            self._values.move_to_end(key)
        return found

    def put(self, key: KeyT, value: ValueT) -> None:
        self._values[key] = value
        self._values.move_to_end(key)
        if len(self._values) > self._entries:
            self._values.popitem(last=False)


@attrs.define
class _Aggregate:
    messages: dict[str, None]
    last_at: float


@attrs.frozen
class _Observation:
    count: int
    first_timestamp: str
    name: str


@attrs.frozen
class Correlated:
    """What to do about an event.

    Attributes:
        event: as it shall be stored.
        patch: what to change if it is stored already; ``None`` if it is new.
    """

    event: Object
    patch: Object | None


class EventCorrelator:
    """Decides for each event of one source: a new one, one more of an old one, or one too many."""

    def __init__(self) -> None:
        self._aggregates: _LruCache[tuple[Any, ...], _Aggregate] = _LruCache(CACHE_ENTRIES)
        self._observations: _LruCache[tuple[Any, ...], _Observation] = _LruCache(CACHE_ENTRIES)
        self._spam: _LruCache[tuple[Any, ...], BucketRateLimiter] = _LruCache(CACHE_ENTRIES)

    def correlate(self, event: Object) -> Correlated | None:
        """Return what to do about an event; ``None`` if it is one too many."""
        event, key = self._aggregate(event)
        result = self._observe(event, key)
        bucket = self._bucket(event)
        return result if bucket.try_accept() else None

    def _aggregate(self, event: Object) -> tuple[Object, tuple[Any, ...]]:
        """Return the event, or one that stands for many, and what it is known by."""
        now = current_time()
        key = _aggregate_key(event)
        record = self._aggregates.get(key)
        if record is None or now - record.last_at > AGGREGATE_SECONDS:
            record = _Aggregate({}, now)
        record.messages[event["message"]] = None
        record.last_at = now
        self._aggregates.put(key, record)
        if len(record.messages) < AGGREGATE_EVENTS:
            return event, _event_key(event)
        del record.messages[next(iter(record.messages))]
        return {**event, "message": COMBINED + event["message"]}, key

    def _observe(self, event: Object, key: tuple[Any, ...]) -> Correlated:
        """Count the event."""
        before = self._observations.get(key)
        if before is None:
            name = event["metadata"]["name"]
            self._observations.put(key, _Observation(1, event["firstTimestamp"], name))
            return Correlated(event, None)
        count = before.count + 1
        self._observations.put(key, attrs.evolve(before, count=count))
        patch = {
            "count": count,
            "lastTimestamp": event["lastTimestamp"],
            "message": event["message"],
        }
        known = {
            **event,
            "metadata": {**event["metadata"], "name": before.name},
            "firstTimestamp": before.first_timestamp,
            "count": count,
        }
        return Correlated(known, patch)

    def _bucket(self, event: Object) -> BucketRateLimiter:
        key = _spam_key(event)
        bucket = self._spam.get(key)
        if bucket is None:
            bucket = BucketRateLimiter(SPAM_QPS, SPAM_BURST)
            self._spam.put(key, bucket)
        return bucket


def _spam_key(event: Object) -> tuple[Any, ...]:
    """Return who speaks of what."""
    source: Object = event["source"]
    about: Object = event["involvedObject"]
    return (
        source.get("component"),
        source.get("host"),
        *(about.get(name) for name in ("kind", "namespace", "name", "uid", "apiVersion")),
    )


def _aggregate_key(event: Object) -> tuple[Any, ...]:
    """Return what events have in common that may be combined: all but the message."""
    return (*_spam_key(event), event["type"], event["reason"])


def _event_key(event: Object) -> tuple[Any, ...]:
    """Return what events have in common that are counted as one."""
    about: Object = event["involvedObject"]
    return (*_aggregate_key(event), about.get("fieldPath"), event["message"])
