"""The benchmark of Raft schedules runs what it says, and keeps its contract."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks.raft_schedules import BUDGET, MEMBERS, VIRTUAL_S, Blind, drawn, main, plain, play
from kactors.checking.raft_invariants import RaftObserver
from kactors.testing.raft import nth_schedule
from kactors.testing.raft.machine import StateMachine
from kactors.testing.raft.world import Broken, World


@pytest.fixture(scope="module")
def report() -> Any:
    """Return the JSON of one quick run."""
    result = CliRunner().invoke(main, ["--quick", "--json"])
    assert result.exit_code == 0, result.output
    return json.loads(result.output)


def test_three_rows_are_measured(report: Any) -> None:
    """Both sorts of schedules against the budget, and the plain ones without checking."""
    assert report["benchmark"] == "raft_schedules"
    assert [(row["what"], row["baseline_name"], row["unit"]) for row in report["rows"]] == [
        ("plain, 5 faults", "budget", "schedules/s"),
        ("as the hunt draws them", "budget", "schedules/s"),
        ("plain, 5 faults", "without checking", "schedules/s"),
    ]


def test_ratios_follow_from_the_numbers(report: Any) -> None:
    """Above one is more schedules a second."""
    for row in report["rows"]:
        assert row["ours"] > 0
        assert row["ratio"] == pytest.approx(row["ours"] / row["baseline"])
    assert report["rows"][0]["baseline"] == BUDGET


def test_a_schedule_is_played_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five members, thirty seconds, clients that are answered."""
    worlds: list[World] = []
    real = World.begin

    def begin(world: World) -> None:
        worlds.append(world)
        real(world)

    monkeypatch.setattr(World, "begin", begin)
    for schedule in (plain(1), drawn(1)):
        answered = play(schedule, RaftObserver())
        world = worlds.pop()
        assert world.now_ns == VIRTUAL_S * 1_000_000_000
        assert len(world.processes) >= MEMBERS
        assert answered > 10


def test_drawn_schedules_are_those_of_the_hunt() -> None:
    """But for the number of members."""
    assert drawn(4).faults == nth_schedule(0, 4).faults
    assert drawn(4).knobs.members == MEMBERS


def test_the_blind_observer_sees_nothing_and_the_other_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The baseline really leaves out the checks: it does not mind state machines that differ."""
    real, numbers = StateMachine.apply, iter(range(1_000_000))

    def differ(machine: StateMachine, index: int, data: bytes) -> None:
        real(machine, index, data)
        machine.digest = next(numbers)

    monkeypatch.setattr(StateMachine, "apply", differ)

    assert play(plain(1), Blind()) > 0
    with pytest.raises(Broken, match="state machine"):
        play(plain(1), RaftObserver())
