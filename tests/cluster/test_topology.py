"""Topologies: names, zones, pools, knobs, and what contradicts itself."""

from typing import Any

import pytest

from kactors.cluster.errors import InvalidTopology
from kactors.cluster.topology import CloudOptions, NodePool, Topology


def test_names_follow_from_numbers() -> None:
    """A scenario can name any host before there is a cluster."""
    topology = Topology.of(masters=3, nodes=2)

    assert topology.master_names == ("m1", "m2", "m3")
    assert topology.node_names == ("n1", "n2")


def test_zones_are_dealt_out_in_turn() -> None:
    """Neighbours in number are in different zones."""
    topology = Topology.of(zones=("a", "b"))

    assert [topology.zone(number) for number in (1, 2, 3)] == ["a", "b", "a"]


def test_pools_follow_one_another() -> None:
    """The nodes of the first pool have the first numbers."""
    small, large = NodePool(name="small", count=2), NodePool(name="large", count=1)
    topology = Topology(pools=(small, large))

    assert list(topology.each_node()) == [(1, small), (2, small), (3, large)]
    assert topology.nodes == 3


def test_a_control_plane_needs_no_nodes() -> None:
    """Zero nodes are no pool at all."""
    assert Topology.of(nodes=0).node_names == ()


def test_knobs_are_found_by_component() -> None:
    """What stands before the dot says whose a knob is."""
    topology = Topology.of(knobs={"etcd.tick_seconds": 0.05, "kubelet.events": False})

    assert topology.knobs_of("etcd") == {"tick_seconds": 0.05}
    assert topology.knobs_of("scheduler") == {}


def test_topologies_are_values() -> None:
    """Two that say the same are the same, however their knobs were ordered."""
    one = Topology.of(knobs={"a.x": 1, "b.y": 2})
    two = Topology.of(knobs={"b.y": 2, "a.x": 1})

    assert one == two
    assert hash(one) == hash(two)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"masters": 0}, "masters is 0: give 1 to 7"),
        ({"masters": 8}, "masters is 8: give 1 to 7"),
        ({"zones": ()}, "give at least one"),
        ({"zones": ("a", "a")}, "each once"),
        ({"nodes": 50_001}, "give at most 50000"),
        ({"nodes": -1}, "count is -1: give at least 1"),
        ({"dns_replicas": -1}, "dns_replicas is -1: give 0 for none"),
    ],
)
def test_what_contradicts_itself_is_refused(more: dict[str, Any], said: str) -> None:
    """The message says what to change."""
    with pytest.raises(InvalidTopology, match=said):
        Topology.of(**more)


def test_a_cloud_is_asked_for_in_a_word_or_described() -> None:
    """``True`` is the cloud of the defaults; without a word there is none."""
    assert Topology.of().cloud is None
    assert Topology.of(cloud=False).cloud is None
    assert Topology.of(cloud=True).cloud == CloudOptions()
    assert Topology.of(cloud=CloudOptions(region="moon")).cloud == CloudOptions(region="moon")


def test_names_need_nodes() -> None:
    """CoreDNS runs in pods: without nodes there is none."""
    assert Topology.of().dns_servers == 2
    assert Topology.of(nodes=0).dns_servers == 0


def test_pools_need_names_of_their_own() -> None:
    """Nodes carry the name of their pool as a label."""
    with pytest.raises(InvalidTopology, match="a name of its own"):
        Topology(pools=(NodePool(), NodePool()))
