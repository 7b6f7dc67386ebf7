"""What runs the plugins, and in which order."""

from collections.abc import Sequence
from typing import ClassVar

import pytest

from kactors.scheduler.config import PluginChoice, PointChoice, Profile
from kactors.scheduler.effects import BindPod, Effect
from kactors.scheduler.errors import (
    ConfigurationError,
    CycleError,
    NoSuchStateError,
    UnknownPluginError,
)
from kactors.scheduler.framework.cluster_event import Action, ClusterEvent, EventResource
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.plugin import (
    FilterPlugin,
    NodeRestriction,
    PermitPlugin,
    Plugin,
    PreBindPlugin,
    PreFilterPlugin,
    ReservePlugin,
    ScorePlugin,
    Wait,
)
from kactors.scheduler.framework.registry import build_framework
from kactors.scheduler.framework.status import Code, NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.registry import default_registry
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import Surroundings, info, node, on_node


class Told(FilterPlugin, PreFilterPlugin, ScorePlugin, ReservePlugin, PermitPlugin, PreBindPlugin):
    """Answers as it is told, and writes down what it was asked."""

    name = "Told"
    log: ClassVar[list[str]] = []

    def __init__(self, **answers: object) -> None:
        self.answers = answers

    def pre_filter(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> NodeRestriction | Status | None:
        """Answer."""
        return self.answers.get("pre_filter")  # type: ignore[return-value]

    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Answer."""
        self.log.append(f"{self.name} filter {node.name} {len(node.pods)}")
        return self.answers.get("filter")  # type: ignore[return-value]

    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Answer."""
        return self.answers.get("score", 0)  # type: ignore[return-value]

    def reserve(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | None:
        """Answer."""
        self.log.append(f"{self.name} reserve")
        return self.answers.get("reserve")  # type: ignore[return-value]

    def unreserve(self, state: CycleState, pod: PodInfo, node: str, /) -> None:
        """Take note."""
        self.log.append(f"{self.name} unreserve")

    def permit(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | Wait | None:
        """Answer."""
        return self.answers.get("permit")  # type: ignore[return-value]

    def pre_bind(self, state: CycleState, pod: PodInfo, node: str, /) -> Sequence[Effect] | Status:
        """Answer."""
        return self.answers.get("pre_bind", ())  # type: ignore[return-value]


class Other(Told):
    """Another one."""

    name = "Other"


def framework(*plugins: Plugin, around: Surroundings | None = None) -> Framework:
    """Return a profile with only these plugins, and what every profile needs."""
    Told.log.clear()
    around = around or Surroundings()
    registry = default_registry()
    for plugin in plugins:
        registry[plugin.name] = lambda _args, _handle, plugin=plugin: plugin  # type: ignore[misc]
    names = ["PrioritySort", *(plugin.name for plugin in plugins), "DefaultBinder"]
    profile = Profile(multi_point=tuple(PluginChoice(name) for name in names))
    handle = Handle(
        cache=around.cache, view=around.view, nominator=around.nominator, chance=around.chance
    )
    return build_framework(profile, registry, handle)


REFUSED = Status(Code.UNSCHEDULABLE, ("no",))
SKIP = Status(Code.SKIP)
BROKEN = Status(Code.ERROR, ("broken",))


def test_restrictions_are_intersected() -> None:
    """What is left are the nodes that every PreFilter allows."""
    ab, bc = NodeRestriction(frozenset("ab")), NodeRestriction(frozenset("bc"))

    found = framework(Told(pre_filter=ab), Other(pre_filter=bc)).run_pre_filter(
        CycleState(), info(), ()
    )

    assert found == NodeRestriction(frozenset("b"), ("Other", "Told"))
    none = framework(Told(pre_filter=ab), Other(pre_filter=NodeRestriction(frozenset("c"))))
    status = none.run_pre_filter(CycleState(), info(), ())
    assert isinstance(status, Status)
    assert "simultaneously" in status.message


def test_a_skipped_filter_is_not_asked() -> None:
    """A PreFilter that says Skip spares its own filter, and no other."""
    profile, state = framework(Told(pre_filter=SKIP, filter=REFUSED), Other()), CycleState()

    assert profile.run_pre_filter(state, info(), ()) is None

    assert profile.run_filters(state, info(), on_node(node("n"))) is None
    assert Told.log == ["Other filter n 0"]


def test_the_first_objection_counts() -> None:
    """The filters after it are not asked; the status says whose it is."""
    profile = framework(Told(filter=REFUSED), Other(filter=REFUSED))

    status = profile.run_filters(CycleState(), info(), on_node(node("n")))

    assert status is not None
    assert (status.plugin, status.message) == ("Told", "no")
    assert Told.log == ["Told filter n 0"]


def test_nominated_pods_are_counted_in_and_out() -> None:
    """A node for which an important pod is nominated is tried with it and without."""
    around = Surroundings()
    profile = framework(Told(), around=around)
    around.nominator.nominate(info("vip", priority=9), "n")

    profile.run_filters_with_nominated_pods(CycleState(), info("p"), on_node(node("n")))
    profile.run_filters_with_nominated_pods(
        CycleState(), info("p", priority=10), on_node(node("n"))
    )

    assert Told.log == ["Told filter n 1", "Told filter n 0", "Told filter n 0"]


def test_errors_end_the_cycle() -> None:
    """An error is not a rejection: the attempt is given up."""
    state, where = CycleState(), on_node(node("n"))

    with pytest.raises(CycleError, match="broken"):
        framework(Told(filter=BROKEN)).run_filters(state, info(), where)
    with pytest.raises(CycleError, match="broken"):
        framework(Told(pre_filter=BROKEN)).run_pre_filter(state, info(), ())
    with pytest.raises(CycleError, match="allowed are 0 to 100"):
        framework(Told(score=101)).run_scores(state, info(), [where])


def test_scores_are_weighted() -> None:
    """The total is the sum of scores times weights."""
    profile = Profile(
        multi_point=(PluginChoice("PrioritySort"), PluginChoice("Told", 3), PluginChoice("Other"),
                     PluginChoice("DefaultBinder")))  # fmt: skip
    registry = default_registry()
    registry["Told"] = lambda _args, _handle: Told(score=10)
    registry["Other"] = lambda _args, _handle: Other(score=7)
    around = Surroundings()
    handle = Handle(
        cache=around.cache, view=around.view, nominator=around.nominator, chance=around.chance
    )

    built = build_framework(profile, registry, handle)

    assert built.run_scores(CycleState(), info(), [on_node(node("n"))]) == [37]


def test_reserving_is_undone_backwards() -> None:
    """Unreserve runs for all plugins, the last one first."""
    profile = framework(Told(), Other(reserve=REFUSED))

    status = profile.run_reserve(CycleState(), info(), "n")
    profile.run_unreserve(CycleState(), info(), "n")

    assert status is not None
    assert status.plugin == "Other"
    assert Told.log == ["Told reserve", "Other reserve", "Other unreserve", "Told unreserve"]


def test_permission() -> None:
    """Each plugin may let the pod wait; one may reject it."""
    waiting = framework(Told(permit=Wait(5)), Other(permit=Wait(7)))
    assert waiting.run_permit(CycleState(), info(), "n").waits == (("Told", 5), ("Other", 7))

    rejecting = framework(Told(permit=Wait(5)), Other(permit=REFUSED))

    rejected = rejecting.run_permit(CycleState(), info(), "n").rejected
    assert rejected is not None
    assert rejected.plugin == "Other"


def test_binding_is_data() -> None:
    """What binds a pod is returned, not done."""
    profile = framework(Told(pre_bind=REFUSED))

    effects = profile.run_bind(CycleState(), info("p").assigned_to("n"), "n")

    assert not isinstance(effects, Status)
    (effect,) = effects
    assert isinstance(effect, BindPod)
    assert (effect.pod.name, effect.node) == ("p", "n")
    assert isinstance(profile.run_pre_bind(CycleState(), info(), "n"), Status)


def test_profiles_that_cannot_be() -> None:
    """An unknown plugin, one at the wrong point, and no binder are refused with a reason."""
    around = Surroundings()

    with pytest.raises(UnknownPluginError, match="'Nobody'"):
        around.framework(Profile(multi_point=(PluginChoice("Nobody"),)))
    wrong = PointChoice(enabled=(PluginChoice("NodeName"),))
    with pytest.raises(ConfigurationError, match="does not implement"):
        around.framework(Profile(points={"score": wrong}))
    none = PointChoice(disabled=frozenset("*"))
    with pytest.raises(ConfigurationError, match="no plugin at bind"):
        around.framework(Profile(points={"bind": none}))


def test_single_points_override_multi_point() -> None:
    """What is named for a point comes first there; what is disabled does not run."""
    points = {
        "score": PointChoice(enabled=(PluginChoice("ImageLocality", 5),)),
        "filter": PointChoice(disabled=frozenset({"NodeName", "NodePorts"})),
    }

    built = Surroundings().framework(Profile(points=points))

    first, weight = built.plugins.score[0]
    assert (first.name, weight) == ("ImageLocality", 5)
    names = [each.name for each in built.plugins.filter]
    assert "NodeName" not in names
    assert names[0] == "NodeUnschedulable"


def test_cycle_states() -> None:
    """What was not written cannot be read; a clone has its own copies."""
    state = CycleState()
    with pytest.raises(NoSuchStateError, match="'x'"):
        state.read("x", list)
    state.write("x", [1])

    state.clone().read("x", list).append(2)

    assert state.read("x", list) == [1]
    assert state.find("y", list) is None


def test_node_statuses() -> None:
    """Nodes without a status of their own share one."""
    statuses = NodeStatuses()
    statuses.set("a", REFUSED)

    assert statuses.get("a") is REFUSED
    assert statuses.get("b").code is Code.UNSCHEDULABLE_AND_UNRESOLVABLE
    assert (len(statuses), list(statuses)) == (1, [("a", REFUSED)])


def test_events_match() -> None:
    """Who asks for pods hears of assigned and of waiting ones; who asks for assigned, of these."""
    happened = ClusterEvent(EventResource.ASSIGNED_POD, Action.DELETE)

    def wants(resource: EventResource, action: Action = Action.DELETE) -> bool:
        return ClusterEvent(resource, action).matches(happened)

    assert wants(EventResource.POD)
    assert wants(EventResource.ASSIGNED_POD, Action.ADD | Action.DELETE)
    assert wants(EventResource.WILDCARD)
    assert not wants(EventResource.NODE)
    assert not wants(EventResource.POD, Action.ADD)
    assert not wants(EventResource.UNSCHEDULABLE_POD)
