"""Knobs: each is a field of a component's configuration, with its default; values are checked."""

from typing import Any

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.config import ApiServerConfig
from kactors.client.config import ClientConfig
from kactors.client.leader_election import LeaderElectionConfig
from kactors.cloud.state import Troubles
from kactors.cluster.addons import AddonManagerConfig
from kactors.cluster.cloud import cloud_api, launched
from kactors.cluster.control_plane import NodeLifecycleTimes, masters
from kactors.cluster.errors import InvalidTopology
from kactors.cluster.knobs import COMPONENTS, KNOBS
from kactors.cluster.plan import Blueprint
from kactors.cluster.topology import Topology
from kactors.cluster.workers import nodes
from kactors.etcd.config import MemberConfig
from kactors.node.config import KubeletConfig
from kactors.node.kube_proxy import KubeProxyConfig
from kactors.scheduler.config import SchedulerConfig

CONFIGS: dict[str, type[attrs.AttrsInstance]] = {
    "addons": AddonManagerConfig,
    "apiserver": ApiServerConfig,
    "client": ClientConfig,
    "cloud": Troubles,
    "election": LeaderElectionConfig,
    "etcd": MemberConfig,
    "kube-proxy": KubeProxyConfig,
    "kubelet": KubeletConfig,
    "node-lifecycle": NodeLifecycleTimes,
    "scheduler": SchedulerConfig,
}


def default_of(config: Any, path: list[str]) -> Any:
    """Return the default of a field, or of a field of its default."""
    default: Any = attrs.fields_dict(config)[path[0]].default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]
        default = default.factory()
    for name in path[1:]:
        default = getattr(default, name)
    return default


def built(knobs: dict[str, Any]) -> int:
    """Set up every component of a small cluster in a cloud; return on how many hosts."""
    topology = Topology.of(masters=1, nodes=1, cloud=True, knobs=knobs)
    blueprint = Blueprint(topology, TokenAuthority.from_seed(1), launched(topology))
    blueprint.check_knobs()
    return sum(1 for made in (masters, nodes, cloud_api) for _ in made(blueprint))


@pytest.mark.parametrize("name", KNOBS)
def test_defaults_are_those_of_the_components(name: str) -> None:
    """What the table says is what a component does when nothing is said."""
    component, *path = name.split(".")

    assert default_of(CONFIGS[component], path) == KNOBS[name].default


def test_every_component_has_knobs() -> None:
    """And no knob belongs to something else."""
    assert sorted(COMPONENTS) == sorted(CONFIGS)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={
    name: st.sampled_from((knob.default, *knob.extremes)) for name, knob in KNOBS.items()
}))  # fmt: skip
def test_extremes_go_together(knobs: dict[str, Any]) -> None:
    """Any choice of extremes is one that all components accept."""
    assert built(knobs) == 3


@pytest.mark.parametrize(
    ("knob", "value", "said"),
    [
        ("etcd.tick_seconds", "fast", r"is 'fast': give something like 0.1 or 0.05 or 0.3"),
        ("etcd.tick_seconds", 0.0, "etcd.tick_seconds = 0.0 is refused: .* give at least 1"),
        ("kubelet.lease_seconds", -1, "is -1: give a finite number from 0 on"),
        ("kubelet.lease_seconds", 0, "kubelet.lease_seconds = 0 is refused"),
        ("election.renew_deadline", 20.0, "give more than renew_deadline"),
        ("client.page_size", 0, "client.page_size = 0 is refused"),
        ("cloud.failure", 1.5, "cloud.failure = 1.5 is refused: .* from 0 to 1"),
        ("cloud.seconds", (2.0, 1.0), "give the shortest and the longest time"),
        ("scheduler.ties", "last", "say 'first' or 'random'"),
        ("node-lifecycle.grace.no_such", 1, "node-lifecycle.grace.no_such = 1 is refused"),
        ("node-lifecycle.no_such", 1, "give one of node-lifecycle.grace, node-lifecycle.rates"),
        ("no_such.x", 1, "begin it with one of etcd, apiserver"),
    ],
)
def test_what_is_refused_is_said_with_a_remedy(knob: str, value: Any, said: str) -> None:
    """The message names the knob, the value, and what to give instead."""
    with pytest.raises(InvalidTopology, match=said):
        built({knob: value})


def test_a_field_of_a_field_can_be_turned() -> None:
    """Such as one of the times of the node lifecycle controller; the others stay."""
    topology = Topology.of(knobs={"node-lifecycle.grace.monitor": 25.0})
    blueprint = Blueprint(topology, TokenAuthority.from_seed(1))

    times = blueprint.configured("node-lifecycle", NodeLifecycleTimes)

    assert (times.grace.monitor, times.grace.startup) == (25.0, 60.0)
