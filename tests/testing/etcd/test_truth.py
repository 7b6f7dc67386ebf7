"""The keeper of the one log objects to each way in which a member can leave it."""

from collections.abc import Callable

import pytest

from kactors.etcd.messages.kv import Compact, Put
from kactors.etcd.messages.lease import LeaseGrant
from kactors.etcd.store import Store
from kactors.testing.etcd.truth import Truth
from kactors.testing.etcd.violation import Promise
from tests.testing.etcd.replicas import Replica, entry


def two() -> tuple[Truth, Replica, Replica]:
    """Two replicas, the first of which has applied three entries."""
    truth = Truth(lambda: 5)
    one, other = Replica(truth, "m1"), Replica(truth, "m2")
    one.apply(None, Put(b"a", b"1"), Put(b"a", b"2"))
    return truth, one, other


def broken(truth: Truth) -> tuple[Promise, str]:
    """The promise that was broken, and how."""
    assert truth.broken is not None
    return truth.broken.promise, truth.broken.detail


def test_members_that_agree_break_nothing() -> None:
    """One after the other, in steps of their own."""
    truth, one, other = two()

    other.apply(None, Put(b"a", b"1"))
    other.apply(Put(b"a", b"2"))
    truth.check_whole("m1", one.store)
    truth.check_whole("m2", other.store)

    assert truth.broken is None
    assert truth.last_index == 3
    assert truth.applied_index("m2") == 3
    assert truth.applied_index("m9") == 0
    assert truth.model.history[0].at_ns == 5


def test_another_entry_at_an_index() -> None:
    """Two members that apply different things have two logs."""
    truth, _, other = two()

    other.apply(None, Put(b"a", b"another"))

    assert broken(truth) == (Promise.ONE_LOG, "entry")


def test_another_term_at_an_index() -> None:
    """The same command of another leader is another entry."""
    truth, _, other = two()

    other.apply(None, term=2)

    assert broken(truth) == (Promise.ONE_LOG, "entry")


def test_an_entry_that_is_left_out() -> None:
    """Or applied twice: entries come in order, each once."""
    for index in (1, 3):
        truth, _, other = two()
        other.apply(None)
        truth.applied("m2", [entry(index, None)], other.store)
        assert broken(truth) == (Promise.EXACTLY_ONCE, "order")


def test_an_entry_out_of_nowhere() -> None:
    """Nobody may be the first beyond a gap."""
    truth, one, _ = two()
    truth._applied["m1"] = 8

    truth.applied("m1", [entry(9, None)], one.store)

    assert broken(truth) == (Promise.ONE_LOG, "gap")


def test_a_store_that_says_another_index() -> None:
    """What it was given and what it says it has must be one."""
    truth, one, _ = two()
    one.store.skip(4, 1)

    truth.applied("m1", [entry(4, None), entry(5, None)], one.store)

    assert broken(truth) == (Promise.EXACTLY_ONCE, "index")


def test_a_start_from_nowhere() -> None:
    """A member starts with a state that somebody has had."""
    truth, _, _ = two()
    store = Store()
    for index in range(1, 8):
        store.skip(index, 1)

    Replica(truth, "m3", store)

    assert broken(truth) == (Promise.ONE_LOG, "start")


def test_a_start_with_another_state() -> None:
    """A snapshot at an index that is known must hold what was true there."""
    truth, _, _ = two()
    store = Store()
    store.skip(1, 1)
    store.apply(2, 1, Put(b"a", b"1"))
    store.apply(3, 1, Put(b"a", b"not 2"))

    Replica(truth, "m3", store)

    assert broken(truth) == (Promise.ONE_STATE, "keys")


def _more_changes(store: Store) -> None:
    store.apply(4, 1, Put(b"b", b"1"))
    store.applied_index = 3


def _compacted(store: Store) -> None:
    store.apply(4, 1, Compact(2))
    store.applied_index = 3


def _more_leases(store: Store) -> None:
    store.apply(4, 1, LeaseGrant(5, 7))
    store.applied_index = 3


@pytest.mark.parametrize(
    ("tamper", "detail"),
    [
        (_more_changes, "revision"),
        (_compacted, "compact revision"),
        (_more_leases, "leases"),
    ],
)
def test_a_state_that_the_log_does_not_explain(
    tamper: Callable[[Store], None], detail: str
) -> None:
    """Found with the next entry, and also when the whole is looked at."""
    for whole in (True, False):
        truth, one, _ = two()
        tamper(one.store)
        if whole:
            truth.check_whole("m1", one.store)
        else:
            one.apply(None)
        assert broken(truth) == (Promise.ONE_STATE, detail)


def test_a_change_that_is_told_otherwise() -> None:
    """The revisions are equal, the keys are not."""
    truth, _, other = two()
    other.store.skip(1, 1)
    other.store.apply(2, 1, Put(b"a", b"1"))
    other.store.apply(3, 1, Put(b"other", b"2"))

    entries = [entry(1, None), entry(2, Put(b"a", b"1")), entry(3, Put(b"a", b"2"))]
    truth.applied("m2", entries, other.store)

    assert broken(truth) == (Promise.ONE_STATE, "changes")


def test_a_lease_that_lost_its_key() -> None:
    """The key says it hangs on the lease, the lease does not know it."""
    truth = Truth(lambda: 0)
    one = Replica(truth, "m1")
    one.apply(LeaseGrant(9, 7), Put(b"a", lease=7))
    (lease,) = one.store.lessor
    lease.keys.clear()

    truth.check_whole("m1", one.store)

    assert broken(truth) == (Promise.ONE_STATE, "keys of leases")


def test_the_first_violation_counts() -> None:
    """What follows from it is not of interest."""
    truth, _, other = two()
    truth.note(Promise.NO_BUG, "first", "x")

    other.apply(None, Put(b"a", b"another"))
    truth.check_whole("m2", other.store)

    assert broken(truth) == (Promise.NO_BUG, "x")
    assert str(truth.broken) == "no assertion fails, and no member ends without a reason: first"
