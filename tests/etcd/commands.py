"""Random requests, and answers of the store without what the model does not know."""

from kactors.etcd.errors import EtcdError
from kactors.etcd.messages import (
    Compact,
    CompactResponse,
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    DeleteRangeResponse,
    LeaseGrant,
    LeaseGrantResponse,
    LeaseRevoke,
    LeaseRevokeResponse,
    Operation,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    SortOrder,
    SortTarget,
    Txn,
    TxnResponse,
)
from kactors.etcd.store import Command, Store
from kactors.etcd.validation import validate
from kactors.runtime.random import Random

KEYS = [b"a", b"aa", b"b", b"ba", b"c", b"d"]
ENDS = [b"", b"", b"", b"b", b"c", b"e", b"\0", b"a"]
LEASES = [0, 0, 0, 1, 2, 3]


class Drawer:
    """Draws requests that make sense about half of the time."""

    def __init__(self, rng: Random) -> None:
        self.rng = rng
        self.revision = 1

    def command(self, revision: int) -> Command:
        """Draw something for the log, for a store at ``revision``."""
        self.revision = revision
        chance = self.rng.below(20)
        if chance < 8:
            return self.put()
        if chance < 11:
            return self.delete()
        if chance < 17:
            return self.txn()
        if chance == 17:
            return Compact(self.rng.below(revision + 2))
        lease = 1 + self.rng.below(3)
        return LeaseGrant(60, lease) if self.rng.chance(0.7) else LeaseRevoke(lease)

    def put(self) -> Put:
        """Draw a put."""
        keep = self.rng.below(8)
        return Put(
            self._key(),
            b"" if keep == 0 else b"v%d" % self.rng.below(4),
            0 if keep == 1 else self.rng.choice(LEASES),
            prev_kv=self.rng.chance(0.5),
            ignore_value=keep == 0,
            ignore_lease=keep == 1,
        )

    def delete(self) -> DeleteRange:
        """Draw a deletion."""
        return DeleteRange(self._key(), self._end(), prev_kv=self.rng.chance(0.5))

    def range(self, revision: int) -> Range:
        """Draw a read, for a store at ``revision``."""
        self.revision = revision
        bounded = self.rng.chance(0.3)
        return Range(
            self._key(),
            self._end(),
            limit=self.rng.below(4) if self.rng.chance(0.4) else 0,
            revision=self.rng.below(revision + 2) if self.rng.chance(0.6) else 0,
            sort_order=self.rng.choice(list(SortOrder)),
            sort_target=self.rng.choice(list(SortTarget)),
            keys_only=self.rng.chance(0.2),
            count_only=self.rng.chance(0.1),
            min_mod_revision=self._bound(bounded=bounded),
            max_mod_revision=self._bound(bounded=bounded),
            min_create_revision=self._bound(bounded=bounded),
            max_create_revision=self._bound(bounded=bounded),
        )

    def txn(self, depth: int = 2) -> Txn:
        """Draw a transaction that passes validation."""
        while True:
            drawn = Txn(
                tuple([self._compare() for _ in range(self.rng.below(3))]),
                tuple([self._operation(depth) for _ in range(self.rng.below(4))]),
                tuple([self._operation(depth) for _ in range(self.rng.below(3))]),
            )
            try:
                validate(drawn)
            except EtcdError:
                continue
            return drawn

    def _operation(self, depth: int) -> Operation:
        chance = self.rng.below(8)
        if chance < 3:
            return self.put()
        if chance < 5:
            return self.range(self.revision) if self.rng.chance(0.3) else Range(self._key())
        if chance < 6 or not depth:
            return self.delete()
        return self.txn(depth - 1)

    def _compare(self) -> Compare:
        target = self.rng.choice(list(CompareTarget))
        numbers = [0, 1, 2, max(0, self.revision - self.rng.below(6))]
        value = b"v%d" % self.rng.below(4)
        return Compare(
            self._key(),
            target,
            self.rng.choice(list(CompareResult)),
            value if target is CompareTarget.VALUE else self.rng.choice(numbers),
            self._end() if self.rng.chance(0.3) else b"",
        )

    def _key(self) -> bytes:
        return self.rng.choice(KEYS)

    def _end(self) -> bytes:
        return self.rng.choice(ENDS)

    def _bound(self, *, bounded: bool) -> int:
        return self.rng.below(self.revision + 2) if bounded and self.rng.chance(0.5) else 0


def outcome(answer: object) -> object:
    """What an answer of the store says, in the form of the model's answers."""
    match answer:
        case EtcdError():
            return type(answer)
        case RangeResponse():
            return answer.kvs, answer.more, answer.count
        case PutResponse():
            return answer.prev_kv
        case DeleteRangeResponse():
            return answer.deleted, answer.prev_kvs
        case TxnResponse():
            return answer.succeeded, tuple(map(outcome, answer.responses))
        case CompactResponse() | LeaseGrantResponse() | LeaseRevokeResponse():
            return None
        case _:
            raise AssertionError(f"an answer that the model does not know: {answer}")


def read(store: Store, request: Range) -> object:
    """What the store answers to a read, in the form of the model's answers."""
    try:
        return outcome(store.range(request))
    except EtcdError as refusal:
        return type(refusal)
