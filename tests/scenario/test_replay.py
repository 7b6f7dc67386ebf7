"""Replays: tokens and files that make the same run again; verification; shrinking; campaigns."""

from pathlib import Path

import attrs
import pytest

from kactors.evidence.digest import Checkpoint, Event
from kactors.faults.injector import Counts
from kactors.scenario import (
    Always,
    At,
    Bounce,
    ClockJump,
    FaultPlan,
    For,
    Pause,
    Running,
    Scale,
    Topology,
    verify,
)
from kactors.scenario.build import build_id
from kactors.scenario.campaign import Campaign, Run, run_once
from kactors.scenario.errors import BrokenFile, UnknownToken
from kactors.scenario.fingerprint import Fingerprint, Way
from kactors.scenario.loader import load
from kactors.scenario.replay import MARK, replay_source
from kactors.scenario.run import run
from kactors.scenario.shrink import shrink
from kactors.scenario.token import Token, token_for
from kactors.testing.ddmin import ddmin
from tests.scenario.tiny import LINES, tiny

BOUNCE = """FaultPlan((
        Bounce("n1", start=At(2), end=For(3)),
    ))"""
STORM = 'Storm(("pause", "clock-jump"))'
STORMY = LINES.replace(BOUNCE, STORM).replace("import At,", "import Storm, At,")


@pytest.fixture
def stormy(tmp_path: Path) -> Path:
    """Return a file whose plan is drawn."""
    assert "Storm((" in STORMY
    path = tmp_path / "stormy.py"
    path.write_text(STORMY)
    return path


def test_a_replay_file_is_the_same_run(stormy: Path, tmp_path: Path) -> None:
    """With the drawn plan, the seed, its docstring and its comments; and so is its own replay."""
    loaded = load(stormy)
    outcome, _ = run(loaded.scenario, 3)
    text = replay_source(loaded, outcome.scenario, 3, why="nothing\nat all")
    path = tmp_path / "replay.py"
    path.write_text(text)
    again = load(path)

    assert text.startswith('"""A node goes and comes."""')
    assert "# nothing\n# at all\n" in text
    assert (again.seed, again.build) == (3, build_id())
    assert again.scenario == outcome.scenario
    assert run(again.scenario, 3)[0].digest == outcome.digest
    twice = replay_source(again, outcome.scenario, 4)
    assert twice.count(MARK) == 1
    path.write_text(twice)
    assert load(path).seed == 4
    assert load(path).scenario == outcome.scenario


def test_a_token_names_a_run() -> None:
    """Another seed or plan is another token; it can be read again."""
    token = token_for(tiny(), 7)
    assert Token.parse(str(token)) == token
    assert str(token).startswith(f"kactors-1:{build_id()}:tiny:7:")
    assert token_for(tiny(faults=FaultPlan()), 7).plan != token.plan
    for text in ("", "kactors-1:a:b:c", "kactors-2:a:b:1:d", "kactors-1:a:b:x:d"):
        with pytest.raises(UnknownToken, match="give"):
            Token.parse(text)


def test_a_failing_run_is_shrunk_to_what_it_needs() -> None:
    """One fault of five, no step, no knob, a shorter run; it fails in the same way."""
    faults = (
        ClockJump("n1", 5, start=At(1)),
        Pause("m1", start=At(1), end=For(1)),
        Bounce("n2", start=At(3), end=For(4)),
        ClockJump("m1", 5, start=At(6)),
        Pause("n1", start=At(6), end=For(1)),
    )
    scenario = tiny(
        topology=Topology.of(1, 4, dns_replicas=0, knobs={"kubelet.sync_seconds": 30.0}),
        faults=FaultPlan(faults),
        workload=tiny().workload,
        script=(Scale("web", replicas=2, at_s=1),),
        goals=(Always("all pods run", Running("web", 2)),),
        chaos_s=30,
    )
    seed = next(seed for seed in range(20) if run(scenario, seed)[0].violations)

    found = shrink(scenario, seed, ddmin, runs_max=60)

    assert found is not None
    small = found.scenario
    assert found.outcome.signature == "goal: all pods run"
    assert [fault.kind for fault in small.plan] == ["Bounce"]
    assert small.plan.faults[0].end == For(1.0)
    assert small.script == ()
    assert small.topology.knobs == ()
    assert small.topology.nodes == 2
    assert small.chaos_s < 8
    assert found.runs <= 60
    assert run(small, seed)[0].signature == "goal: all pods run"


def test_what_holds_cannot_be_shrunk() -> None:
    """There is nothing to keep."""
    assert shrink(tiny(), 1, ddmin) is None


def test_shrinking_stops_when_it_may_run_no_more() -> None:
    """What it has by then is a run that failed."""
    scenario = tiny(goals=(Always("all pods run", Running("web", 2)),))
    found = shrink(scenario, 1, ddmin, runs_max=2)
    assert found is not None
    assert found.runs == 2
    assert found.outcome.violations


def test_interpreters_with_other_hashes_make_the_same_run(tmp_path: Path) -> None:
    """Also one in which nobody shares decoded objects."""
    path = tmp_path / "tiny.py"
    path.write_text(LINES)
    found = verify.verify(path, 2, paranoid=True)
    assert found.same
    assert found.digest == run(load(path).scenario, 2)[0].digest


def test_a_run_that_depends_on_hashes_is_found_out(tmp_path: Path) -> None:
    """At the first event that differs."""
    path = tmp_path / "tiny.py"
    path.write_text(LINES.replace('"web", 2', '("web", "api")[hash("x") % 2], 2'))
    found = verify.verify(path, 0)
    assert not found.same
    assert found.difference is not None
    assert "the runs differ at event" in str(found.difference)


def test_a_difference_that_does_not_come_again_is_told_as_such(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Then the run does not repeat even itself."""
    made: list[str] = []

    def fingerprints(
        path: Path, seed: int, ways: tuple[Way, ...], keep: tuple[int, int] | None = None
    ) -> list[Fingerprint]:
        made.append(str(keep))
        event = Event(1, 1, ("a", "b"), ("c", "d"), b"")
        return [
            Fingerprint(2, f"{way.hash_seed}", (Checkpoint(1, "x"),), "held", (event,))
            for way in ways
        ]

    monkeypatch.setattr(verify, "fingerprints", fingerprints)
    found = verify.verify(tmp_path / "x.py", 0)
    assert made == ["None", "(1, 2)"]
    assert "does not repeat even itself" in str(found.difference)


def test_a_file_that_breaks_in_another_interpreter_is_named(tmp_path: Path) -> None:
    """With the line."""
    path = tmp_path / "tiny.py"
    path.write_text(LINES.replace('deployment("web", 2)', 'deployment("web", -1)'))
    with pytest.raises(BrokenFile, match="is refused") as broken:
        verify.verify(path, 0)
    assert (
        broken.value.line == LINES.splitlines().index('    workload=(deployment("web", 2),),') + 1
    )


def made(seed: int, signature: str = "", scenario: str = "a", **probes: int) -> Run:
    """Return a run of a campaign."""
    return Run(
        scenario=scenario,
        seed=seed,
        signature=signature,
        text=signature,
        replay=f"token {seed}",
        source="",
        virtual_s=10.0,
        wall_s=1.0,
        faults={"Crash": Counts(2, 1, 1)},
        probes=probes,
    )


def test_a_campaign_tells_failures_apart_by_their_signatures() -> None:
    """The first of each is kept, the others are counted."""
    campaign = Campaign()
    new = [
        campaign.add(each)
        for each in (
            made(0, p=0, q=2),
            made(1, "goal: x", p=0),
            made(2, "goal: x"),
            made(3, "goal: y", p=0),
            made(3, "goal: x", "b"),
        )
    ]
    assert [failure is not None for failure in new] == [False, True, False, True, True]
    found = campaign.as_json(wall_s=2.0)
    assert (found["runs"], found["held"], found["violated"]) == (5, 1, 4)
    assert [(each["scenario"], each["seed"], each["runs"]) for each in found["failures"]] == [
        ("a", 1, 2),
        ("a", 3, 1),
        ("b", 3, 1),
    ]
    assert found["faults"] == {"Crash": {"armed": 10, "fired": 5, "felt": 5}}
    assert found["probes_never_hit"] == ["p"]
    assert found["probes"] == {"p": 0, "q": 2}
    assert (found["virtual_s"], found["wall_s"], found["ratio"]) == (50.0, 2.0, 25.0)
    assert found["scenarios"] == {
        "a": {"runs": 4, "held": 1, "virtual_s": 40.0, "wall_s": 4.0},
        "b": {"runs": 1, "held": 0, "virtual_s": 10.0, "wall_s": 1.0},
    }


def test_a_run_of_a_campaign_is_a_value(stormy: Path) -> None:
    """What held needs no replay file; what failed has one."""
    held = run_once(str(stormy), 0)
    assert (held.signature, held.source) == ("", "")
    step = 'script=(Scale("x", replicas=1, at_s=1, patience_s=2),)'
    text = STORMY.replace("chaos_s=8", f"chaos_s=8, {step}")
    stormy.write_text(text.replace("import Storm,", "import Scale, Storm,"))
    failed = run_once(str(stormy), 0)
    assert failed.signature == "liveness: step Scale"
    assert MARK in failed.source
    assert attrs.evolve(failed, wall_s=0.0) == attrs.evolve(run_once(str(stormy), 0), wall_s=0.0)
