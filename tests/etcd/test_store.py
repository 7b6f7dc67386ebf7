"""The state machine: every entry once, in order, the same everywhere."""

import pytest

from kactors.etcd.errors import EtcdError, LeaseNotFound
from kactors.etcd.messages import LeaseGrant, Put, PutResponse, Range, Txn, Watch
from kactors.etcd.snapshot import dump
from kactors.etcd.store import Store
from kactors.runtime.random import stream
from kactors.wire import decode, encode
from tests.etcd.commands import Drawer


def test_an_entry_is_applied_once() -> None:
    """Seen again, after a restart or a snapshot, it does nothing and has no answer."""
    store = Store()
    first = store.apply(1, 1, Put(b"a", b"1"))
    store.apply(2, 1, Put(b"a", b"2"))

    again = [store.apply(index, 1, Put(b"a", b"1")) for index in (1, 2)]

    assert isinstance(first, PutResponse)
    assert again == [None, None]
    assert (store.applied_index, store.mvcc.revision) == (2, 3)


def test_entries_cannot_be_missed() -> None:
    """A gap means that entries got lost, and the member must not go on."""
    store = Store()
    store.apply(1, 1, Put(b"a"))

    with pytest.raises(AssertionError, match="entry 3 comes after 1"):
        store.apply(3, 1, Put(b"b"))
    with pytest.raises(AssertionError, match="entry 3 comes after 1"):
        store.skip(3, 1)


def test_entries_of_raft_itself_count() -> None:
    """Empty ones and changes of the configuration move the index and nothing else."""
    store = Store()

    store.skip(1, 1)
    store.skip(1, 1)
    store.apply(2, 1, Put(b"a"))
    store.skip(3, 2)

    assert (store.applied_index, store.applied_term, store.mvcc.revision) == (3, 2, 2)


def test_a_refused_command_moves_the_index_and_nothing_else() -> None:
    """Its answer is the error, as a value."""
    store = Store()
    store.apply(1, 1, Put(b"a"))
    watcher = store.watchers.create(Watch(b"\0", b"\0"))
    hash_before = store.mvcc.hash_at()

    answer = store.apply(2, 1, Txn(success=(Put(b"b"), Put(b"c", lease=9))))

    assert isinstance(answer, LeaseNotFound)
    assert store.applied_index == 2
    assert store.mvcc.hash_at() == hash_before
    assert watcher.synced


@pytest.mark.parametrize("seed", range(10))
def test_members_that_apply_the_same_are_the_same(seed: int) -> None:
    """Answers too, but for the names in their headers; a command may travel as bytes."""
    rng = stream(seed, "store")
    one, other = Store(member_id=1), Store(member_id=1)
    drawer = Drawer(rng)
    for index in range(1, 60):
        command = drawer.command(one.mvcc.revision)
        arrived = decode(encode(command), type(command))
        first, second = one.apply(index, 1, command), other.apply(index, 1, arrived)
        if isinstance(first, EtcdError):
            assert type(first) is type(second)
        else:
            assert first == second
        other.mvcc.scrub(2)

    assert b"".join(dump(one)) == b"".join(dump(other))


def test_the_minimum_time_to_live_is_configured() -> None:
    """It follows from the members' election timeout."""
    store = Store(ttl_min=10)

    store.apply(1, 1, LeaseGrant(3, 1))
    store.apply(2, 1, LeaseGrant(30, 2))

    assert [lease.ttl for lease in store.lessor] == [10, 30]


def test_headers_name_the_member_and_the_term() -> None:
    """And the revision at which the answer was given."""
    store = Store(cluster_id=3, member_id=4)
    store.apply(1, 9, Put(b"a"))

    header = store.range(Range(b"a")).header

    assert (header.cluster_id, header.member_id, header.revision, header.raft_term) == (3, 4, 2, 9)
