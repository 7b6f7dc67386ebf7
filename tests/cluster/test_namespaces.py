"""A namespace goes with all that it holds, and says what holds it up."""

from collections.abc import Iterator

import pytest

from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.client.rest import Client
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from tests.cluster.manifests import deployment, service, statefulset
from tests.cluster.running import ready_pods, run_until

KINDS = (
    "configmaps", "controllerrevisions", "deployments", "endpoints", "endpointslices", "events",
    "persistentvolumeclaims", "pods", "replicasets", "secrets", "serviceaccounts", "services",
    "statefulsets",
)  # fmt: skip
KEEP = "example.org/keep"


def plain(kind: str, name: str, **more: Object) -> Object:
    """Return an object of the core group."""
    return {"apiVersion": "v1", "kind": kind, "metadata": {"name": name}, **more}


def held() -> list[Object]:
    """Return what is put into the namespace ``team``."""
    claim = plain("PersistentVolumeClaim", "disk")
    claim["spec"] = {
        "accessModes": ["ReadWriteOnce"],
        "resources": {"requests": {"storage": "1Gi"}},
    }
    kept = plain("ConfigMap", "kept")
    kept["metadata"]["finalizers"] = [KEEP]
    objects = [
        deployment("web", 4),
        service("web"),
        statefulset("db", 2),
        service("db", "None"),
        plain("ConfigMap", "settings", data={"a": "1"}),
        plain("Secret", "password", data={"word": "c2VjcmV0"}),
        claim,
        kept,
    ]
    for each in objects:
        each["metadata"]["namespace"] = "team"
    return objects


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give a cluster whose namespace ``team`` holds something of everything."""
    with SimulatedCluster(Topology.of(masters=1, nodes=3), seed=9) as made:
        made.wait_until_ready()
        made.apply(plain("Namespace", "team"))
        made.world.run_for(3)
        made.apply(*held())
        run_until(made, lambda: len(ready_pods(made, "team")) == 6, 60)
        yield made


def left(cluster: SimulatedCluster) -> dict[str, int]:
    """Return how many objects of each kind the namespace holds; without those that it does not."""
    counts = {kind: len(cluster.observer.objects(kind, "team")) for kind in KINDS}
    return {kind: count for kind, count in counts.items() if count}


async def release(client: Client) -> None:
    """Take the finalizer away."""
    patch = {"metadata": {"finalizers": None}}
    await client.resource("configmaps").patch("kept", patch, "team")


def test_a_namespace_goes_with_all_that_it_holds(cluster: SimulatedCluster) -> None:
    """Everything but what a finalizer keeps goes at once; the namespace says so, and waits."""
    assert set(left(cluster)) == set(KINDS)

    cluster.call(lambda client: client.resource("namespaces").delete("team"))
    run_until(cluster, lambda: left(cluster) == {"configmaps": 1}, 60)
    cluster.world.run_for(6)
    namespace = cluster.observer.object("namespaces", "team")
    assert namespace is not None
    assert namespace["status"]["phase"] == "Terminating"
    waiting = get_condition(namespace, "NamespaceFinalizersRemaining")
    assert waiting is not None
    assert waiting["status"] == "True"
    assert f"{KEEP} in 1 resource instances" in waiting["message"]
    assert not [each for each in cluster.observer.running() if each.namespace == "team"]

    cluster.call(release)
    run_until(cluster, lambda: cluster.observer.object("namespaces", "team") is None, 30)
    assert left(cluster) == {}
