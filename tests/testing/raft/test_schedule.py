"""Schedules are values: they print as Python, compare, and refuse nonsense."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import kactors.testing.raft
from kactors.testing.raft import Calm, Fault, InvalidSchedule, Kind, Knobs, Schedule, nth_schedule

NAMES: dict[str, Any] = vars(kactors.testing.raft)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 2**32), st.integers(0, 100_000))
def test_a_schedule_is_its_text(seed: int, number: int) -> None:
    """Both texts of a schedule are source code that makes it again."""
    schedule = nth_schedule(seed, number)

    assert eval(repr(schedule), NAMES) == schedule
    assert eval(str(schedule), NAMES) == schedule


def test_defaults_are_not_printed() -> None:
    """What is left to be read is what matters."""
    schedule = Schedule(faults=(Fault(Kind.CRASH, after_ms=5),), calm=Calm.BRIDGE)

    assert repr(schedule) == (
        "Schedule(faults=(Fault(kind=Kind.CRASH, after_ms=5),), calm=Calm.BRIDGE)"
    )


def test_the_chaos_is_as_long_as_its_parts() -> None:
    """Gaps add up between warm-up and wind-down."""
    faults = (Fault(Kind.HEAL, after_ms=10), Fault(Kind.HEAL, after_ms=20))

    assert Schedule(faults=faults, warm_up_ms=100, wind_down_ms=1).chaos_ms == 131


@pytest.mark.parametrize(
    ("knobs", "text"),
    [
        ({"members": 8}, "members is 8"),
        ({"members": 0}, "members is 0"),
        ({"heartbeat_ticks": 10}, "below election_ticks"),
        ({"lease_reads": True, "check_quorum": False}, "lease_reads needs check_quorum"),
        ({"tick_ms": 0}, "tick_ms is 0"),
    ],
)
def test_knobs_that_contradict_each_other_are_refused(knobs: dict[str, Any], text: str) -> None:
    """The error says which and why."""
    with pytest.raises(InvalidSchedule, match=text):
        Knobs(**knobs)
