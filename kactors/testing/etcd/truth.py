"""The one log that members agree on, and the check of every member against it.

`Truth` is told what each member applies, in the moment. The first to apply an entry decides what
it is; the `Model` follows, and every other member must apply the same and come to the same state.
"""

from collections.abc import Callable, Sequence

from kactors.etcd.applier import MemberUpdated
from kactors.etcd.key_range import KeyRange
from kactors.etcd.store import DEFAULT_TTL_MIN, Store
from kactors.raft.messages import Entry
from kactors.testing.etcd.model import Model
from kactors.testing.etcd.violation import Promise, Violation
from kactors.wire import decode

__all__ = ["Truth"]

_ALL = KeyRange.of(b"\0", b"\0")


class Truth:
    """What is known to be committed, and who has applied how much of it.

    Args:
        now_ns: tells true time.

    Attributes:
        broken: the first promise that was not kept.
        model: the state after all that is known.
    """

    def __init__(self, now_ns: Callable[[], int]) -> None:
        self.broken: Violation | None = None
        self.model = Model(ttl_min=DEFAULT_TTL_MIN)
        self._now_ns = now_ns
        #: index -> (term, data, change); the first entry is at 1 or after the first snapshot.
        self._entries: dict[int, tuple[int, bytes, object]] = {}
        #: index -> (revision, compacted, leases) after it.
        self._after: dict[int, tuple[int, int, tuple[int, ...]]] = {}
        self._applied: dict[str, int] = {}

    @property
    def last_index(self) -> int:
        """The last index that anybody has applied."""
        return max(self._after, default=0)

    def applied_index(self, member: str) -> int:
        """Return how far a member is, or was before it went down."""
        return self._applied.get(member, 0)

    def note(self, promise: Promise, text: str, detail: str = "") -> None:
        """Remember the first violation."""
        if self.broken is None:
            self.broken = Violation(promise, text, detail)

    # What members do --------------------------------------------------------------------------

    def began(self, member: str, store: Store) -> None:
        """A member starts, or goes on, with the state of a snapshot."""
        index = store.applied_index
        self._applied[member] = index
        if not self._after:
            self._after[index] = (self.model.revision, self.model.compacted, self.model.leases)
        if index and index not in self._after:
            self.note(
                Promise.ONE_LOG, f"{member} starts at {index}, which nobody has applied", "start"
            )
            return
        self.check_whole(member, store)

    def applied(self, member: str, entries: Sequence[Entry], store: Store) -> None:
        """A member has applied entries to ``store``."""
        before = self._applied.get(member, 0)
        for entry in entries:
            self._take(member, entry)
        self._applied[member] = entries[-1].index
        if self.broken is not None:
            return
        if store.applied_index != entries[-1].index:
            self.note(
                Promise.EXACTLY_ONCE,
                f"{member} was given {entries[-1].index} and says {store.applied_index}",
                "index",
            )
            return
        self._check_news(member, before, store)

    def _take(self, member: str, entry: Entry) -> None:
        index = entry.index
        if index != self._applied.get(member, 0) + 1:
            self.note(
                Promise.EXACTLY_ONCE,
                f"{member} applies {index} after {self._applied.get(member, 0)}",
                "order",
            )
        self._applied[member] = index
        found = (entry.term, entry.data, entry.change)
        known = self._entries.get(index)
        if known is None:
            if index in self._after or index != self.last_index + 1:
                self.note(Promise.ONE_LOG, f"{member} applies {index} out of nowhere", "gap")
                return
            self._entries[index] = found
            if entry.data:
                command = decode(entry.data)
                if not isinstance(command, MemberUpdated):
                    self.model.apply(entry.term, command, self._now_ns())
            self._after[index] = (self.model.revision, self.model.compacted, self.model.leases)
        elif known != found:
            self.note(
                Promise.ONE_LOG,
                f"{member} applies {entry!r} at {index}, another member applied {known!r}",
                "entry",
            )

    # What they come to ------------------------------------------------------------------------

    def _check_news(self, member: str, before: int, store: Store) -> None:
        """Compare what the last entries have changed."""
        index = store.applied_index
        revision, compacted, leases = self._after[index]
        self._compare(member, index, "revision", store.mvcc.revision, revision)
        self._compare(member, index, "compact revision", store.mvcc.compacted, compacted)
        self._compare(member, index, "leases", tuple([lease.id for lease in store.lessor]), leases)
        self._compare_history(member, store, self._after.get(before, (1, 0, ()))[0])

    def _compare_history(self, member: str, store: Store, since: int) -> None:
        """Compare all changes after a revision."""
        mvcc, index = store.mvcc, store.applied_index
        since = max(since, mvcc.compacted)
        mine = [change.kv for change in mvcc.log[mvcc.position(since + 1) :]]
        upto = self._after[index][0]
        true = [
            kv
            for each in self.model.history[max(0, since - 1) : upto - 1]
            for kv, _ in each.changes
        ]
        self._compare(member, index, f"changes after {since}", mine, true)

    def check_whole(self, member: str, store: Store) -> None:
        """Compare all of a member's state with what it must be at its applied index."""
        index = store.applied_index
        if index not in self._after or self.broken is not None:
            return
        revision, compacted, leases = self._after[index]
        mvcc = store.mvcc
        self._compare(member, index, "revision", mvcc.revision, revision)
        self._compare(member, index, "compact revision", mvcc.compacted, compacted)
        self._compare(member, index, "leases", tuple([lease.id for lease in store.lessor]), leases)
        if self.broken is None:
            state = self.model.state(revision)
            self._compare(member, index, "keys", mvcc.range(_ALL), list(state.values()))
            self._compare_history(member, store, mvcc.compacted)
            hanging = {kv.key: kv.lease for kv in state.values() if kv.lease}
            mine = {key: lease.id for lease in store.lessor for key in lease.keys}
            self._compare(member, index, "keys of leases", mine, hanging)

    def _compare(self, member: str, index: int, what: str, mine: object, true: object) -> None:
        if mine != true:
            text = f"{member} at {index} has the {what} {mine!r:.300}, the log says {true!r:.300}"
            self.note(Promise.ONE_STATE, text, what.split(" after ", maxsplit=1)[0])
