"""Answers that etcd 3.4.23 was seen to give, one test for each."""

import pytest

from kactors.etcd.errors import (
    Compacted,
    DuplicateKey,
    EtcdError,
    FutureRevision,
    KeyNotFound,
    LeaseExists,
    LeaseNotFound,
    LeaseTtlTooLarge,
    TooManyOps,
    ValueProvided,
)
from kactors.etcd.lease_expiry import Expiry
from kactors.etcd.messages import (
    Compact,
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    EventType,
    KeyValue,
    LeaseGrant,
    LeaseGrantResponse,
    LeaseRevoke,
    Operation,
    Put,
    Range,
    RangeResponse,
    SortTarget,
    Txn,
    TxnResponse,
    Watch,
)
from kactors.etcd.store import Answer, Command, Store
from kactors.etcd.validation import validate
from kactors.etcd.watch_stream import WatchStream


class Session:
    """A store to talk to, one committed command after the other."""

    def __init__(self) -> None:
        self.store = Store(cluster_id=7, member_id=8)

    def do(self, command: Command) -> Answer:
        """Apply the next entry of the log."""
        answer = self.store.apply(self.store.applied_index + 1, 3, command)
        assert answer is not None
        return answer

    def txn(self, command: Txn) -> TxnResponse:
        """Apply a transaction that is not refused."""
        answer = self.do(command)
        assert isinstance(answer, TxnResponse)
        return answer

    def puts(self, *keys: bytes) -> None:
        """Put keys, their names being their values."""
        for key in keys:
            self.do(Put(key, key))

    def keys(self, key: bytes, range_end: bytes = b"") -> list[bytes]:
        """The keys of a range."""
        return [kv.key for kv in self.store.range(Range(key, range_end)).kvs]

    @property
    def revision(self) -> int:
        """The store's revision."""
        return self.store.mvcc.revision


@pytest.fixture(name="session")
def _session() -> Session:
    return Session()


# Revisions ----------------------------------------------------------------------------------


def test_an_empty_store_has_revision_1(session: Session) -> None:
    """Reading it says so."""
    assert session.store.range(Range(b"a")).header.revision == 1


def test_each_mutation_adds_one(session: Session) -> None:
    """Whether put, deletion or transaction."""
    session.do(Put(b"a"))
    session.do(DeleteRange(b"a"))
    session.do(Txn(success=(Put(b"b"),)))

    assert session.revision == 4


def test_deleting_nothing_adds_nothing(session: Session) -> None:
    """It is no mutation."""
    session.do(DeleteRange(b"a", b"\0"))

    assert session.revision == 1


def test_the_operations_of_a_transaction_share_one_revision(session: Session) -> None:
    """Their events are in the order of the operations."""
    watch = WatchStream(session.store.watchers)
    watch.create(Watch(b"\0", b"\0"))

    session.txn(Txn(success=(Put(b"b"), Put(b"a"), Put(b"c"))))

    response = watch.poll()
    assert response is not None
    assert [event.kv.key for event in response.events] == [b"b", b"a", b"c"]
    assert {event.kv.mod_revision for event in response.events} == {2}


def test_a_transaction_that_only_reads_adds_nothing(session: Session) -> None:
    """Whichever branch is taken."""
    session.txn(Txn(success=(Range(b"a"),)))

    assert session.revision == 1


def test_revoking_a_lease_deletes_its_keys_at_one_revision(session: Session) -> None:
    """However many they are; a lease without keys adds nothing."""
    session.do(LeaseGrant(60, 1))
    session.do(LeaseGrant(60, 2))
    session.do(Put(b"a", lease=1))
    session.do(Put(b"b", lease=1))
    before = session.revision

    session.do(LeaseRevoke(1))
    session.do(LeaseRevoke(2))

    assert session.keys(b"\0", b"\0") == []
    assert session.revision == before + 1


def test_a_key_that_is_put_again_begins_a_new_life(session: Session) -> None:
    """Its version is 1 again, its create revision new."""
    session.puts(b"a", b"a")
    session.do(DeleteRange(b"a"))
    session.puts(b"a")

    (kv,) = session.store.range(Range(b"a")).kvs
    assert kv == KeyValue(b"a", 5, 5, 1, b"a")


def test_a_header_says_who_and_when(session: Session) -> None:
    """Cluster, member, revision and term."""
    header = session.txn(Txn(success=(Put(b"a"),))).header

    assert (header.cluster_id, header.member_id, header.revision, header.raft_term) == (7, 8, 2, 3)


# Range --------------------------------------------------------------------------------------


def test_what_a_range_end_means(session: Session) -> None:
    """Half open; a zero byte is no end; both zero is everything."""
    session.puts(b"a", b"aa", b"b", b"c")

    assert session.keys(b"a") == [b"a"]
    assert session.keys(b"a", b"b") == [b"a", b"aa"]
    assert session.keys(b"b", b"\0") == [b"b", b"c"]
    assert session.keys(b"\0", b"\0") == [b"a", b"aa", b"b", b"c"]


def test_an_inverted_range_is_empty(session: Session) -> None:
    """And no error, for reading as for deleting."""
    session.puts(b"a", b"b")

    assert session.keys(b"b", b"a") == []
    session.do(DeleteRange(b"b", b"a"))
    assert session.revision == 3


def test_count_ignores_limit_and_bounds(session: Session) -> None:
    """It counts the range; ``more`` speaks of the limit."""
    session.puts(b"a", b"b", b"c")

    limited = session.store.range(Range(b"\0", b"\0", limit=2))
    bounded = session.store.range(Range(b"\0", b"\0", min_mod_revision=4))
    counted = session.store.range(Range(b"\0", b"\0", count_only=True))

    assert (len(limited.kvs), limited.more, limited.count) == (2, True, 3)
    assert (len(bounded.kvs), bounded.more, bounded.count) == (1, False, 3)
    assert (counted.kvs, counted.more, counted.count) == ((), False, 3)


def test_another_target_sorts_upwards_without_an_order(session: Session) -> None:
    """Only for keys does no order mean no sorting."""
    session.do(Put(b"a", b"2"))
    session.do(Put(b"b", b"1"))

    found = session.store.range(Range(b"\0", b"\0", sort_target=SortTarget.VALUE)).kvs

    assert [kv.key for kv in found] == [b"b", b"a"]


def test_the_compact_revision_can_be_read(session: Session) -> None:
    """The one before it cannot, and the future cannot."""
    session.puts(b"a", b"b", b"c")
    session.do(Compact(3))

    assert len(session.store.range(Range(b"\0", b"\0", revision=3)).kvs) == 2
    with pytest.raises(Compacted):
        session.store.range(Range(b"\0", b"\0", revision=2))
    with pytest.raises(FutureRevision):
        session.store.range(Range(b"\0", b"\0", revision=5))


# Put and delete -----------------------------------------------------------------------------


def test_put_can_keep_value_or_lease(session: Session) -> None:
    """Of a key that is there; a value given besides is refused before."""
    session.do(LeaseGrant(60, 1))
    session.do(Put(b"a", b"1", lease=1))

    session.do(Put(b"a", b"2", ignore_lease=True))
    assert session.store.mvcc.get(b"a") == KeyValue(b"a", 2, 3, 2, b"2", 1)
    session.do(Put(b"a", ignore_value=True))
    assert session.store.mvcc.get(b"a") == KeyValue(b"a", 2, 4, 3, b"2", 0)

    assert isinstance(session.do(Put(b"b", ignore_value=True)), KeyNotFound)
    assert isinstance(session.do(Put(b"b", ignore_lease=True)), KeyNotFound)
    with pytest.raises(ValueProvided):
        validate(Put(b"a", b"2", ignore_value=True))


def test_put_with_an_unknown_lease_is_refused(session: Session) -> None:
    """And puts nothing."""
    assert isinstance(session.do(Put(b"a", lease=9)), LeaseNotFound)
    assert session.revision == 1


# Transactions -------------------------------------------------------------------------------


def compare(
    target: CompareTarget, operand: bytes | int, *, key: bytes = b"a", end: bytes = b""
) -> Compare:
    """The condition that a field is equal to something."""
    return Compare(key, target, CompareResult.EQUAL, operand, end)


def test_version_0_means_that_a_key_does_not_exist(session: Session) -> None:
    """So it is created once."""
    create = Txn((compare(CompareTarget.VERSION, 0),), (Put(b"a", b"1"),))

    assert session.txn(create).succeeded
    assert not session.txn(create).succeeded


@pytest.mark.parametrize("result", list(CompareResult))
def test_the_value_of_a_missing_key_compares_with_nothing(
    session: Session, result: CompareResult
) -> None:
    """Not even as different."""
    answer = session.txn(Txn((Compare(b"a", CompareTarget.VALUE, result, b""),)))

    assert not answer.succeeded


def test_a_range_compares_every_key(session: Session) -> None:
    """An empty one compares as one key that does not exist."""
    session.puts(b"a", b"b")
    session.puts(b"b")
    ones = compare(CompareTarget.VERSION, 1, key=b"a", end=b"c")
    nothing = compare(CompareTarget.VERSION, 0, key=b"x", end=b"z")

    assert not session.txn(Txn((ones,))).succeeded
    assert session.txn(Txn((nothing,))).succeeded


def test_nested_comparisons_see_the_state_before(session: Session) -> None:
    """What the transaction itself wrote does not count for them."""
    session.do(Put(b"a", b"old"))
    nested = Txn((compare(CompareTarget.VALUE, b"old"),), (Range(b"a"),))

    outer = session.txn(Txn(success=(Put(b"a", b"new"), nested)))

    inner = outer.responses[1]
    assert isinstance(inner, TxnResponse)
    assert inner.succeeded
    read = inner.responses[0]
    assert isinstance(read, RangeResponse)
    assert read.kvs[0].value == b"new"


@pytest.mark.parametrize(
    "branch",
    [
        (Put(b"a"), Put(b"a")),
        (Put(b"a"), DeleteRange(b"a")),
        (DeleteRange(b"a", b"b"), Put(b"a")),
        (Put(b"a"), Txn(success=(Put(b"a"),))),
    ],
    ids=["twice", "then deleted", "in a deleted range", "in a nested one"],
)
def test_a_branch_writes_a_key_once(branch: tuple[Operation, ...]) -> None:
    """Each branch is looked at by itself."""
    with pytest.raises(DuplicateKey):
        validate(Txn(success=branch))
    with pytest.raises(DuplicateKey):
        validate(Txn(failure=branch))
    validate(Txn(success=(Put(b"a"),), failure=(Put(b"a"),)))


def test_129_operations_are_too_many() -> None:
    """128 are not."""
    puts = tuple(Put(b"%d" % n) for n in range(129))

    validate(Txn(success=puts[:128]))
    with pytest.raises(TooManyOps):
        validate(Txn(success=puts))


def test_a_range_that_cannot_be_read_fails_the_whole_transaction(session: Session) -> None:
    """No put before it is done: etcd issue 18667 is the bug when it is."""
    session.puts(b"a", b"b", b"c")
    session.do(Compact(3))

    refused = session.do(Txn(success=(Put(b"x"), Range(b"a", revision=2))))

    assert isinstance(refused, Compacted)
    assert session.keys(b"x") == []
    assert session.revision == 4


# Compaction ---------------------------------------------------------------------------------


def test_compacting_is_refused_for_the_past_and_the_future(session: Session) -> None:
    """Also for the same revision again."""
    session.puts(b"a", b"b")

    assert not isinstance(session.do(Compact(2)), EtcdError)
    assert isinstance(session.do(Compact(2)), Compacted)
    assert isinstance(session.do(Compact(1)), Compacted)
    assert isinstance(session.do(Compact(9)), FutureRevision)


def test_a_watch_at_the_compact_revision_sees_a_deletion_there(session: Session) -> None:
    """Etcd issue 19179 is the bug when it does not."""
    session.puts(b"a")
    session.do(DeleteRange(b"a"))
    session.do(Compact(3))
    session.store.mvcc.scrub(100)
    watch = WatchStream(session.store.watchers)

    watch.create(Watch(b"a", start_revision=3))

    response = watch.poll()
    assert response is not None
    (event,) = response.events
    assert (event.type, event.kv) == (EventType.DELETE, KeyValue(b"a", 0, 3))


# Watch --------------------------------------------------------------------------------------


def test_a_compacted_start_is_created_then_canceled(session: Session) -> None:
    """The second response says from where on one can watch."""
    session.puts(b"a", b"b", b"c")
    session.do(Compact(3))
    watch = WatchStream(session.store.watchers)

    created = watch.create(Watch(b"a", start_revision=2))
    canceled = watch.poll()

    assert (created.created, created.canceled) == (True, False)
    assert canceled is not None
    assert (canceled.canceled, canceled.compact_revision) == (True, 3)
    assert canceled.cancel_reason == "etcdserver: mvcc: required revision has been compacted"
    assert watch.watches == {}


def test_a_deletion_tells_only_key_and_revision(session: Session) -> None:
    """And what was there before, if that was asked for."""
    session.puts(b"a")
    bare, full = WatchStream(session.store.watchers), WatchStream(session.store.watchers)
    bare.create(Watch(b"a"))
    full.create(Watch(b"a", prev_kv=True))

    session.do(DeleteRange(b"a"))

    for stream, previous in ((bare, None), (full, KeyValue(b"a", 2, 2, 1, b"a"))):
        response = stream.poll()
        assert response is not None
        (event,) = response.events
        assert (event.type, event.kv) == (EventType.DELETE, KeyValue(b"a", 0, 3))
        assert event.prev_kv == previous


# Leases -------------------------------------------------------------------------------------


def test_a_time_to_live_below_the_minimum_is_raised(session: Session) -> None:
    """With default ticks a second becomes two."""
    answer = session.do(LeaseGrant(1, 5))

    assert isinstance(answer, LeaseGrantResponse)
    assert (answer.id, answer.ttl) == (5, 2)


def test_leases_that_cannot_be_granted(session: Session) -> None:
    """For ever is too long, a name can be given once, and 0 is none."""
    session.do(LeaseGrant(60, 1))

    assert isinstance(session.do(LeaseGrant(9_000_000_001, 2)), LeaseTtlTooLarge)
    assert isinstance(session.do(LeaseGrant(60, 1)), LeaseExists)
    assert isinstance(session.do(LeaseGrant(60, 0)), LeaseNotFound)


def test_an_unknown_lease_is_not_revoked(session: Session) -> None:
    """It is not found."""
    assert isinstance(session.do(LeaseRevoke(9)), LeaseNotFound)


def test_an_unknown_lease_is_kept_alive_for_no_time(session: Session) -> None:
    """That is an answer, not an error; likewise for its time to live."""
    expiry = Expiry(session.store.lessor)
    expiry.promote(0, extend_ns=0)

    assert expiry.renew(9, 0) is None
    assert expiry.remaining_ns(9, 0) is None


# Errors -------------------------------------------------------------------------------------


TEXTS = {
    3: (
        "key is not provided",
        "key not found",
        "value is provided",
        "lease is provided",
        "too many operations in txn request",
        "duplicate key given in txn request",
        "invalid sort option",
        "given member URLs are invalid",
        "request is too large",
    ),
    5: ("requested lease not found", "member not found"),
    7: ("permission denied",),
    8: ("mvcc: database space exceeded", "too many requests"),
    9: (
        "lease already exists",
        "member ID already exist",
        "Peer URLs already exists",
        "re-configuration failed due to not enough started members",
        "can only promote a learner member",
        "can only promote a learner member which is in sync with leader",
        "too many learner members in cluster",
        "cluster ID mismatch",
        "not leader",
        "not capable",
        "rpc not supported for learner",
        "bad leader transferee",
    ),
    11: (
        "mvcc: required revision has been compacted",
        "mvcc: required revision is a future revision",
        "too large lease TTL",
    ),
    14: (
        "no leader",
        "leader changed",
        "server stopped",
        "request timed out",
        "request timed out, possibly due to previous leader failure",
        "request timed out, possibly due to connection lost",
        "request timed out, waiting for the applied index took too long",
        "unhealthy cluster",
    ),
    15: ("corrupt cluster",),
}


@pytest.mark.parametrize(
    ("code", "text"), [(code, text) for code, texts in TEXTS.items() for text in texts]
)
def test_errors_have_etcds_words_and_codes(code: int, text: str) -> None:
    """Clients compare them."""
    classes = [cls for cls in EtcdError.__subclasses__() if cls.text == text]

    assert [int(cls.code) for cls in classes] == [code]
    assert str(classes[0]()) == f"etcdserver: {text}"
