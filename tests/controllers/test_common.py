"""Tests of what many controllers use: shares, conditions, hashes, the order of deletion."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.meta import name_of
from kactors.api.objects import Object
from kactors.controllers.conditions import set_condition, without_condition
from kactors.controllers.deletion_order import DELETION_COST, pods_to_delete
from kactors.controllers.errors import MalformedPercentage
from kactors.controllers.int_or_percent import scaled_value
from kactors.controllers.pods import available_at, is_active, is_available
from kactors.controllers.templates import compute_hash, fnv32a, safe_encode
from tests.controllers.objects import T0, at, pod, template


@given(st.integers(0, 200), st.integers(0, 1000))
def test_shares(percent: int, total: int) -> None:
    """Up and down differ by one at most, and are equal where the share is a whole number."""
    up = scaled_value(f"{percent}%", total, round_up=True)
    down = scaled_value(f"{percent}%", total, round_up=False)
    assert up - down == bool(percent * total % 100)
    assert down * 100 <= percent * total <= up * 100
    assert scaled_value(percent, total, round_up=True) == percent


@pytest.mark.parametrize("value", ["", "5", "x%", "-5%", "5.5%"])
def test_what_is_no_share(value: str) -> None:
    """Only whole percentages are understood."""
    with pytest.raises(MalformedPercentage):
        scaled_value(value, 10, round_up=True)


def test_conditions_change_only_if_they_say_something_new() -> None:
    """The same status keeps its time; the same reason keeps everything."""
    first = {"type": "A", "status": "True", "reason": "X", "lastTransitionTime": "1", "message": ""}
    conditions = set_condition([], first)
    assert set_condition(conditions, {**first, "lastTransitionTime": "2"}) == [first]
    other = {**first, "reason": "Y", "lastTransitionTime": "2"}
    assert set_condition(conditions, other) == [{**other, "lastTransitionTime": "1"}]
    flipped = {**first, "status": "False", "lastTransitionTime": "2"}
    assert set_condition(conditions, flipped) == [flipped]
    assert without_condition(conditions, "A") == []


def test_hashes() -> None:
    """Equal templates have equal hashes in any order of keys; collisions change them."""
    one: Object = {"a": 1, "b": {"c": [1, 2]}}
    same: Object = {"b": {"c": [1, 2]}, "a": 1}
    assert compute_hash(one) == compute_hash(same)
    several = {compute_hash(one, count) for count in (None, 0, 1, 2)}
    assert len(several) == 4
    assert compute_hash(template("a")) != compute_hash(template("b"))
    assert fnv32a(b"") == 0x811C9DC5
    assert safe_encode("0123456789") == "456789bcdf"


def test_availability() -> None:
    """A pod is available when it has been ready for long enough."""
    ready = pod(ready=True, ready_at=10)
    assert is_available(ready, 0, at(10))
    assert not is_available(ready, 5, at(14.9))
    assert is_available(ready, 5, at(15))
    assert available_at(ready, 5) == at(15)
    assert available_at(pod(), 5) is None
    assert [is_active(pod(phase=phase)) for phase in ("Pending", "Running", "Failed")] == [
        True, True, False,
    ]  # fmt: skip
    assert not is_active(pod(deleted=True))


def test_the_order_of_deletion() -> None:
    """Upstream's order: no node, not running, not ready, cheap, crowded, young, restarted."""
    restarted: Object = {"containerStatuses": [{"restartCount": 5}]}
    ordered = [
        pod("unbound", phase="Pending"),
        pod("pending", phase="Pending", node="a"),
        pod("unready", node="a"),
        pod("cheap", node="a", ready=True, annotations={DELETION_COST: "-5"}),
        pod("crowded", node="b", ready=True, ready_at=-900, created=-1000),
        pod("lately", node="a", ready=True, ready_at=-10, created=-1000),
        pod("restarted", node="a", ready=True, ready_at=-900, created=-1000, status=restarted),
        pod("young", node="a", ready=True, ready_at=-900, created=-1),
        pod("old", node="a", ready=True, ready_at=-900, created=-1000, uid="a"),
        pod("older", node="a", ready=True, ready_at=-901, created=-1001, uid="b"),
        pod("dear", node="a", ready=True, annotations={DELETION_COST: "5"}),
    ]
    related = [pod(node="b", ready=True) for _ in range(20)]
    found = pods_to_delete(reversed(ordered), [*ordered, *related], len(ordered), T0)
    assert [name_of(each) for each in found] == [name_of(each) for each in ordered]
