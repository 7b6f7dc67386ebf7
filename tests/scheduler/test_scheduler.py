"""The scheduler over real apiservers and etcd, in the simulated world."""

from typing import Any

import pytest

from kactors.actors import Address, System
from kactors.api.objects import Object
from kactors.apiserver.authentication.user import KUBE_SCHEDULER, component_user
from kactors.client.config import ClientConfig
from kactors.client.leader_election import LeaderElectionConfig
from kactors.runtime import current_time, sleep, stream
from kactors.scheduler.messages import InspectScheduler, SchedulerReport
from kactors.scheduler.scheduler import Scheduler, SchedulerContext
from tests.apiserver.cluster import AUTHORITY, Api, Cluster, service_account
from tests.scheduler import making


def with_schedulers(count: int = 1, *, replicas: int = 1, seed: int = 0) -> Cluster:
    """Return a cluster with schedulers on hosts ``s1``, ..."""
    cluster = Cluster(replicas=replicas, seed=seed)
    addresses = [Address(name, "apiserver") for name in cluster.replicas]
    context = SchedulerContext(
        config=ClientConfig(
            replicas=addresses, token=AUTHORITY.for_user(component_user(KUBE_SCHEDULER))
        ),
        election=LeaderElectionConfig(name="kube-scheduler") if count > 1 else None,
    )
    for number in range(1, count + 1):
        host = cluster.world.add_host(f"s{number}")
        host.deploy(lambda: Scheduler(context), "scheduler")
    return cluster


def to_create(obj: Object, kind: str) -> Object:
    """Return an object of `making` as one that can be created."""
    metadata = {name: value for name, value in obj["metadata"].items() if name != "uid"}
    return {"apiVersion": "v1", "kind": kind, **obj, "metadata": metadata}


async def create_nodes(api: Api, count: int, **arguments: Any) -> None:
    """Create nodes ``n0``, ..., and what pods need besides."""
    await api.create(service_account())
    for number in range(count):
        await create_node(api, f"n{number}", **arguments)


async def create_node(api: Api, name: str, **arguments: Any) -> None:
    """Create a node that is ready: without the taint that every new node has."""
    await api.create(to_create(making.node(name, **arguments), "Node"))
    await api.patch("nodes", "", name, {"spec": {"taints": None}})


def pod(name: str, **arguments: Any) -> Object:
    """Return a pod to be created."""
    made = making.pod(name, image="web:1", **arguments)
    return to_create(made, "Pod")


async def until_scheduled(api: Api, count: int, seconds: float = 60.0) -> list[Object]:
    """Return the pods once so many have a node.

    Raises:
        AssertionError: they have not, in time.
    """
    deadline = current_time() + seconds
    while True:
        pods = await api.list("pods")
        found = [each for each in pods if each["spec"].get("nodeName")]
        if len(found) >= count:
            return found
        assert current_time() < deadline, f"{len(found)} of {count} pods have a node: {pods}"
        await sleep(0.1)


async def report(system: System, host: str = "s1") -> SchedulerReport:
    """Ask a scheduler how it is."""
    return await system.ref(Address(host, "scheduler")).request(InspectScheduler())


def test_pods_are_bound() -> None:
    """Pods that fit are bound, and spread over the nodes."""

    async def story(api: Api) -> None:
        await create_nodes(api, 3)
        for number in range(9):
            await api.create(pod(f"p{number}"))

        pods = await until_scheduled(api, 9)
        await sleep(1)

        nodes = [each["spec"]["nodeName"] for each in pods]
        assert {nodes.count(f"n{number}") for number in range(3)} == {3}
        found = await report(api.system)
        assert (found.bound, found.binding_errors, found.in_flight) == (9, 0, 0)
        events = await api.list("events", "default")
        assert {each["reason"] for each in events} == {"Scheduled"}

    with with_schedulers() as cluster:
        cluster.run(story)


def test_a_pod_waits_for_a_node() -> None:
    """A pod that fits nowhere says so in its status, and is bound once a node comes."""

    async def story(api: Api) -> None:
        await create_nodes(api, 1, cpu="1")
        await api.create(pod("large", cpu="2"))
        await sleep(5)

        waiting = await api.get("pods", "default", "large")
        conditions = {each["type"]: each for each in waiting["status"]["conditions"]}
        assert conditions["PodScheduled"]["reason"] == "Unschedulable"
        assert (
            "0/1 nodes are available: 1 Insufficient cpu."
            in (conditions["PodScheduled"]["message"])
        )
        await create_node(api, "big", cpu="4")

        found = await until_scheduled(api, 1, 15)
        assert found[0]["spec"]["nodeName"] == "big"

    with with_schedulers() as cluster:
        cluster.run(story)


def test_preemption() -> None:
    """An important pod takes the place of an unimportant one, which is told why."""

    async def story(api: Api) -> None:
        await create_nodes(api, 1, cpu="1")
        await api.create(pod("small", cpu="800m"))
        await until_scheduled(api, 1)
        priority = {
            "apiVersion": "scheduling.k8s.io/v1",
            "kind": "PriorityClass",
            "metadata": {"name": "high"},
            "value": 1000,
        }
        await api.create(priority)
        await api.create(pod("large", cpu="900m", priorityClassName="high"))
        await sleep(3)

        victim = await api.get("pods", "default", "small")
        assert victim["metadata"]["deletionTimestamp"]
        reasons = {each["type"]: each.get("reason") for each in victim["status"]["conditions"]}
        assert reasons["DisruptionTarget"] == "PreemptionByScheduler"
        nominated = await api.get("pods", "default", "large")
        assert nominated["status"]["nominatedNodeName"] == "n0"
        await api.delete("pods", "default", "small", {"gracePeriodSeconds": 0})

        found = await until_scheduled(api, 1, 15)
        assert [each["metadata"]["name"] for each in found] == ["large"]

    with with_schedulers() as cluster:
        cluster.run(story)


def test_the_other_replica_takes_over() -> None:
    """Of two replicas one schedules; when its host crashes, the other does within its lease."""

    async def story(api: Api) -> None:
        await create_nodes(api, 2)
        await api.create(pod("first"))
        await until_scheduled(api, 1)
        working = (await report(api.system, "s1")).state == "working"
        leader, other = ("s1", "s2") if working else ("s2", "s1")
        assert (await report(api.system, leader)).bound == 1
        assert (await report(api.system, other)).scheduled == 0
        cluster.world.hosts[leader].machine.crash()
        await api.create(pod("second"))

        await until_scheduled(api, 2, 60)
        assert (await report(api.system, other)).bound == 1

    with with_schedulers(2) as cluster:
        cluster.run(story)


@pytest.mark.parametrize("seed", range(4))
def test_everything_fails_once(seed: int) -> None:
    """While replicas of everything crash, every pod is bound in the end, and no node too full."""

    async def story(api: Api) -> None:
        chance = stream(seed, "faults")
        await create_nodes(api, 6, cpu="1")
        for number in range(50):
            await api.create(pod(f"p{number}"))
            if number % 10 == 5:
                victim = cluster.world.hosts[chance.choice(["a2", "a3", "s1", "s2"])].machine
                victim.crash()
                await sleep(chance.random() * 3)
                victim.restart()

        pods = await until_scheduled(api, 50, 120)
        await sleep(20)

        nodes = [each["spec"]["nodeName"] for each in pods]
        assert max(nodes.count(name) for name in nodes) <= 10
        reports = [await report(api.system, host) for host in ("s1", "s2")]
        assert [each.pods for each in reports] == [50, 50]
        working = [each for each in reports if each.state == "working"]
        assert [(each.in_flight, each.active, each.unschedulable) for each in working] == [
            (0, 0, 0)
        ]

    with with_schedulers(2, replicas=3, seed=seed) as cluster:
        cluster.run(story)
