"""A cluster in virtual time: it comes up, repeats, and says what it waits for."""

import pytest

from kactors.api.meta import labels_of, name_of
from kactors.client.rest import Client
from kactors.cluster.errors import InvalidTopology, NotReady
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology


async def node_zones(client: Client) -> dict[str, str]:
    """Return each node's zone, as its labels say it."""
    nodes = await client.resource("nodes").list()
    return {name_of(node): labels_of(node)["topology.kubernetes.io/zone"] for node in nodes.items}


def test_a_cluster_comes_up() -> None:
    """From nothing to nodes that are ready, in seconds of virtual time."""
    with SimulatedCluster(Topology.of(masters=3, nodes=3), seed=1) as cluster:
        cluster.wait_until_ready()

        zones = cluster.call(node_zones)
        leader = cluster.world.roles["@leader"]()
        scheduler = cluster.world.roles["@scheduler"]()

    assert zones == {"n1": "zone-a", "n2": "zone-b", "n3": "zone-c"}
    assert leader in cluster.topology.master_names
    assert scheduler in cluster.topology.master_names
    assert cluster.world.time < 30
    assert not cluster.world.given_up


def test_the_seed_decides_everything() -> None:
    """The same seed is the same run, another seed is another."""

    def digest(seed: int) -> str:
        with SimulatedCluster(Topology.of(masters=1, nodes=1), seed) as cluster:
            cluster.wait_until_ready()
            return cluster.world.digest

    assert digest(1) == digest(1) != digest(2)


def test_what_is_waited_for_is_named() -> None:
    """A cluster that does not become ready says which part of it does not."""
    with SimulatedCluster(Topology.of(masters=3, nodes=1), seed=1) as cluster:
        cluster.world.crash("m2")

        with pytest.raises(NotReady, match="m2/kube-apiserver"):
            cluster.wait_until_ready(timeout=5)


@pytest.mark.parametrize(
    ("knob", "said"),
    [
        ("etcd.no_such", "the knob etcd.no_such is unknown: give one of etcd.joining, etcd.token"),
        ("nobody.x", "the knob 'nobody.x' is nobody's"),
        ("etcd.name", "the knob etcd.name is unknown"),
    ],
)
def test_knobs_that_nobody_has_are_refused(knob: str, said: str) -> None:
    """The message names the knob, and what is wrong with it."""
    with pytest.raises(InvalidTopology, match=said):
        SimulatedCluster(Topology.of(masters=1, nodes=0, knobs={knob: 1}))
