"""The state machine for hypothesis: every rule does what it says, and teardown brings the calm."""

import pytest

from kactors.testing.mutants.corpus import load_corpus
from kactors.testing.raft import Kind, Target
from kactors.testing.raft.stateful import RaftMachine
from kactors.testing.raft.world import Broken

MUTANT = load_corpus("tests.mutants").named("vote-forgotten-at-restart")


def begun() -> RaftMachine:
    """A machine with a cluster that has a leader."""
    machine = RaftMachine()
    machine.begin(members=3, batch=2, latency_ms=1, sync_ms=5, pre_vote=True, seed=1)
    return machine


def test_rules_are_faults_and_waiting() -> None:
    """Each is counted as a fault of its kind; time passes only in one."""
    machine = begun()
    steps = machine.world.now_ns

    machine.propose(Target.LEADER, 1)
    machine.isolate(Kind.DEAF, Target.LEADER, 500, 0)
    machine.divide(Kind.PARTITION, 500, 3)
    machine.crash(Kind.POWER_LOSS, Target.MOST_BEHIND, 500, 0)
    machine.delay(Kind.STALL_DISK, Target.ANY, 500, 0)
    machine.change(0)
    machine.black_out(500, 1)
    assert machine.world.now_ns == steps
    machine.wait(4000)
    machine.heal()

    assert machine.world.now_ns == steps + 4_000_000_000
    armed = {kind for kind, count in machine.world.tally.counts.items() if count.armed}
    assert armed == {
        *(Kind.BURST, Kind.DEAF, Kind.PARTITION, Kind.POWER_LOSS, Kind.STALL_DISK),
        *(Kind.CHANGE, Kind.BOUNCE_ALL, Kind.HEAL),
    }
    machine.teardown()
    assert len({process.machine.digest for process in machine.world.running}) == 1


def test_what_breaks_in_a_step_breaks_the_step() -> None:
    """And the calm is not asked of a cluster that is broken already."""
    machine = begun()

    def crash_often() -> None:
        for _ in range(5):
            machine.crash(Kind.POWER_LOSS, Target.LEADER, 100, 0)
            machine.wait(1000)

    with MUTANT.apply(), pytest.raises(Broken, match="votes for one candidate"):
        crash_often()

    assert machine.broken
    machine.teardown()


def test_what_breaks_at_once_is_found_at_once() -> None:
    """A fault itself may show what is wrong."""
    machine = begun()
    machine.world.observer.note("made up", "for this test", 1)

    with pytest.raises(Broken, match="made up"):
        machine.heal()

    assert machine.broken


def test_a_machine_that_never_began_has_no_calm() -> None:
    """Hypothesis tears down what it did not begin, too."""
    RaftMachine().teardown()
