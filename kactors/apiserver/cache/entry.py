"""Objects and changes as the watch cache holds them."""

from collections.abc import Callable
from typing import Final, NamedTuple

from kactors.api.codec import decode
from kactors.api.objects import Object
from kactors.api.requests import StoredObject, WatchEvent

ADDED: Final = "ADDED"
MODIFIED: Final = "MODIFIED"
DELETED: Final = "DELETED"
BOOKMARK: Final = "BOOKMARK"
ERROR: Final = "ERROR"


class Entry(NamedTuple):
    """One version of one object.

    Attributes:
        key: in etcd.
        namespace: empty for kinds that have none.
        name: of the object.
        body: its bytes, as they are in etcd.
        revision: at which it was written.
        lease: the etcd lease with which it ends; 0 for none.
        trigger: the value of the field by which its resource is indexed; None if it is not.
    """

    key: bytes
    namespace: str
    name: str
    body: bytes
    revision: int
    lease: int = 0
    trigger: str | None = None

    @property
    def object(self) -> Object:
        """The object; shared, so that nobody may change it."""
        return decode(self.body, self.revision)

    @property
    def stored(self) -> StoredObject:
        """The object as it travels."""
        return StoredObject(self.body, self.revision)


Matches = Callable[[Entry], bool]
"""Tells whether a watcher, or a list, wants an object."""


class Change:
    """One change of one object: what it was, what it is.

    Every form in which watchers see it is made once.

    Attributes:
        revision: at which it happened.
        after: the new version; None if the object was deleted.
        before: the version before; None if there was no object.
        at: when the replica heard of it, in seconds of its monotonic clock.
    """

    __slots__ = ("_seen", "after", "at", "before", "revision")

    def __init__(self, revision: int, after: Entry | None, before: Entry | None, at: float) -> None:
        self.revision = revision
        self.after = after
        self.before = before
        self.at = at
        self._seen: dict[str, WatchEvent] = {}

    def seen_by(self, trigger: str | None, matches: Matches | None) -> WatchEvent | None:
        """Return the change as somebody sees it who wants only some objects; None if not at all.

        An object that begins to match is added for them, one that ceases to match is deleted.

        Args:
            trigger: the value of the indexed field that they want; None for any.
            matches: what else they want; None for anything.
        """
        after, before = self.after, self.before
        now = after is not None and _wanted(after, trigger, matches)
        then = before is not None and _wanted(before, trigger, matches)
        if now:
            assert after is not None, "what matches is there"
            return self._as(MODIFIED if then else ADDED, after)
        if then:
            assert before is not None, "what matched was there"
            return self._as(DELETED, before)
        return None

    def _as(self, kind: str, entry: Entry) -> WatchEvent:
        seen = self._seen.get(kind)
        if seen is None:
            seen = self._seen[kind] = WatchEvent(kind, entry.body, self.revision)
        return seen


def _wanted(entry: Entry, trigger: str | None, matches: Matches | None) -> bool:
    return (trigger is None or entry.trigger == trigger) and (matches is None or matches(entry))
