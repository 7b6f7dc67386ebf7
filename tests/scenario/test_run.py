"""Runs: phases, verdicts, and that they repeat."""

from collections import Counter
from typing import Any, ClassVar

import attrs
import pytest

from kactors.cluster.simulated import SimulatedCluster
from kactors.evidence.digest import Digest
from kactors.scenario import (
    Always,
    Apply,
    At,
    Crash,
    Eventually,
    FaultPlan,
    For,
    KillActor,
    Leads,
    NodesReady,
    Not,
    Pause,
    Ready,
    Running,
    Scale,
    SetImage,
    Storm,
    Topology,
    View,
    deployment,
    service,
)
from kactors.scenario.core import core_of
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.oracle import Oracle
from kactors.scenario.outcome import Outcome
from kactors.scenario.predicates import Predicate
from kactors.scenario.run import Options, run
from tests.scenario.tiny import tiny


def outcome_of(seed: int = 1, **fields: Any) -> Outcome:
    """Run a tiny scenario."""
    return run(tiny(**fields), seed)[0]


def test_a_run_goes_through_its_phases_and_holds() -> None:
    """The timeline has a sample for each second, the host's absence and the fault."""
    outcome = outcome_of()

    assert outcome.verdict == "held", outcome.violations
    timeline = outcome.timeline
    assert list(timeline.phases) == ["come up", "chaos", "converge", "end"]
    assert [round(timeline.phases[name]) for name in ("chaos", "converge")] == [0, 8]
    assert timeline.phases["end"] >= 18, "it was settled for ten seconds"
    assert [(each.host, each.what, each.begin_s, each.end_s) for each in timeline.host_spans] == [
        ("n1", "down", 2.0, 5.0)
    ]
    (fault,) = timeline.faults
    assert (fault.kind, fault.hosts, fault.begin_s, fault.end_s) == ("Bounce", ("n1",), 2.0, 5.0)
    assert fault.felt
    assert timeline.phases["come up"] == timeline.samples[0].at_s - 1 < -5
    during = [each for each in timeline.samples if each.at_s > 0]
    assert [each.at_s for each in during] == list(range(1, len(during) + 1))
    assert during[-1].etcd == during[-1].scheduler == during[-1].controllers == "m1"
    assert during[-1].pods == {"Ready": 2, "Running": 2}
    assert during[-1].nodes_ready == 1
    assert during[-1].terms["m1"] >= 1


def test_what_programs_read_has_every_field() -> None:
    """As the design says."""
    found = outcome_of().as_json()

    assert found["scenario"] == "tiny"
    assert found["faults"] == {"Bounce": {"armed": 1, "fired": 1, "felt": 1}}
    assert found["goals"] == [{"name": "up again", "met": True, "at_s": found["goals"][0]["at_s"]}]
    assert {"seed", "verdict", "violations", "digest", "events", "virtual_s", "wall_s", "ratio",
            "probes", "replay"} <= found.keys()  # fmt: skip
    assert found["events"] > 100


def test_runs_repeat_whoever_watches_them() -> None:
    """The same seed, the same digest: traced, paranoid, without oracles."""
    first = outcome_of(seed=3)
    traced, recorder = run(tiny(), 3, Options(trace=True, paranoid=True, oracles=()))
    digest = Digest()
    run(tiny(), 3, Options(digest=digest))

    assert recorder is not None
    assert any(record.what == "fault begins" for record in recorder.records)
    assert first.digest == traced.digest == digest.hexdigest()
    assert first.timeline == attrs.evolve(traced.timeline)
    assert outcome_of(seed=4).digest != first.digest


def test_a_promise_of_safety_ends_the_run_when_it_is_broken() -> None:
    """With the goal's name as signature."""
    outcome = outcome_of(goals=(Always("all pods run", Running("web", 2)),))
    assert outcome.verdict == "violated"
    assert outcome.signature == "goal: all pods run"
    assert outcome.violations[0].text == "all pods run: 0 of 2 web* pods run"
    assert 2 <= outcome.violations[0].at_s <= 3
    assert outcome.timeline.phases["end"] == outcome.violations[0].at_s


def test_a_cluster_that_never_comes_up_is_told_so() -> None:
    """Even where liveness is not judged: there was nothing to judge."""
    outcome = outcome_of(
        workload=(deployment("web", 200),), come_up_s=20, budget="beyond", goals=()
    )
    assert outcome.signature == "liveness: never came up, deployments"
    assert "deployments/web" in outcome.violations[0].text


def test_a_cluster_must_settle_in_time() -> None:
    """Or that is what is objected to; beyond the budget it need not."""
    fields: dict[str, Any] = {
        "script": (Scale("web", replicas=200, at_s=1),), "converge_s": 15, "goals": (),
    }  # fmt: skip
    outcome = outcome_of(**fields)
    assert outcome.signature == "liveness: did not settle, deployments"
    assert outcome_of(**fields, budget="beyond").verdict == "held"


def test_crashed_hosts_come_back_when_the_world_is_healed() -> None:
    """All of them, or those of the core alone: what is outside stays as it is."""
    plan = FaultPlan(tuple(Crash(f"n{number}", start=At(3)) for number in range(1, 5)))
    fields: dict[str, Any] = {"topology": Topology.of(1, 4, dns_replicas=0), "workload": (),
                              "faults": plan, "goals": ()}  # fmt: skip
    whole = outcome_of(**fields)
    assert whole.verdict == "held"
    assert all(span.end_s == 8 for span in whole.timeline.host_spans)
    scenario = tiny(**fields, core="random")
    seed = next(seed for seed in range(50) if len(core_of(scenario, seed)) < 5)
    core = outcome_of(**fields, core="random", seed=seed)
    assert core.verdict == "held", core.violations
    ends = [span.end_s for span in core.timeline.host_spans]
    assert None in ends
    assert 8 in ends


def test_what_gave_up_is_started_again() -> None:
    """A member of etcd that fails takes its host's process along."""
    outcome = outcome_of(
        faults=FaultPlan((KillActor("m1/etcd", start=At(1)),)),
        goals=(Eventually("it leads", Leads("etcd"), after=2),),
    )
    assert outcome.verdict == "held", outcome.violations
    (span,) = outcome.timeline.host_spans
    assert span.host == "m1"
    assert 1 <= span.begin_s <= 4, "it is given a moment to end"
    assert span.end_s is not None
    assert 5 <= span.end_s - span.begin_s <= 7


def test_an_administrator_does_what_the_script_says() -> None:
    """And the goals see it."""
    script = (
        SetImage("web", image="web:2", at_s=1),
        Scale("web", replicas=3, at_s=2),
        Apply((deployment("api", 1),), at_s=3),
    )
    goals = (
        Eventually("rolled over", Ready("web", 3, image="web:2"), after=2),
        Eventually("another", Ready("api"), after=3),
        Always("it is known", NodesReady(), until=1),
    )
    outcome = outcome_of(script=script, goals=goals, faults=FaultPlan())
    assert outcome.verdict == "held", outcome.violations
    assert [(each.done, each.tries) for each in outcome.timeline.steps] == [(True, 1)] * 3


def test_a_step_that_is_not_carried_out_breaks_a_promise() -> None:
    """Unless it may fail; it is tried for as long as its author was patient."""
    step = Scale("nobody", replicas=1, at_s=1, patience_s=3)
    outcome = outcome_of(script=(step,))
    assert outcome.signature == "liveness: step Scale"
    assert '"nobody" not found' in outcome.violations[0].text
    assert outcome.timeline.steps[0].tries > 1
    assert outcome_of(script=(attrs.evolve(step, may_fail=True),)).verdict == "held"


def test_what_is_refused_for_good_is_the_scenarios_fault() -> None:
    """It names what leads to the line."""
    with pytest.raises(InvalidScenario, match="is refused") as refused:
        outcome_of(workload=(deployment("web", -1),))
    assert refused.value.literal == "web"


class Objects(Oracle):
    """Objects to the third second."""

    name: ClassVar[str] = "objects"
    _looks = 0

    def look(self) -> None:
        """Count, and object."""
        self._looks += 1
        if self._looks == 3:
            self.object_to("the third", "there was a third second")


def test_an_oracle_that_objects_ends_the_run() -> None:
    """Its name is part of the signature."""
    outcome, _ = run(tiny(), 1, Options(oracles=(Objects,)))
    assert outcome.signature == "objects: the third"
    assert outcome.timeline.findings[0].text == "there was a third second"


@attrs.frozen(repr=False)
class Sabotage(Predicate):
    """Makes the kernel's next event fail: as a bug in a component does."""

    def missing(self, view: View) -> str:
        """Plant the bug."""
        sabotage(view.cluster)
        return ""


def sabotage(cluster: SimulatedCluster) -> None:
    """Let an event of the world raise."""

    def fails(_: Any) -> None:
        raise AssertionError("a planted bug")

    kernel = cluster.world.simulation.kernel
    kernel.call_at(kernel.now_ns + 1, fails, None)


def test_an_assertion_that_fails_is_a_finding() -> None:
    """It is told where, and the run ends there; the outcome is whole."""
    outcome = outcome_of(goals=(Always("sound", Sabotage()),))
    assert outcome.verdict == "violated"
    assert outcome.signature.startswith("bug: AssertionError in ")
    assert "a planted bug" in outcome.violations[0].text
    assert outcome.events > 0


def test_a_storm_is_run_as_what_it_draws() -> None:
    """The outcome has the plan; run on its own, it is the same run."""
    stormy = tiny(faults=Storm(("pause", "clock-jump"), knobs=True))
    first, _ = run(stormy, 5)
    again, _ = run(first.scenario, 5)
    assert len(first.scenario.plan) >= 1
    assert first.digest == again.digest
    assert first.replay == again.replay


def test_pauses_are_spans_of_their_hosts() -> None:
    """Also those that are not over at the end."""
    fault = Pause("n1", start=At(2), end=For(100))
    goals = (Always("never", Not(Leads("etcd")), after=6),)
    outcome = outcome_of(faults=FaultPlan((fault,)), goals=goals)
    (span,) = outcome.timeline.host_spans
    assert (span.what, span.begin_s, span.end_s) == ("paused", 2.0, None)
    assert outcome.timeline.faults[0].end_s is None


@attrs.frozen(repr=False)
class NoMoreThan(Predicate):
    """No node has more than so many running containers of a Deployment."""

    count: int
    prefix: str

    def missing(self, view: View) -> str:
        """Return the nodes that have more."""
        nodes = Counter(each.node for each in view.running if each.pod.startswith(self.prefix))
        return ", ".join(sorted(node for node, count in nodes.items() if count > self.count))


def test_work_is_given_to_a_cluster_whose_nodes_are_there() -> None:
    """So it is spread over all of them; with this seed two nodes are ready before the others."""
    scenario = tiny(
        topology=Topology.of(masters=3, nodes=6),
        workload=(deployment("web", 36), service("web")),
        faults=FaultPlan(),
        goals=(Always("spread", NoMoreThan(9, "web")),),
        chaos_s=2,
    )

    outcome, _ = run(scenario, 2)

    assert outcome.verdict == "held", outcome.violations
