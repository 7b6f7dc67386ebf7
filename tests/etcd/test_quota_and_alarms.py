"""Quota and alarms: what costs, and what is refused while something is wrong."""

import pytest

from kactors.etcd.errors import CorruptCluster, EtcdError, NoSpace
from kactors.etcd.messages import (
    ActiveAlarm,
    Alarm,
    AlarmAction,
    AlarmResponse,
    AlarmType,
    Checkpoint,
    Compact,
    DeleteRange,
    LeaseCheckpoint,
    LeaseGrant,
    LeaseRevoke,
    Put,
    Range,
    Txn,
)
from kactors.etcd.mvcc import VERSION_OVERHEAD_BYTES
from kactors.etcd.quota import LEASE_BYTES, Quota, cost_bytes
from kactors.etcd.store import Command, Store

PUT = Put(b"key", b"value")
COST = VERSION_OVERHEAD_BYTES + 8
NOSPACE = Alarm(AlarmAction.ACTIVATE, 1, AlarmType.NOSPACE)
CORRUPT = Alarm(AlarmAction.ACTIVATE, 2, AlarmType.CORRUPT)


@pytest.mark.parametrize(
    ("request_", "cost"),
    [
        (PUT, COST),
        (Txn(success=(PUT, PUT), failure=(PUT,)), 2 * COST),
        (Txn(success=(Txn(failure=(PUT,)), Range(b"a"))), COST),
        (LeaseGrant(60), LEASE_BYTES),
        (DeleteRange(b"a"), 0),
        (Txn(success=(DeleteRange(b"a"),)), 0),
        (Compact(5), 0),
        (Range(b"a"), 0),
    ],
)
def test_only_puts_transactions_with_puts_and_leases_cost(request_: object, cost: int) -> None:
    """Of a transaction the dearer branch counts."""
    assert cost_bytes(request_) == cost


def test_a_quota_allows_what_fits() -> None:
    """To the byte; what costs nothing always fits; 0 is no bound."""
    quota = Quota(1000)

    assert quota.allows(PUT, 1000 - COST)
    assert not quota.allows(PUT, 1000 - COST + 1)
    assert quota.allows(DeleteRange(b"a"), 5000)
    assert Quota(0).allows(PUT, 1 << 60)


def apply(store: Store, command: Command) -> object:
    """Apply the next entry of the log."""
    return store.apply(store.applied_index + 1, 1, command)


def store_with(*alarms: Alarm) -> Store:
    """A store with a key, a lease, and some alarms on."""
    store = Store()
    commands: tuple[Command, ...] = (PUT, LeaseGrant(60, 1), *alarms)
    for command in commands:
        assert not isinstance(apply(store, command), EtcdError)
    return store


@pytest.mark.parametrize("command", [PUT, Txn(success=(PUT,)), LeaseGrant(60, 2)])
def test_without_space_nothing_is_added(command: Command) -> None:
    """Whatever costs is refused, at the same place of the log on every member."""
    store = store_with(NOSPACE)
    revision = store.mvcc.revision

    assert isinstance(apply(store, command), NoSpace)
    assert store.mvcc.revision == revision


@pytest.mark.parametrize(
    "command",
    [DeleteRange(b"key"), Txn(success=(DeleteRange(b"key"),)), LeaseRevoke(1), Compact(2)],
)
def test_without_space_things_can_be_removed(command: Command) -> None:
    """Which is how space comes back."""
    store = store_with(NOSPACE)

    assert not isinstance(apply(store, command), EtcdError)
    assert store.range(Range(b"\0", b"\0")).header.revision >= 2


@pytest.mark.parametrize(
    "command", [PUT, DeleteRange(b"a"), Txn(), Compact(2), LeaseGrant(60, 2), LeaseRevoke(1)]
)
def test_a_corrupt_cluster_serves_nothing(command: Command) -> None:
    """Neither writes nor reads, until somebody has looked at it."""
    store = store_with(CORRUPT)

    assert isinstance(apply(store, command), CorruptCluster)
    with pytest.raises(CorruptCluster):
        store.range(Range(b"a"))
    with pytest.raises(CorruptCluster):
        store.read_txn(Txn())
    assert not isinstance(apply(store, LeaseCheckpoint((Checkpoint(1, 5),))), EtcdError)


def alarms(store: Store, request: Alarm) -> tuple[ActiveAlarm, ...]:
    """What an alarm request answers."""
    answer = apply(store, request)
    assert isinstance(answer, AlarmResponse)
    return answer.alarms


def test_alarms_are_raised_listed_and_disarmed() -> None:
    """By member and kind; nothing given means all of them."""
    store = store_with(NOSPACE, CORRUPT, NOSPACE)
    nospace = ActiveAlarm(1, AlarmType.NOSPACE)
    corrupt = ActiveAlarm(2, AlarmType.CORRUPT)

    assert alarms(store, Alarm(AlarmAction.GET)) == (nospace, corrupt)
    assert alarms(store, Alarm(AlarmAction.GET, 2)) == (corrupt,)
    assert alarms(store, Alarm(AlarmAction.DEACTIVATE, 2, AlarmType.NOSPACE)) == ()
    assert alarms(store, Alarm(AlarmAction.DEACTIVATE, 0, AlarmType.CORRUPT)) == (corrupt,)
    assert alarms(store, Alarm(AlarmAction.DEACTIVATE)) == (nospace,)
    assert not isinstance(apply(store, PUT), EtcdError)
