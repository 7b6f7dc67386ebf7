"""Sharing decoded objects is for speed alone: without it, a cluster does exactly the same."""

from collections.abc import Callable

import pytest

from kactors.api.codec import is_paranoid
from kactors.api.objects import Object
from kactors.client.rest import Client
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from kactors.node.kubelet import Kubelet

LABELS = {"app": "web"}
DEPLOYMENT: Object = {
    "apiVersion": "apps/v1",
    "kind": "Deployment",
    "metadata": {"name": "web", "namespace": "default"},
    "spec": {
        "replicas": 3,
        "selector": {"matchLabels": LABELS},
        "template": {
            "metadata": {"labels": LABELS},
            "spec": {"containers": [{"name": "web", "image": "web:1"}]},
        },
    },
}


def run(seed: int, *, paranoid: bool) -> tuple[str, int]:
    """Let a Deployment come up; return the run's digest, and how many pods there are."""

    async def begin(client: Client) -> None:
        await client.resource("deployments").create(DEPLOYMENT)

    async def count(client: Client) -> int:
        return len((await client.resource("pods").list("default")).items)

    topology = Topology.of(masters=1, nodes=2)
    with SimulatedCluster(topology, seed, paranoid=paranoid) as cluster:
        cluster.wait_until_ready()
        cluster.world.run_for(2.0)  # until the namespace has its service account
        cluster.call(begin)
        cluster.world.run_for(10.0)
        pods = cluster.call(count)
        return cluster.world.digest, pods


def test_a_cluster_does_the_same_without_sharing() -> None:
    """Every message of the run is the same; the mode ends with the cluster."""
    shared = run(3, paranoid=False)
    separate = run(3, paranoid=True)

    assert shared == separate
    assert shared[1] == 3
    assert not is_paranoid()


def test_who_changes_a_shared_object_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """A kubelet that relabels the pods it holds misleads others, if and only if they share them."""
    monkeypatch.setattr(Kubelet, "_take", careless(Kubelet._take))

    # A seed of its own: what was changed stays so for whoever decodes the same bytes later.
    shared = run(4, paranoid=False)
    separate = run(4, paranoid=True)

    assert shared[0] != separate[0]
    assert separate[1] == 3


def careless(take: Callable[[Kubelet, Object], None]) -> Callable[[Kubelet, Object], None]:
    """Return the method of a kubelet that changes what it was only shown."""

    def changed(self: Kubelet, pod: Object) -> None:
        pod["metadata"]["labels"]["app"] = "mine"
        take(self, pod)

    return changed
