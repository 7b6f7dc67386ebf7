"""The vector form and the plain one give the same answers, whatever happens in between."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.runtime.random import Random, stream
from kactors.scheduler.algorithm import FitError, ScalarAlgorithm, Suggestion
from kactors.scheduler.config import PointChoice, Profile
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.vector.algorithm import VectorAlgorithm
from kactors.scheduler.vector.signature import Signature
from tests.scheduler import making
from tests.scheduler.making import Surroundings
from tests.scheduler.vector.shapes import APPS, some_node, some_pod, some_pod_info

STEPS = ("schedule", "schedule", "schedule", "add node", "update node", "remove node",
         "remove pod", "terminate pod", "nominate", "service", "namespace")  # fmt: skip


class Twins:
    """Both algorithms over one cache; every pod is shown to both."""

    def __init__(
        self,
        seed: int,
        *,
        nodes: int,
        ties: bool = True,
        percentage: int = 0,
        profile: Profile | None = None,
    ) -> None:
        self.chance = stream(seed, "world")
        self.around = Surroundings()
        self.framework: Framework = self.around.framework(profile)
        self.names: list[str] = []
        self.gone: list[str] = []
        self.placed: list[PodInfo] = []
        self.templates = [some_pod("template", self.chance) for _ in range(6)]
        self.number = 0
        self.failed = 0
        for _ in range(nodes):
            self.step("add node")
        draws: list[Random | None] = [stream(seed, "ties") if ties else None for _ in range(2)]
        self.plain = ScalarAlgorithm(percentage, draws[0])
        self.vector = VectorAlgorithm(self.around.cache, percentage, draws[1])

    def step(self, what: str) -> None:
        """Do one thing."""
        self.number += 1
        chance, cache = self.chance, self.around.cache
        match what:
            case "add node":
                name = f"node-{self.number}"
                if self.gone and chance.chance(0.5):
                    name = self.gone.pop()  # Its pods were there all the time.
                self.names.append(name)
                cache.add_node(NodeFacts.of(some_node(name, chance)))
            case "update node" if self.names:
                name = chance.choice(self.names)
                cache.update_node(NodeFacts.of(some_node(name, chance)))
            case "remove node" if self.names:
                self.gone.append(self.names.pop(chance.below(len(self.names))))
                cache.remove_node(self.gone[-1])
            case "remove pod" if self.placed:
                cache.remove_pod(self.placed.pop(chance.below(len(self.placed))).uid)
            case "terminate pod" if self.placed:
                self.terminate(chance.below(len(self.placed)))
            case "nominate" if self.names:
                pod = some_pod_info(f"nominated-{self.number}", chance)
                self.around.nominator.nominate(pod, chance.choice(self.names))
                self.schedule(pod)
                if chance.chance(0.5):
                    self.around.nominator.withdraw(pod.uid)
            case "service":
                app = chance.choice(APPS)
                service = {"metadata": {"name": app, "namespace": "default"},
                           "spec": {"selector": {"app": app}}}  # fmt: skip
                self.around.view.put("Service", service)
            case "namespace":
                team = {"team": chance.choice(["x", "y"])}
                self.around.view.put("Namespace", {"metadata": {"name": "other", "labels": team}})
            case "schedule":
                self.schedule(self.next_pod())

    def next_pod(self) -> PodInfo:
        """Draw a pod: mostly another one of a template, so that much is remembered of it."""
        name = f"pod-{self.number}"
        if self.chance.chance(0.2):
            return some_pod_info(name, self.chance)
        template = self.chance.choice(self.templates)
        metadata = {**template["metadata"], "name": name, "uid": name}
        return PodInfo.of({**template, "metadata": metadata})

    def terminate(self, index: int) -> None:
        """Let a pod on a node begin to end."""
        old = self.placed[index]
        metadata = {**old.pod["metadata"], "deletionTimestamp": "2026-01-01T00:00:00Z"}
        new = PodInfo.of({**old.pod, "metadata": metadata}).assigned_to(old.node_name)
        self.placed[index] = new
        self.around.cache.update_pod(new)

    def schedule(self, pod: PodInfo) -> None:
        """Show a pod to both, compare, and place it."""
        start = self.plain.next_start
        assert self.ranking(self.vector, pod) == self.ranking(self.plain, pod), pod.pod
        assert self.vector.scalar.next_start == self.plain.next_start
        self.vector.scalar.next_start = self.plain.next_start = start
        expected = self.answer(self.plain, pod)
        found = self.answer(self.vector, pod)
        assert found == expected, f"{pod.key}: the vector form says {found}, not {expected}"
        if isinstance(expected, Suggestion):
            placed = pod.assigned_to(expected.node)
            self.around.cache.assume(placed)
            self.around.nominator.withdraw(pod.uid)
            self.placed.append(placed)
        else:
            self.failed += 1

    def ranking(
        self, algorithm: ScalarAlgorithm | VectorAlgorithm, pod: PodInfo
    ) -> tuple[list[tuple[str, int]], str]:
        """Return what one of the two thinks of the nodes: which in which order, and why not."""
        snapshot = self.around.cache.snapshot()
        try:
            ranking = algorithm.rank(self.framework, CycleState(), pod, snapshot)
        except FitError as error:
            return [], str(error)
        return list(ranking.totals.items()), f"{ranking.evaluated} nodes"

    def answer(
        self, algorithm: ScalarAlgorithm | VectorAlgorithm, pod: PodInfo
    ) -> Suggestion | tuple[str, frozenset[str]]:
        """Return where one of the two would put a pod, or what it says against it."""
        snapshot = self.around.cache.snapshot()
        try:
            return algorithm.schedule(self.framework, CycleState(), pod, snapshot)
        except FitError as error:
            return str(error), error.rejected_by


@pytest.mark.parametrize("seed", range(12))
def test_storms(seed: int) -> None:
    """Hundreds of pods of all shapes go to the same nodes, while nodes and pods come and go."""
    twins = Twins(seed, nodes=10 + 3 * seed, ties=seed % 3 > 0)

    for _ in range(150):
        twins.step(twins.chance.choice(STEPS))

    assert twins.placed
    assert twins.vector.counted["vector"] > twins.vector.counted["scalar"]


GPU = [{"name": "cpu", "weight": 2}, {"name": "memory"}, {"name": "example.com/gpu", "weight": 5}]
ZONES_FIRST = {
    "topologyKey": making.ZONE,
    "maxSkew": 2,
    "whenUnsatisfiable": "DoNotSchedule",
}
ADDED = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "disk", "operator": "Exists"}]}]}
PROFILES = {
    "packing": Profile(
        plugin_args={
            "NodeResourcesFit": {"scoringStrategy": {"type": "MostAllocated", "resources": GPU}},
            "NodeResourcesBalancedAllocation": {"resources": GPU},
        }
    ),
    "other defaults": Profile(
        plugin_args={
            "PodTopologySpread": {"defaultingType": "List", "defaultConstraints": [ZONES_FIRST]},
            "InterPodAffinity": {
                "hardPodAffinityWeight": 7,
                "ignorePreferredTermsOfExistingPods": True,
            },
            "NodeAffinity": {
                "addedAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": ADDED}
            },
        }
    ),
    "few plugins": Profile(
        points={
            "score": PointChoice(
                disabled=frozenset({"PodTopologySpread", "TaintToleration", "NodeResourcesFit"})
            ),
            "filter": PointChoice(disabled=frozenset({"InterPodAffinity", "NodePorts"})),
        }
    ),
    "no scores": Profile(points={"score": PointChoice(disabled=frozenset("*"))}),
}


@pytest.mark.parametrize("name", PROFILES)
@pytest.mark.parametrize("seed", range(3))
def test_storms_under_other_profiles(seed: int, name: str) -> None:
    """Arguments and the choice of plugins mean the same to both forms."""
    twins = Twins(seed, nodes=20, profile=PROFILES[name])

    for _ in range(100):
        twins.step(twins.chance.choice(STEPS))

    assert twins.placed
    assert twins.vector.counted["vector"]


def test_plugins_without_a_vector_form() -> None:
    """A profile with a score that has none is scheduled in the plain form."""
    shape = [{"utilization": 0, "score": 0}, {"utilization": 100, "score": 10}]
    ratio = {"type": "RequestedToCapacityRatio", "requestedToCapacityRatio": {"shape": shape}}
    profile = Profile(plugin_args={"NodeResourcesFit": {"scoringStrategy": ratio}})
    twins = Twins(1, nodes=10, profile=profile)

    for _ in range(10):
        twins.step("schedule")

    assert twins.placed
    assert twins.vector.counted == {"vector": 0, "scalar": 20, "failed": 0}


def test_amounts_that_are_too_large() -> None:
    """With a node of 64 TiB or more the plain form answers, whose integers have no end."""
    twins = Twins(0, nodes=0)
    twins.around.add_nodes(making.node("n1"), making.node("n2"))
    twins.schedule(making.info("a"))
    assert twins.vector.counted["scalar"] == 0

    twins.around.cache.update_node(NodeFacts.of(making.node("n1", memory="64Ti")))
    twins.schedule(making.info("b"))

    assert twins.vector.counted["scalar"] == 2


@pytest.mark.parametrize("seed", range(6))
def test_counts_that_live_long(seed: int) -> None:
    """While nodes stay as they are, counts are kept up to date pod by pod, and stay right."""
    twins = Twins(seed, nodes=25)
    for name in twins.names:
        labels = {"disk": "ssd", making.HOSTNAME: name, making.ZONE: twins.chance.choice("abc")}
        node = making.node(name, cpu="32", labels=labels)
        twins.around.cache.update_node(NodeFacts.of(node))

    for _ in range(200):
        twins.step(twins.chance.choice(["schedule"] * 5 + ["remove pod", "terminate pod"]))

    assert len(twins.placed) > 40


PREFERS = [{"weight": 9, "preference": {"matchExpressions": [{"key": "b", "operator": "Exists"}]}}]
CHANGES: dict[str, dict[str, Any]] = {
    "labels": {"labels": {"a": "", "b": "", "disk": "hdd"}},
    "preferred labels": {"labels": {"a": "", "b": "", "disk": "ssd"}},
    "a taint": {"taints": [{"key": "x", "effect": "NoExecute"}]},
    "a soft taint": {"taints": [{"key": "x", "effect": "PreferNoSchedule"}]},
    "a cordon": {"unschedulable": True},
    "less room": {"cpu": "150m"},
    "more room": {"cpu": "64", "memory": "64Gi"},
    "a zone": {"zone": "b"},
}


@pytest.mark.parametrize("change", CHANGES)
def test_changes_of_one_node_are_noticed(change: str) -> None:
    """What was remembered of a node is not what counts once the node has changed."""
    twins = Twins(0, nodes=0)
    node_affinity = {"preferredDuringSchedulingIgnoredDuringExecution": PREFERS}
    spread = {"topologyKey": making.ZONE, "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway",
              "labelSelector": {"matchLabels": {"app": "web"}}}  # fmt: skip
    pod = making.info(
        labels={"app": "web"},
        nodeSelector={"disk": "ssd"},
        affinity={"nodeAffinity": node_affinity},
        topologySpreadConstraints=[spread],
    )
    plain: dict[str, Any] = {"labels": {"a": "", "disk": "ssd"}, "zone": "a"}
    for name in ("n1", "n2", "n3"):
        twins.around.add_nodes(making.node(name, **plain))
    twins.around.place("n1", making.info("old", labels={"app": "web"}))
    before = twins.ranking(twins.vector, pod)

    twins.around.cache.update_node(NodeFacts.of(making.node("n2", **plain | CHANGES[change])))

    after = twins.ranking(twins.vector, pod)
    twins.vector.scalar.next_start = twins.plain.next_start = 0
    assert after == twins.ranking(twins.plain, pod)
    assert after != before


def test_images_that_spread() -> None:
    """An image counts for more once another node has it, and on every node that has it."""
    twins = Twins(0, nodes=0)
    pod = PodInfo.of(making.pod("p", image="registry/web:1"))
    size = {"registry/web:1": 800 * 2**20}
    for number in range(6):
        images = size if number < 2 else {}
        twins.around.add_nodes(making.node(f"n{number}", images=images))
    before = twins.ranking(twins.vector, pod)

    twins.around.cache.update_node(NodeFacts.of(making.node("n5", images=size)))

    after = twins.ranking(twins.vector, pod)
    assert after == twins.ranking(twins.plain, pod)
    assert dict(after[0])["n0"] > dict(before[0])["n0"]


def test_reasons_that_are_remembered() -> None:
    """Why nodes refuse a pod follows their changes, also when nodes come and go."""
    twins = Twins(0, nodes=0)
    cache, pod = twins.around.cache, making.info("large", cpu="3")
    small: dict[str, Any] = {"cpu": "2", "pods": 1}
    for name in ("n1", "n2", "n3"):
        cache.add_node(NodeFacts.of(making.node(name, **small)))
    taint = {"key": "x", "effect": "NoSchedule"}
    steps: list[Callable[[], object]] = [
        lambda: None,
        lambda: twins.around.place("n1", making.info("p")),
        lambda: cache.update_node(NodeFacts.of(making.node("n2", **small, taints=[taint]))),
        lambda: cache.add_node(NodeFacts.of(making.node("n0", **small, unschedulable=True))),
        lambda: cache.remove_node("n3"),
        lambda: cache.remove_pod(making.info("p").uid),
    ]
    said = []

    for step in steps:
        step()
        found = twins.ranking(twins.vector, pod)
        assert found == twins.ranking(twins.plain, pod)
        said.append(found)

    assert all(totals == [] for totals, _ in said)
    assert len({text for _, text in said}) == len(steps)


@pytest.mark.parametrize("states", [1, 3, 1000])
def test_states_that_are_remembered(states: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few states of a node's resources are remembered, the answers are the same."""
    monkeypatch.setattr(Signature, "STATES_MAX", states)
    twins = Twins(5, nodes=0)
    for number in range(20):
        cpu = ("2", "3")[number % 2]
        twins.around.add_nodes(making.node(f"n{number}", cpu=cpu, memory="2Gi", pods=4))
    pods = [making.pod("small", cpu="100m"), making.pod("large", cpu="700m", memory="300Mi")]

    for number in range(140):
        pod = pods[twins.chance.below(2)]
        metadata = {**pod["metadata"], "name": f"p{number}", "uid": f"p{number}"}
        twins.schedule(PodInfo.of({**pod, "metadata": metadata}))
        if number % 4 == 3 and twins.placed:
            twins.around.cache.remove_pod(twins.placed.pop(0).uid)

    assert twins.placed
    assert twins.failed


@pytest.mark.parametrize("percentage", [20, 60, 100])
def test_windows_around_closed_rows(percentage: int) -> None:
    """Wherever the scan begins, full nodes are passed by, and it stops at the same node."""
    twins = Twins(9, nodes=0, percentage=percentage)
    for number in range(150):
        twins.around.add_nodes(making.node(f"n{number}", pods=(1, 2, 0)[number % 3]))

    for number in range(160):
        twins.schedule(making.info(f"p{number}"))

    assert len(twins.placed) == 150
    assert twins.failed == 10


def test_a_scan_that_stops_early() -> None:
    """With more nodes than are wanted, both stop at the same node and go on from there."""
    twins = Twins(3, nodes=130, percentage=20)

    for _ in range(100):
        twins.step("schedule")

    assert len(twins.placed) > 50


@settings(max_examples=40)
@given(
    seed=st.integers(0, 2**32),
    nodes=st.integers(0, 12),
    steps=st.lists(st.sampled_from(STEPS), max_size=40),
    ties=st.booleans(),
)
def test_any_course_of_events(seed: int, nodes: int, steps: list[str], ties: bool) -> None:
    """No course of events tells the two forms apart."""
    twins = Twins(seed, nodes=nodes, ties=ties)

    for step in steps:
        twins.step(step)
