"""Watches: what to watch, and what a watch delivers."""

from enum import IntEnum

from kactors.actors.request import Request, StreamRequest
from kactors.etcd.messages.kv import Header, KeyValue
from kactors.wire import message


class EventType(IntEnum):
    """What happened to a key."""

    PUT = 0
    DELETE = 1


@message("etcd.event")
class Event:
    """One change of one key.

    Attributes:
        type: what happened.
        kv: the new version; of a deletion only ``key`` and ``mod_revision`` mean anything.
        prev_kv: the version before, if that was asked for, there was one, and it is not compacted.
    """

    type: EventType
    kv: KeyValue
    prev_kv: KeyValue | None = None

    @property
    def is_create(self) -> bool:
        """Whether the key did not exist before."""
        return self.kv.version == 1


@message("etcd.watch")
class Watch(StreamRequest["WatchResponse"]):
    """Tell what happens to keys, from a revision on.

    The first response says ``created``. Events come by revision, whole revisions at a time.

    Attributes:
        key: the first key, or the only one if ``range_end`` is empty; empty is the first of all.
        range_end: as in `Range`.
        start_revision: from where on; 0 is from now on, a future revision is waited for.
        progress_notify: also tell now and then how far the watch is when nothing happens: the
            revision of the header of a response without events. All up to it has been delivered.
        no_put: leave puts out.
        no_delete: leave deletions out.
        prev_kv: deliver the version before with each event.
        watch_id: tells the watches of one stream apart; 0 lets the member choose.
        fragment: a response may be cut into several, even within a revision.
    """

    key: bytes
    range_end: bytes = b""
    start_revision: int = 0
    progress_notify: bool = False
    no_put: bool = False
    no_delete: bool = False
    prev_kv: bool = False
    watch_id: int = 0
    fragment: bool = False


@message("etcd.watch_cancel")
class WatchCancel:
    """End one watch of a stream."""

    watch_id: int


@message("etcd.watch_progress")
class WatchProgress(Request["WatchResponse"]):
    """Ask how far the watches of a stream are; answered when none of them is behind."""


@message("etcd.watch_response")
class WatchResponse:
    """Events, or news about the watch itself.

    Attributes:
        header: its revision is one up to which the watch is now complete.
        watch_id: whose; -1 speaks for all watches of a stream, or for one that was not created.
        created: the watch begins.
        canceled: the watch has ended, and nothing follows.
        compact_revision: if not 0, the watch ended because what it asks for was compacted; this is
            the first revision that can be asked for.
        cancel_reason: why it ended.
        fragment: the next response goes on with the same events.
        events: what happened.
    """

    header: Header
    watch_id: int = 0
    created: bool = False
    canceled: bool = False
    compact_revision: int = 0
    cancel_reason: str = ""
    fragment: bool = False
    events: tuple[Event, ...] = ()

    @property
    def is_progress(self) -> bool:
        """Whether it says nothing but how far the watch is."""
        return not (self.events or self.created or self.canceled)
