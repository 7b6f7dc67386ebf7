"""Leases as every member knows them."""

import pytest

from kactors.etcd.errors import LeaseExists, LeaseNotFound, LeaseTtlTooLarge
from kactors.etcd.lease import TTL_MAX, Lessor
from kactors.etcd.messages import (
    Checkpoint,
    LeaseExpire,
    LeaseGrant,
    LeaseRevoke,
    Put,
    Range,
)
from kactors.etcd.messages.lease import LeaseExpired
from kactors.etcd.store import Command, Store


def apply(store: Store, *commands: Command, term: int = 1) -> object:
    """Apply entries of the log; return the last answer."""
    answer: object = None
    for command in commands:
        answer = store.apply(store.applied_index + 1, term, command)
    return answer


def keys(store: Store, lease: int) -> list[bytes]:
    """What hangs on a lease."""
    held = store.lessor.get(lease)
    assert held is not None
    return sorted(held.keys)


def test_granting_and_ending() -> None:
    """A name is taken while its lease is alive, and free afterwards."""
    lessor = Lessor()

    lessor.grant(5, 60)
    with pytest.raises(LeaseExists):
        lessor.grant(5, 60)
    assert (5 in lessor, len(lessor), [lease.id for lease in lessor]) == (True, 1, [5])
    lessor.revoke(5)
    with pytest.raises(LeaseNotFound):
        lessor.revoke(5)
    lessor.grant(5, TTL_MAX)
    with pytest.raises(LeaseTtlTooLarge):
        lessor.grant(6, TTL_MAX + 1)


def test_a_key_hangs_on_the_lease_of_its_last_put() -> None:
    """Putting it with another, or with none, takes it off."""
    store = Store()
    apply(store, LeaseGrant(60, 1), LeaseGrant(60, 2), Put(b"a", lease=1), Put(b"b", lease=1))

    apply(store, Put(b"a", lease=2))
    assert (keys(store, 1), keys(store, 2)) == ([b"b"], [b"a"])
    apply(store, Put(b"a"), Put(b"b", b"again", lease=1))
    assert (keys(store, 1), keys(store, 2)) == ([b"b"], [])


def test_only_what_hangs_on_a_lease_ends_with_it() -> None:
    """And what was put again without it stays."""
    store = Store()
    apply(store, LeaseGrant(60, 1), Put(b"a", lease=1), Put(b"b", lease=1), Put(b"b"))

    apply(store, LeaseRevoke(1))

    assert [kv.key for kv in store.range(Range(b"\0", b"\0")).kvs] == [b"b"]
    assert 1 not in store.lessor


def test_leases_expire_each_at_its_own_revision() -> None:
    """Those that have ended already are passed over."""
    store = Store()
    apply(store, LeaseGrant(60, 1), LeaseGrant(60, 2), Put(b"a", lease=1), Put(b"b", lease=2))

    answer = apply(store, LeaseExpire((1, 9, 2), term=4), term=4)

    assert isinstance(answer, LeaseExpired)
    assert answer.expired == 2
    assert store.mvcc.revision == 5
    assert len(store.lessor) == 0


@pytest.mark.parametrize("term", [3, 5])
def test_an_expiry_of_another_term_ends_nothing(term: int) -> None:
    """An old leader that proposes late is not believed."""
    store = Store()
    apply(store, LeaseGrant(60, 1), Put(b"a", lease=1))

    answer = apply(store, LeaseExpire((1,), term=term), term=4)

    assert isinstance(answer, LeaseExpired)
    assert answer.expired == 0
    assert store.range(Range(b"a")).count == 1


def test_a_checkpoint_of_an_ended_lease_is_no_error() -> None:
    """It may have ended between the proposal and the commit."""
    lessor = Lessor()
    lease = lessor.grant(1, 60)

    lessor.checkpoint(Checkpoint(1, 30))
    lessor.checkpoint(Checkpoint(2, 30))

    assert lease.remaining_ttl == 30


def test_news_are_told_once() -> None:
    """What was granted and what has ended since the last time."""
    lessor = Lessor()
    first = lessor.grant(1, 60)
    lessor.grant(2, 60)
    lessor.revoke(2)

    granted, ended = lessor.take_news()

    assert granted[0] is first
    assert ended == [2]
    assert lessor.take_news() == ([], [])
