"""Sums say what the plugins say, where nothing but the room matters."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.runtime.random import Random, stream
from kactors.scheduler.config import Profile
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.plugins.room import Room
from kactors.scheduler.plugins.victims import select_victims
from kactors.scheduler.pod_info import PodInfo
from tests.scheduler.making import Surroundings, info, node


def some_pod(name: str, chance: Random) -> PodInfo:
    """Draw a pod that only needs room, or none."""
    return info(
        name,
        cpu=chance.choice([None, "100m", "500m", "1"]),
        memory=chance.choice([None, "200Mi", "1Gi"]),
        requests={"ephemeral-storage": "1Gi"} if chance.chance(0.3) else {},
        priority=chance.below(4),
        labels={"app": chance.choice(["web", "db"])},
        status={"startTime": f"2026-01-01T00:00:0{chance.below(10)}Z"},
    )


def some_budget(number: int, chance: Random) -> Object:
    """Draw a disruption budget."""
    return {
        "metadata": {"name": f"b{number}", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": chance.choice(["web", "db"])}}},
        "status": {"disruptionsAllowed": chance.below(3)},
    }


def tried(around: Surroundings, pod: PodInfo) -> tuple[Framework, CycleState]:
    """Return a profile and a cycle in which the PreFilters have seen the pod."""
    framework, state = around.framework(), CycleState()
    framework.run_pre_filter(state, pod, around.cache.snapshot().nodes)
    return framework, state


@settings(max_examples=120)
@given(seed=st.integers(0, 2**32))
def test_the_same_victims_and_the_same_reasons(seed: int) -> None:
    """Whoever is on the node, waits for it, or has a budget: both forms choose the same pods."""
    chance, around = stream(seed, "room"), Surroundings()
    more = {"ephemeral-storage": "3Gi"}
    for number in range(3):
        size = chance.choice(["1", "2"])
        around.add_nodes(node(f"n{number}", cpu=size, memory="2Gi", pods=5, more=more))
        around.place(
            f"n{number}",
            *(some_pod(f"p{number}-{each}", chance) for each in range(chance.below(7))),
        )
        for each in range(chance.below(3)):
            around.nominator.nominate(some_pod(f"w{number}-{each}", chance), f"n{number}")
    budgets = [some_budget(number, chance) for number in range(chance.below(3))]
    pod = some_pod("pod", chance)
    framework, state = tried(around, pod)
    room = Room.of(framework, state, pod)
    assert room is not None

    for place in around.cache.snapshot().nodes:
        expected = framework.run_filters_with_nominated_pods(state, pod, place)
        assert room.beside_nominated(place) == expected
        if expected is not None and room.matters_alone(expected):
            victims = select_victims(framework, state.clone(), pod, place.clone(), budgets)
            assert room.select_victims(place, budgets) == victims


APART = {
    "requiredDuringSchedulingIgnoredDuringExecution": [
        {"topologyKey": "zone", "labelSelector": {"matchLabels": {"app": "web"}}}
    ]
}
SPREAD = {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule",
          "labelSelector": {}}  # fmt: skip
DEMANDING: dict[str, dict[str, Any]] = {
    "host ports": {"ports": [{"hostPort": 80, "containerPort": 80}]},
    "other pods": {"affinity": {"podAntiAffinity": APART}},
    "topology": {"topologySpreadConstraints": [SPREAD]},
    "an extended resource": {"requests": {"example.com/gpu": "1"}},
}


@pytest.mark.parametrize("what", DEMANDING)
def test_pods_that_need_more_than_room(what: str) -> None:
    """Who asks for anything that other pods can take besides room is left to the plugins."""
    around, pod = Surroundings(), info("pod", **DEMANDING[what])
    around.add_nodes(node("n"))

    assert Room.of(*tried(around, pod), pod) is None
    assert Room.of(*tried(around, info("plain")), info("plain")) is not None


def test_pods_that_others_keep_away() -> None:
    """Once a pod keeps others away from where it is, room is not all that matters to them."""
    around, pod = Surroundings(), info("pod", labels={"app": "web"})
    around.add_nodes(node("n", labels={"zone": "a"}))
    around.place("n", info("apart", affinity={"podAntiAffinity": APART}))

    assert Room.of(*tried(around, pod), pod) is None


def test_profiles_without_the_filter() -> None:
    """Where room is not looked at, or not last, there are no sums."""
    around, pod, state = Surroundings(), info("pod"), CycleState()
    names = Profile().multi_point
    without = tuple(each for each in names if each.name != "NodeResourcesFit")
    first = tuple(sorted(names, key=lambda each: each.name != "NodeResourcesFit"))

    for chosen in (without, first):
        framework = around.framework(Profile(multi_point=chosen))
        framework.run_pre_filter(state, pod, ())
        assert Room.of(framework, state, pod) is None
