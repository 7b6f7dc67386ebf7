"""Leases are held to the time that was promised."""

import pytest

from kactors.etcd.messages.lease import LeaseExpire, LeaseGrant, LeaseRevoke
from kactors.testing.etcd.leases import KeptAlive, lease_violations
from kactors.testing.etcd.model import Model
from kactors.testing.etcd.violation import Promise

S = 1_000_000_000


def ended(at_ns: int) -> Model:
    """A lease that ended by itself then."""
    model = Model(ttl_min=2)
    model.apply(1, LeaseGrant(3, 1), 0)
    model.apply(1, LeaseExpire((1,), term=1), at_ns)
    return model


@pytest.mark.parametrize(("at_ns", "early"), [(5 * S - 1, True), (5 * S, False), (9 * S, False)])
def test_a_lease_ends_when_it_may(at_ns: int, early: bool) -> None:
    """To the nanosecond of true time."""
    lease = KeptAlive(1, 3, promised_ns=5 * S, answers=2)

    found = list(lease_violations(ended(at_ns), [lease]))

    assert [each.promise for each in found] == ([Promise.LEASE_EARLY] if early else [])


def test_the_text_says_how_early() -> None:
    """And how often it had been kept alive."""
    (found,) = lease_violations(ended(2 * S), [KeptAlive(1, 3, 5 * S, answers=2)])

    assert found.text == "lease 1 of 3 s, kept alive 2 times, ended 3.000 s early"


def test_who_revokes_a_lease_may() -> None:
    """Only an end by itself can be early; a lease that lives on has not ended."""
    model = Model(ttl_min=2)
    model.apply(1, LeaseGrant(3, 1), 0)
    model.apply(1, LeaseGrant(3, 2), 0)
    model.apply(1, LeaseRevoke(1), S)

    assert not list(lease_violations(model, [KeptAlive(1, 3, 5 * S), KeptAlive(2, 3, 5 * S)]))
