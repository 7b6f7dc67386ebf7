"""Tests of the arithmetic of rolling updates."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.controllers.deployment.rolling import (
    Limits,
    SetCount,
    limits_of,
    new_set_replicas,
    old_sets_replicas,
    proportional_replicas,
    total,
)
from kactors.controllers.errors import MalformedPercentage
from tests.controllers.objects import deployment


@st.composite
def counts(draw: st.DrawFn, name: str) -> SetCount:
    """Draw a ReplicaSet whose status may be older than its spec."""
    return SetCount(
        name=name,
        created_ns=draw(st.integers(0, 5)),
        replicas=draw(st.integers(0, 12)),
        available=draw(st.integers(0, 12)),
        max_replicas=draw(st.integers(0, 20)),
    )


def all_limits() -> st.SearchStrategy[Limits]:
    """Return limits that let something move."""
    return st.builds(
        lambda desired, surge, unavailable: Limits(
            desired, surge, min(unavailable or (not surge), desired)
        ),
        st.integers(0, 12), st.integers(0, 5), st.integers(0, 5),
    )  # fmt: skip


olds_strategy = st.integers(0, 3).flatmap(
    lambda n: st.tuples(*(counts(f"old-{i}") for i in range(n)))
)


@given(limits=all_limits(), new=counts("new"), olds=olds_strategy)
def test_growing_keeps_within_the_surge(
    limits: Limits, new: SetCount, olds: tuple[SetCount, ...]
) -> None:
    """The new ReplicaSet never grows beyond what is desired, nor the whole beyond the surge."""
    size = new_set_replicas(limits, new, olds)
    assert size <= max(limits.desired, 0)
    if size > new.replicas:
        assert size + total(olds) <= limits.most


@given(limits=all_limits(), new=counts("new"), olds=olds_strategy)
def test_shrinking_never_costs_availability(
    limits: Limits, new: SetCount, olds: tuple[SetCount, ...]
) -> None:
    """Old ones shrink only as far as enough stays available, and never grow."""
    sizes = old_sets_replicas(limits, new, olds)
    before = sum(each.surely_available for each in (*olds, new))
    after = new.surely_available
    for old in olds:
        size = sizes.get(old.name, old.replicas)
        assert 0 <= size <= old.replicas
        after += min(old.available, size)
    assert after >= min(before, limits.least_available)


@given(limits=all_limits(), first=st.integers(0, 15))
def test_every_update_comes_to_its_end(limits: Limits, first: int) -> None:
    """With pods that all become available, steps lead from the old to the new and then stop."""
    old, new = SetCount("old", 0, first, first), SetCount("new", 1, 0, 0)
    for _ in range(200):
        before = old, new
        size = new_set_replicas(limits, new, [old])
        if size != new.replicas:
            new = SetCount("new", 1, size, size)
        else:
            replicas = old_sets_replicas(limits, new, [old]).get("old", old.replicas)
            old = SetCount("old", 0, replicas, replicas)
        assert new.replicas + old.replicas <= max(limits.most, first)
        if (old, new) == before:
            break
    assert (old.replicas, new.replicas) == (0, limits.desired)


@given(
    limits=all_limits(),
    sets=st.integers(2, 4).flatmap(lambda n: st.tuples(*(counts(f"s{i}") for i in range(n)))),
    known=st.integers(0, 20),
)
def test_shares_add_up(limits: Limits, sets: tuple[SetCount, ...], known: int) -> None:
    """After scaling in the middle of an update there are as many replicas as there may be."""
    sets = tuple(each for each in sets if each.replicas)
    sizes = proportional_replicas(limits, sets, known)
    assert all(size >= 0 for size in sizes.values())
    if sets:
        allowed = limits.most if limits.desired else 0
        assert sum(sizes.values()) == allowed


def test_shares_are_in_proportion() -> None:
    """Upstream's example: 10 + 3 replicas of a Deployment that grows from 10 to 20."""
    limits = Limits(desired=20, max_surge=5, max_unavailable=5)
    old = SetCount("old", 0, 8, 8, max_replicas=13)
    new = SetCount("new", 1, 5, 0, max_replicas=13)
    assert proportional_replicas(limits, [old, new], 13) == {"old": 15, "new": 10}


@pytest.mark.parametrize(
    ("surge", "unavailable", "expected"),
    [("25%", "25%", (3, 2)), (0, "1%", (0, 1)), (2, 30, (2, 10)), ("100%", 0, (10, 0))],
)
def test_limits(surge: int | str, unavailable: int | str, expected: tuple[int, int]) -> None:
    """Surge is rounded up, unavailability down; they are never both nothing."""
    rolling = {"maxSurge": surge, "maxUnavailable": unavailable}
    strategy = {"type": "RollingUpdate", "rollingUpdate": rolling}
    limits = limits_of(deployment(replicas=10, strategy=strategy))
    assert (limits.max_surge, limits.max_unavailable) == expected


def test_limits_that_say_nothing() -> None:
    """What is neither a number nor a percentage is refused."""
    strategy = {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": "many"}}
    with pytest.raises(MalformedPercentage, match="'many' was given as a number or a percentage"):
        limits_of(deployment(strategy=strategy))
