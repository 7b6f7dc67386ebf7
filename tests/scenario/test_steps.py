"""What an administrator can do, and what can be asked of a cluster, in runs of small clusters."""

from typing import Any

import attrs
import pytest

from kactors.api.objects import Object
from kactors.scenario import (
    Always,
    At,
    Completed,
    Cordon,
    Delete,
    Drain,
    Eventually,
    FaultPlan,
    Isolate,
    NodesReady,
    NoPodsDeleted,
    Not,
    NothingWritten,
    OnePodEach,
    Patch,
    Predicate,
    Ready,
    RollBack,
    Running,
    Scale,
    SetImage,
    Step,
    Topology,
    Uncordon,
    Until,
    View,
    daemon_set,
    job,
    service,
    stateful_set,
)
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.outcome import Outcome
from kactors.scenario.run import run
from tests.scenario.tiny import tiny

TWO = Topology.of(1, 2, dns_replicas=0)


@attrs.frozen(repr=False)
class OnlyOn(Predicate):
    """All pods of a name run on one node."""

    node: str
    prefix: str

    def missing(self, view: View) -> str:
        """Return those elsewhere."""
        mine = [each for each in view.running if each.pod.startswith(self.prefix)]
        found = [each.pod for each in mine if each.node != self.node]
        return ", ".join(found) if mine else "none runs"


def outcome_of(*script: Step, goals: Any, seed: int = 1, **fields: Any) -> Outcome:
    """Run a script on a cluster of two nodes, without faults unless they are given."""
    wanted = {"topology": TWO, "script": script, "goals": goals, "faults": FaultPlan(),
              "chaos_s": 40, **fields}  # fmt: skip
    return run(tiny(**wanted), seed)[0]


def held(*script: Step, goals: Any, **fields: Any) -> Outcome:
    """Run a script, all goals of which must be met."""
    outcome = outcome_of(*script, goals=goals, **fields)
    assert outcome.violations == (), outcome.violations
    assert all(goal.met for goal in outcome.goals)
    return outcome


def test_a_rollout_is_undone_once() -> None:
    """However often the undoing had to be asked for."""
    held(
        SetImage("web", image="web:2", at_s=1),
        RollBack("web", at_s=15),
        goals=(
            Eventually("over", Ready("web", image="web:2"), within=13, after=1),
            Eventually("and back", Ready("web", image="web:1"), after=15),
            Always("for good", Ready("web", image="web:1"), after=35),
        ),
    )


def test_a_node_is_drained_and_used_again() -> None:
    """Its pods go elsewhere; those of DaemonSets stay."""
    held(
        Drain("n1", at_s=1),
        goals=(
            Eventually("elsewhere", OnlyOn("n2", "web"), after=2),
            Always("on each node", Running("agent", 2)),
        ),
        workload=(*tiny().workload, daemon_set("agent")),
    )


def test_nodes_are_cordoned_and_uncordoned() -> None:
    """New pods go where they may."""
    held(
        Cordon("n1", at_s=1),
        Scale("web", replicas=6, at_s=3),
        Uncordon("n1", at_s=15),
        Scale("web", replicas=10, at_s=17),
        goals=(
            Eventually("six", Ready("web", 6), within=10, after=3),
            Eventually("ten", Ready("web", 10), after=17),
        ),
    )


def test_objects_are_patched_and_deleted() -> None:
    """What is gone already need not be deleted."""
    held(
        Patch("web", patch={"spec": {"replicas": 3}}, at_s=1),
        Delete("web", kind="services", at_s=2),
        Delete("nothing", kind="services", at_s=2),
        Delete("web", propagation="Foreground", at_s=20),
        goals=(
            Eventually("three", Ready("web", 3), within=15, after=1),
            Eventually("none", Not(Running("web", 1)), after=21),
        ),
    )


def test_a_job_is_followed_to_its_end() -> None:
    """Its completions are what it says itself."""
    outcome = outcome_of(
        goals=(Eventually("other", Completed("count", 5)), Eventually("no", Completed("none"))),
        workload=(job("count", 4, parallelism=2, seconds=2),),
    )
    texts = [each.text for each in outcome.violations]
    assert any("4 pods of the Job count succeeded, not 5" in text for text in texts)
    assert any("there is no Job 'none'" in text for text in texts)


def test_what_is_asked_of_pods_is_asked_of_the_truth() -> None:
    """Those that are gone are missed by name; those that are double would be."""
    outcome = outcome_of(
        Delete("db-0", kind="pods", at_s=5),
        goals=(
            Always("none double", OnePodEach("db")),
            Always("none deleted", NoPodsDeleted("db")),
            Always("of web neither", NoPodsDeleted("web")),
        ),
        workload=(*tiny().workload, stateful_set("db", 2), service("db", clusterIP="None")),
    )
    assert outcome.signature == "goal: none deleted"
    assert outcome.violations[0].text.startswith("none deleted: db-0 is ")
    assert [goal.met for goal in outcome.goals] == [True, False, True]


def test_a_store_that_rests_is_noticed() -> None:
    """Without its quorum nothing is written, and the nodes are known to be ready for a while."""
    isolated = Isolate("m2", start=At(2), end=Until(12))
    more = Isolate("m1", start=At(2), end=Until(12))
    held(
        goals=(
            Eventually("still", NothingWritten(3), after=6, within=5),
            Always("busy before", Not(NothingWritten(20))),
            Always("ready", NodesReady(1)),
        ),
        topology=Topology.of(3, 1, dns_replicas=0),
        faults=FaultPlan((isolated, more)),
        converge_s=120,
    )


def test_a_step_begins_in_scenario_time() -> None:
    """Not before."""
    with pytest.raises(InvalidScenario, match="scenario time begins at 0"):
        Cordon("n1", at_s=-1)


def test_steps_and_predicates_print_as_their_source() -> None:
    """Defaults are left out."""
    manifest: Object = {"spec": {}}
    assert repr(Patch("web", patch=manifest, at_s=1)) == "Patch('web', at_s=1, patch={'spec': {}})"
    assert repr(Drain("n1", at_s=2, may_fail=True)) == "Drain('n1', at_s=2, may_fail=True)"
    assert repr(Ready("web", 3)) == "Ready('web', replicas=3)"
