"""Kubelets, hosts and apiservers that fail at random: pods end up as they should, all the same."""

from itertools import pairwise

import pytest

from kactors.api.codec import decode
from kactors.api.errors import ServiceUnavailable
from kactors.api.objects import Object
from kactors.runtime.random import stream
from tests.node.cluster import NodeCluster

QUICK = {"pull-seconds": "uniform(0.1,2)", "stop-seconds": "uniform(0.1,3)"}
BEHAVIOURS: list[tuple[dict[str, str], str]] = [
    (QUICK, "Always"),
    (QUICK | {"run-seconds": "uniform(5,60)", "exit-code": "choice(0:1,1:1)"}, "Always"),
    (QUICK | {"run-seconds": "uniform(5,60)"}, "Never"),
    (QUICK | {"run-seconds": "uniform(1,9)", "exit-code": "choice(0:1,1:1)"}, "OnFailure"),
    (QUICK | {"pull-failure": "0.5"}, "Always"),
]


def trouble(cluster: NodeCluster, seed: int) -> None:
    """Make one kind of trouble."""
    random = stream(seed, "trouble", round(cluster.world.time * 1e6))
    host = cluster.world.hosts["n1"]
    match random.below(5):
        case 0:
            host.system.kill("kubelet", "a storm")
        case 1:
            cluster.world.crash("n1")
            cluster.world.run_for(random.uniform(0.1, 10))
            host.machine.restart()
        case 2:
            for server in cluster.all:
                server.before = lambda _: ServiceUnavailable("a storm")
            cluster.world.run_for(random.uniform(1, 60))
            for server in cluster.all:
                server.before = lambda _: None
        case 3:
            host.machine.pause()
            cluster.world.run_for(random.uniform(1, 20))
            host.machine.resume()
        case _:
            name = f"pod-{random.below(len(BEHAVIOURS))}"
            if cluster.get("Pod", name) is not None:
                cluster.delete_pod(name, grace=random.below(40))
    cluster.world.run_for(random.uniform(0.1, 30))


def check_history(cluster: NodeCluster) -> None:
    """Nothing that was ever said of a pod was taken back."""
    words: dict[str, list[Object]] = {}
    for change in cluster.store.history:
        if change.key[1] == "pods" and change.after is not None:
            status = decode(change.after).get("status")
            if status:
                words.setdefault(change.key[3], []).append(status)
    for name, statuses in words.items():
        for before, after in pairwise(statuses):
            if before["phase"] in {"Succeeded", "Failed"}:
                assert after["phase"] == before["phase"], name
            assert after["startTime"] == before["startTime"]
            pairs = zip(before["containerStatuses"], after["containerStatuses"], strict=True)
            for old, new in pairs:
                assert new["restartCount"] >= old["restartCount"], name


@pytest.mark.parametrize("seed", range(12))
def test_a_storm_passes(seed: int) -> None:
    """Deleted pods go, jobs end, the others run; nothing of the rest is left on the node."""
    with NodeCluster(seed=seed) as cluster:
        cluster.world.run_for(1)
        for number, (behaviour, policy) in enumerate(BEHAVIOURS):
            cluster.run_pod(f"pod-{number}", behaviour=behaviour, restartPolicy=policy)
        for _ in range(6):
            trouble(cluster, seed)
        cluster.world.run_for(900)
        check_history(cluster)
        left = cluster.objects("pods")
        for key, found in left.items():
            assert "deletionTimestamp" not in found["metadata"], f"{key} was to go"
            policy, phase = found["spec"]["restartPolicy"], found["status"]["phase"]
            assert phase == "Running" or policy != "Always", key
            assert phase in {"Succeeded", "Failed"} or policy == "Always", key
        running = {each.pod_uid for each in cluster.containers() if each.running}
        allowed = {found["metadata"]["uid"] for found in left.values()}
        assert running <= allowed
        runtime = cluster.life().runtime
        sandboxes = [each.pod_uid for each in runtime.sandboxes()]
        assert len(sandboxes) == len(set(sandboxes))
        assert set(sandboxes) <= allowed
        assert set(cluster.life().volumes) <= allowed
