"""Who must go so that a more important pod fits."""

from typing import Any

from kactors.api.objects import Object
from kactors.scheduler.algorithm import FitError, ScalarAlgorithm
from kactors.scheduler.config import Profile
from kactors.scheduler.effects import EvictPod, PatchPodStatus
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.plugin import PostFilterResult
from kactors.scheduler.plugins.victims import Candidate, Victims, best_candidate
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import Surroundings, info, node


def preempt(around: Surroundings, pod: PodInfo, profile: Profile | None = None) -> PostFilterResult:
    """Return what is done about a pod that fits nowhere."""
    framework, state = around.framework(profile), CycleState()
    try:
        ScalarAlgorithm().schedule(framework, state, pod, around.cache.snapshot())
    except FitError as error:
        return framework.run_post_filters(state, pod, error.statuses)
    raise AssertionError("the pod fits")


def victims(result: PostFilterResult) -> list[str]:
    """Return the names of the evicted pods."""
    return [each.pod.name for each in result.effects if isinstance(each, EvictPod)]


def low(name: str, cpu: str = "1", **more: Any) -> PodInfo:
    """Return an unimportant pod."""
    return info(name, cpu=cpu, **more)


def high(cpu: str = "1", **more: Any) -> PodInfo:
    """Return an important pod."""
    return info("high", cpu=cpu, priority=100, **more)


def budget(allowed: int, **labels: str) -> Object:
    """Return a disruption budget."""
    return {
        "metadata": {"name": "b", "namespace": "default"},
        "spec": {"selector": {"matchLabels": labels}},
        "status": {"disruptionsAllowed": allowed},
    }


def test_no_more_victims_than_needed() -> None:
    """Of the pods that could go, the most important ones stay that leave enough room."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="3"))
    around.place("n", low("a"), low("b", priority=5), low("c", priority=7))

    result = preempt(around, high("2"))

    assert result.nominated_node == "n"
    assert victims(result) == ["b", "a"]


def test_equals_are_safe() -> None:
    """Pods of the same priority are no victims."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="1"))
    around.place("n", low("a", priority=100))

    result = preempt(around, high())

    assert result.nominated_node == ""
    assert "No preemption victims found" in result.message


def test_nodes_where_it_cannot_help() -> None:
    """A pod too large for an empty node, or refused for good, preempts nobody there."""
    around = Surroundings()
    taint = {"key": "kept", "effect": "NoSchedule"}
    around.add_nodes(node("small", cpu="1"), node("tainted", cpu="9", taints=[taint]))
    around.place("small", low("a"))

    result = preempt(around, high("2"))

    assert victims(result) == []
    assert "2 Preemption is not helpful for scheduling" in result.message


def test_pods_that_must_not_preempt() -> None:
    """A pod whose policy is Never waits for others to go."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="1"))
    around.place("n", low("a"))

    result = preempt(around, high(preemptionPolicy="Never"))

    assert result.nominated_node is None
    assert "preemptionPolicy=Never" in result.message


def test_disruption_budgets_are_broken_last() -> None:
    """The node where no budget is broken is better; where one must be, the other pods go first."""
    around = Surroundings()
    around.add_nodes(node("guarded", cpu="1"), node("free", cpu="1"))
    around.place("guarded", low("a", labels={"app": "x"}))
    around.place("free", low("b", priority=50))
    around.view.put("PodDisruptionBudget", budget(0, app="x"))

    assert preempt(around, high()).nominated_node == "free"
    around.place("free", low("c", "0", priority=100))
    around.cache.remove_pod(low("b").uid)
    around.place("free", low("d", priority=100))
    assert victims(preempt(around, high())) == ["a"]


def test_the_protected_stay_if_others_can_go() -> None:
    """On one node a pod without a budget goes before one whose budget would break."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="2"))
    around.place("n", low("protected", labels={"app": "x"}), low("other", priority=5))
    around.view.put("PodDisruptionBudget", budget(0, app="x"))

    assert victims(preempt(around, high())) == ["other"]


def test_the_search_goes_on_until_no_budget_breaks() -> None:
    """Enough candidates are not enough while each of them breaks a budget."""
    around = Surroundings()
    for number in range(8):
        around.add_nodes(node(f"n{number}", cpu="1"))
        labels = {"app": "x"} if number != 6 else {}
        around.place(f"n{number}", low(f"p{number}", labels=labels))
    around.view.put("PodDisruptionBudget", budget(0, app="x"))
    few = {"minCandidateNodesPercentage": 0, "minCandidateNodesAbsolute": 1}
    profile = Profile(plugin_args={"DefaultPreemption": few})

    assert [preempt(around, high(), profile).nominated_node for _ in range(5)] == ["n6"] * 5


def test_a_pod_waits_for_its_victims() -> None:
    """While a victim on the nominated node is ending, nobody else has to go."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="1"), node("m", cpu="1"))
    condition = {"type": "DisruptionTarget", "status": "True", "reason": "PreemptionByScheduler"}
    ending = {"deletionTimestamp": "2026-01-01T00:00:00Z"}
    around.place("n", low("a", metadata=ending, status={"conditions": [condition]}))
    around.place("m", low("b"))
    pod = high(status={"nominatedNodeName": "n"})

    result = preempt(around, pod)

    assert victims(result) == []
    assert "terminating pod on the nominated node" in result.message


def test_less_important_nominations_are_taken_back() -> None:
    """A pod that had hoped for the node must look for another."""
    around = Surroundings()
    around.add_nodes(node("n", cpu="1"))
    around.place("n", low("a"))
    hopeful = low("hopeful", priority=10)
    around.nominator.nominate(hopeful, "n")

    effects = preempt(around, high()).effects

    patches = [each for each in effects if isinstance(each, PatchPodStatus)]
    assert [(each.pod.name, each.nominated_node) for each in patches] == [("hopeful", "")]


def test_the_least_harm() -> None:
    """Budgets, then the highest victim, then their sum, their number, and their age decide."""

    def candidate(name: str, *priorities: int, broken: int = 0, second: int = 0) -> Candidate:
        started = {"startTime": f"2026-01-01T00:00:{second:02}Z"}
        pods = [info(f"{name}{number}", priority=priority, status=started)
                for number, priority in enumerate(priorities)]  # fmt: skip
        return Candidate(name, Victims(tuple(pods), broken))

    order = [
        candidate("young", 5, second=9),
        candidate("old", 5, second=1),
        candidate("two", 5, -(2**31)),
        candidate("high sum", 5, 5),
        candidate("high", 6),
        candidate("broken", 1, broken=1),
    ]

    while order:
        best = order.pop(0)
        assert best_candidate([*reversed(order), best]) is best
