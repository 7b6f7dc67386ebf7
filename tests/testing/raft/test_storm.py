"""Storms: everything occurs, nothing that is not offered, and zero is mild."""

from collections import Counter

import attrs
from hypothesis import HealthCheck, given, settings

from kactors.testing.raft import OURS, Capability, Kind, Knobs, Schedule, Target, storm
from kactors.testing.raft.dances import DANCES
from kactors.testing.raft.dice import Dice
from kactors.testing.raft.strategies import raft_schedules


@attrs.frozen
class Mildest:
    """An `Rng` that always draws 0."""

    def below(self, bound: int) -> int:
        """Draw."""
        assert bound > 0
        return 0


def many(capabilities: frozenset[Capability]) -> list[Schedule]:
    """Return two hundred storms."""
    return [storm(Dice(5, number), capabilities) for number in range(200)]


def test_every_kind_and_target_occurs() -> None:
    """A series of storms leaves no kind of fault out."""
    faults = [fault for schedule in many(OURS.capabilities) for fault in schedule.faults]

    assert {fault.kind for fault in faults} == set(Kind)
    assert {fault.target for fault in faults} == set(Target)


def test_lengths_are_drawn_first() -> None:
    """No faults, few and many are all common."""
    lengths = Counter(min(len(schedule.faults) // 5, 12) for schedule in many(OURS.capabilities))

    assert lengths[0] > 10
    assert lengths[1] > 20
    assert lengths[12] > 20


def test_what_is_not_offered_is_not_asked_for() -> None:
    """A Raft without extras is not asked to change members, hand over or compact."""
    for schedule in many(frozenset()):
        kinds = {fault.kind for fault in schedule.faults}

        assert not kinds & {Kind.WIPE, Kind.CHANGE, Kind.TRANSFER, Kind.COMPACT}
        assert not schedule.knobs.lease_reads
        assert not schedule.knobs.snapshot_every


def test_zero_is_the_mildest() -> None:
    """What shrinks to zeros shrinks to a healthy cluster of three without faults."""
    schedule = storm(Mildest(), OURS.capabilities)

    assert schedule == Schedule(warm_up_ms=3000, wind_down_ms=1000)
    assert schedule.knobs == Knobs(members=3, append_entries=1)


def test_dances_keep_their_kinds() -> None:
    """A dance that is on does what its name needs, and its faults are in order."""
    for dance in DANCES:
        steps = dance.steps(Dice(1), 1000)

        assert dance.kinds <= {fault.kind for fault in steps}, dance.name
        assert all(fault.after_ms >= 0 and fault.span_ms >= 0 for fault in steps)


@settings(max_examples=20, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(raft_schedules())
def test_hypothesis_draws_the_same_storms(schedule: Schedule) -> None:
    """The strategy makes schedules that can be run."""
    assert 1 <= schedule.knobs.members <= 7
    assert schedule.chaos_ms > 0
