"""What a cluster is for: Jobs that are done, pods that survive the loss of a node."""

from collections import Counter
from collections.abc import Iterator

import pytest

from kactors.api.meta import is_true, uid_of
from kactors.api.objects import Object
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology
from tests.cluster.manifests import deployment
from tests.cluster.running import ready_pods, run_until


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give a cluster that is ready."""
    with SimulatedCluster(Topology.of(masters=3, nodes=4), seed=7) as made:
        made.wait_until_ready()
        yield made


def test_a_job_completes_exactly_once_each(cluster: SimulatedCluster) -> None:
    """Twenty completions are twenty pods that succeed, and no more."""
    job: Object = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "count", "namespace": "default"},
        "spec": {
            "completions": 20,
            "parallelism": 5,
            "template": {
                "metadata": {"annotations": {"behaviour.kactors.dev/run-seconds": "2"}},
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [{"name": "count", "image": "count:1"}],
                },
            },
        },
    }
    cluster.apply(job)
    cluster.world.run_for(60)

    done = cluster.observer.object("jobs", "count", "default")
    pods = cluster.observer.objects("pods", "default")

    assert done is not None
    assert is_true(done, "Complete")
    assert done["status"]["succeeded"] == 20
    assert Counter(pod["status"]["phase"] for pod in pods) == {"Succeeded": 20}


def test_pods_of_a_lost_node_run_elsewhere(cluster: SimulatedCluster) -> None:
    """Not before forty seconds of silence and five minutes of toleration, and soon after them."""
    cluster.apply(deployment("web", 8))
    run_until(cluster, lambda: len(ready_pods(cluster)) == 8, 60)
    lost = {uid_of(pod) for pod in ready_pods(cluster) if pod["spec"]["nodeName"] == "n1"}
    assert lost

    cluster.world.crash("n1")
    cluster.world.run_for(320)
    assert lost <= {uid_of(pod) for pod in cluster.observer.objects("pods", "default")}

    run_until(cluster, lambda: len(ready_pods(cluster)) == 8, 60)
    after = ready_pods(cluster)
    assert "n1" not in {pod["spec"]["nodeName"] for pod in after}
    assert not lost & {uid_of(pod) for pod in after}
