"""What a cluster is for: Deployments that run, roll over and roll back, Jobs, losses of nodes."""

from collections import Counter
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from kactors.api.meta import is_true, name_of
from kactors.api.objects import Object, field
from kactors.client.rest import Client
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.topology import Topology

LABELS = {"app": "web"}


def deployment(replicas: int, image: str = "web:1") -> Object:
    """Return a Deployment ``web``."""
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "default"},
        "spec": {
            "replicas": replicas,
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS},
                "spec": {"containers": [{"name": "web", "image": image}]},
            },
        },
    }


async def ready_pods(client: Client) -> list[Object]:
    """Return the pods of the default namespace that are ready and stay."""
    pods = await client.resource("pods").list("default")
    return [
        pod
        for pod in pods.items
        if is_true(pod, "Ready") and "deletionTimestamp" not in pod["metadata"]
    ]


async def update_web(client: Client, spec: Object) -> None:
    """Change what the Deployment wants."""
    await client.resource("deployments").patch("web", {"spec": spec}, "default")


def all_run(image: str, pods: list[Object]) -> bool:
    """Tell whether there are twelve pods, all of one image."""
    images = {pod["spec"]["containers"][0]["image"] for pod in pods}
    return len(pods) == 12 and images == {image}


@pytest.fixture
def cluster() -> Iterator[SimulatedCluster]:
    """Give a cluster that is ready, with its default service account."""
    with SimulatedCluster(Topology.of(masters=3, nodes=4), seed=7) as made:
        made.wait_until_ready()
        made.world.run_for(5)
        yield made


def run_until(
    cluster: SimulatedCluster, holds: Callable[[list[Object]], bool], seconds: float = 120
) -> list[Object]:
    """Run until the ready pods are as wanted; return them."""
    until = cluster.world.time + seconds
    while not holds(pods := cluster.call(ready_pods)):
        assert cluster.world.time < until, Counter(field(pod, "spec", "nodeName") for pod in pods)
        cluster.world.run_for(1)
    return pods


def test_a_deployment_comes_up_rolls_over_and_back(cluster: SimulatedCluster) -> None:
    """All pods of one template, then all of the next, then all of the first again."""
    cluster.call(lambda client: client.resource("deployments").create(deployment(12)))
    first = run_until(cluster, lambda pods: len(pods) == 12)
    assert len({pod["spec"]["nodeName"] for pod in first}) == 4

    for image in ("web:2", "web:1"):
        spec = deployment(12, image)["spec"]
        cluster.call(partial(update_web, spec=spec))
        run_until(cluster, partial(all_run, image))


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
    cluster.call(lambda client: client.resource("jobs").create(job))
    cluster.world.run_for(60)

    done = cluster.call(lambda client: client.resource("jobs").get("count", "default"))
    pods = cluster.call(lambda client: client.resource("pods").list("default"))

    assert is_true(done, "Complete")
    assert done["status"]["succeeded"] == 20
    assert Counter(pod["status"]["phase"] for pod in pods.items) == {"Succeeded": 20}


def test_pods_of_a_lost_node_run_elsewhere(cluster: SimulatedCluster) -> None:
    """Not before forty seconds of silence and five minutes of toleration, and soon after them."""
    cluster.call(lambda client: client.resource("deployments").create(deployment(8)))
    pods = run_until(cluster, lambda pods: len(pods) == 8)
    lost = {name_of(pod) for pod in pods if pod["spec"]["nodeName"] == "n1"}
    assert lost

    cluster.world.crash("n1")
    cluster.world.run_for(320)
    listed = cluster.call(lambda client: client.resource("pods").list("default"))
    assert lost <= {name_of(pod) for pod in listed.items}

    after = run_until(
        cluster, lambda pods: len(pods) == 8 and all(p["spec"]["nodeName"] != "n1" for p in pods)
    )
    assert not lost & {name_of(pod) for pod in after}
