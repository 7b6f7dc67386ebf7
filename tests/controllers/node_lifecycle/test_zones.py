"""Tests of zones: how well they are, and how fast their pods may be sent away."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.controllers.node_lifecycle.zones import (
    Disruption,
    EvictionRates,
    ZoneState,
    disruption,
    zone_key,
    zone_state,
)
from tests.controllers.objects import node

RATES = EvictionRates()
NORMAL, PARTIAL, FULL = ZoneState.NORMAL, ZoneState.PARTIAL_DISRUPTION, ZoneState.FULL_DISRUPTION


@pytest.mark.parametrize(
    ("ready", "unready", "expected"),
    [(0, 0, NORMAL), (10, 0, NORMAL), (0, 1, FULL), (1, 2, NORMAL), (2, 3, PARTIAL),
     (9, 11, PARTIAL), (46, 54, NORMAL), (45, 55, PARTIAL)],
)  # fmt: skip
def test_states(ready: int, unready: int, expected: ZoneState) -> None:
    """A zone is disrupted when more than two nodes and 55 % of them are not ready."""
    assert zone_state(ready, unready, RATES) is expected


def test_rates() -> None:
    """Small disrupted zones are left alone, large ones are emptied slowly."""
    assert RATES.of_zone(NORMAL, 5) == RATES.of_zone(FULL, 500) == 0.1
    assert RATES.of_zone(PARTIAL, 50) == 0.0
    assert RATES.of_zone(PARTIAL, 51) == 0.01


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ({}, {}, Disruption.NONE),
        ({}, {"a": FULL}, Disruption.ENTERED),
        ({"a": NORMAL, "b": FULL}, {"a": FULL, "b": FULL}, Disruption.ENTERED),
        ({"a": FULL}, {"a": FULL}, Disruption.CONTINUES),
        ({"a": FULL, "b": FULL}, {"a": FULL, "b": PARTIAL}, Disruption.LEFT),
        ({"a": NORMAL}, {"a": PARTIAL, "b": FULL}, Disruption.NONE),
    ],
)
def test_the_whole_cluster(
    before: dict[str, ZoneState], now: dict[str, ZoneState], expected: Disruption
) -> None:
    """The cluster is disrupted when every zone is, fully."""
    assert disruption(before, now) is expected


@given(st.integers(0, 200), st.integers(0, 200))
def test_more_silent_nodes_never_make_a_zone_better(ready: int, unready: int) -> None:
    """A zone in which one more node falls silent is not faster to be emptied, unless all are."""
    if ready:
        before = RATES.of_zone(zone_state(ready, unready, RATES), ready + unready)
        state = zone_state(ready - 1, unready + 1, RATES)
        assert state is FULL or RATES.of_zone(state, ready + unready) <= before


def test_a_zone_is_named_by_its_labels() -> None:
    """A node without labels of topology is in the zone without a name."""
    labels = {"topology.kubernetes.io/region": "r", "topology.kubernetes.io/zone": "z"}
    assert zone_key(node("n", labels=labels)) == "r:z"
    assert zone_key(node("n")) == ""
