"""Nodes before a real apiserver over etcd: each component with its own identity and rights."""

from collections.abc import Awaitable, Callable
from typing import Any, Self

import attrs

from kactors.actors import Address
from kactors.api.errors import NotFound
from kactors.api.meta import is_true
from kactors.api.objects import Object
from kactors.apiserver.authentication.user import (
    CLOUD_CONTROLLER_MANAGER,
    KUBE_PROXY,
    User,
    node_user,
)
from kactors.client.config import ClientConfig
from kactors.cloud.manager import CloudControllerManager, CloudControllerManagerConfig
from kactors.cloud.node_controller import is_uninitialised
from kactors.cloud.service import CloudApi
from kactors.cloud.state import CloudState
from kactors.faults import At, Cut, FaultPlan, Until
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget
from kactors.node.config import KubeletConfig
from kactors.node.kube_proxy import KubeProxy, KubeProxyConfig
from kactors.node.kubelet import Kubelet
from kactors.node.machine import NodeMachine
from kactors.node.network import NETWORK_ACTOR, NodeNetwork
from kactors.runtime import current_time, sleep
from tests.apiserver.cluster import AUTHORITY, Api, Cluster
from tests.node.objects import pod
from tests.node.proxy.services import endpoint, endpoint_slice, service

QUICK = {"pull-seconds": "0.1", "up-seconds": "0", "stop-seconds": "0.1"}


class RealCluster(Cluster):
    """One master, a cloud, and the node ``n1``.

    Attributes:
        machine: the node's.
        cloud: the truth.
    """

    def __init__(self, **knobs: Any) -> None:
        super().__init__()
        self.cloud = CloudState()
        self.cloud.launch("n1", zone="z1", internal_ip="192.168.0.1")
        self.machine = machine = NodeMachine("192.168.0.1")
        kubelet = KubeletConfig(node="n1", node_ip="192.168.0.1", external_cloud=True,
                                client=self.client_of(node_user("n1")), **knobs)  # fmt: skip
        proxy = KubeProxyConfig(node="n1", client=self.client_of(User(KUBE_PROXY)))
        host = self.world.add_host("n1")
        host.deploy(lambda: Kubelet(kubelet, machine), "kubelet")
        host.deploy(lambda: KubeProxy(proxy, machine), "kube-proxy")
        host.deploy(lambda: NodeNetwork("n1", machine, self.cloud), NETWORK_ACTOR)
        self.world.add_host("cloud").deploy(lambda: CloudApi(self.cloud), "api")
        manager = CloudControllerManagerConfig(
            client=self.client_of(User(CLOUD_CONTROLLER_MANAGER)),
            api=Address("cloud", "api"),
            cluster_cidr="10.244.0.0/16",
        )
        self.world.add_host("ccm").deploy(lambda: CloudControllerManager(manager), "manager")

    def __enter__(self) -> Self:
        return self

    @staticmethod
    def client_of(user: User) -> ClientConfig:
        """Return how somebody reaches the apiserver."""
        groups = (*user.groups, "system:authenticated")
        token = AUTHORITY.for_user(attrs.evolve(user, groups=tuple(dict.fromkeys(groups))))
        return ClientConfig(replicas=(Address("a1", "apiserver"),), token=token)


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60.0) -> None:
    """Wait until a condition holds."""
    end = current_time() + seconds
    while not await condition():
        assert current_time() < end, f"{condition} has not come true within {seconds} s"
        await sleep(0.2)


async def gone(api: Api, kind: str, namespace: str, name: str) -> bool:
    """Tell whether an object is not there any more."""
    try:
        await api.get(kind, namespace, name)
    except NotFound:
        return True
    return False


def bound_pod(name: str, **spec: Any) -> Object:
    """Return a pod for ``n1``, as somebody may create it."""
    found = pod(name, behaviour=QUICK, nodeName="n1", **spec)
    del found["metadata"]["uid"]
    return found


async def prepare(api: Api) -> None:
    """Have the node at home, and a service account for pods."""
    root_ca = {"name": "kube-root-ca.crt", "namespace": "default"}
    await api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": root_ca, "data": {"ca.crt": "x"}}
    )
    account = {"name": "default", "namespace": "default"}
    await api.create({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": account})

    async def ready() -> bool:
        nodes = await api.list("nodes")
        return bool(nodes) and is_true(nodes[0], "Ready")

    await until(ready)


def test_a_pod_lives_and_dies() -> None:
    """With the token of its service account, its events, and every word in its status."""
    with RealCluster() as cluster:

        async def story(api: Api) -> None:
            await prepare(api)
            node = await api.get("nodes", "", "n1")
            assert node["spec"]["podCIDR"] == "10.244.0.0/24"
            assert not is_uninitialised(node)
            lease = await api.get("leases", "kube-node-lease", "n1")
            assert lease["spec"]["holderIdentity"] == "n1"
            await api.create(bound_pod("web"))

            async def is_ready() -> bool:
                return is_true(await api.get("pods", "default", "web"), "Ready")

            await until(is_ready)
            found = await api.get("pods", "default", "web")
            assert found["status"]["podIP"] == "10.244.0.2"
            assert found["status"]["phase"] == "Running"
            assert found["status"]["containerStatuses"][0]["started"]
            life = cluster.machine.life
            assert life is not None
            (main,) = life.runtime.containers()
            path = "/var/run/secrets/kubernetes.io/serviceaccount/"
            assert life.runtime.read_file(main.id, f"{path}namespace") == b"default"
            assert len(life.runtime.read_file(main.id, f"{path}token")) > 100
            reasons = {each["reason"] for each in await api.list("events", "default")}
            assert {"Pulling", "Started"} <= reasons
            await api.delete("pods", "default", "web")
            assert not await gone(api, "pods", "default", "web")

            async def is_gone() -> bool:
                return await gone(api, "pods", "default", "web")

            await until(is_gone)
            assert life.runtime.containers() == ()

        cluster.run(story)


def test_a_node_that_hears_nothing_falls_silent() -> None:
    """It could still be heard, and would be taken for one that does what it is told."""
    with RealCluster(report_seconds=10.0) as cluster:

        async def story(api: Api) -> None:
            await prepare(api)
            deaf = Cut("a1", "n1", start=At(0), end=Until(200), one_way=True)
            Injector(SimTarget(cluster.world), FaultPlan((deaf,))).start()
            await sleep(60)
            before = await api.get("nodes", "", "n1")
            lease = await api.get("leases", "kube-node-lease", "n1")
            await sleep(120)

            assert await api.get("nodes", "", "n1") == before
            assert await api.get("leases", "kube-node-lease", "n1") == lease
            await sleep(60)
            assert await api.get("leases", "kube-node-lease", "n1") != lease

        cluster.run(story)


def test_services_and_load_balancers() -> None:
    """The proxy's table and the cloud's balancer follow from the objects."""
    with RealCluster() as cluster:

        async def story(api: Api) -> None:
            await prepare(api)
            ports = [{"port": 80, "nodePort": 30080}]
            wanted = service(type="LoadBalancer", ports=ports)
            del wanted["metadata"]["uid"]
            await api.create(wanted)
            await api.create(endpoint_slice("web-1", endpoint("10.244.0.9")))

            async def has_balancer() -> bool:
                found = await api.get("services", "default", "web")
                return bool((found["status"].get("loadBalancer") or {}).get("ingress"))

            await until(has_balancer)
            await sleep(2.0)
            life = cluster.machine.life
            assert life is not None
            (rule,) = life.services.rules_of("default/web")
            assert rule.port.cluster_ips == ("10.96.0.10",)
            assert [each.ip for each in rule.categories.cluster] == ["10.244.0.9"]
            assert len(rule.port.external_ips) == 1

            zone = {"metadata": {"labels": {"topology.kubernetes.io/zone": "z9"}}}
            await api.patch("nodes", "", "n1", zone)
            await sleep(2.0)
            assert [each.zone for each in life.services.rules_of("default/web")] == ["z9"]
            await api.delete("services", "default", "web")

            async def is_gone() -> bool:
                return await gone(api, "services", "default", "web")

            await until(is_gone)
            assert not cluster.cloud.load_balancers
            await sleep(2.0)
            assert life.services.rules_of("default/web") == ()

        cluster.run(story)


def test_a_cloud_instance_vanishes() -> None:
    """Its Node goes once nobody hears of it, and its route with it."""
    with RealCluster() as cluster:

        async def story(api: Api) -> None:
            await prepare(api)

            async def has_route() -> bool:
                return bool(cluster.cloud.routes)

            await until(has_route)
            cluster.cloud.terminate("n1")
            cluster.world.crash("n1")
            node = await api.get("nodes", "", "n1")
            for condition in node["status"]["conditions"]:
                condition["status"] = "Unknown"
            await api.update(node, "status")

            async def is_gone() -> bool:
                return await gone(api, "nodes", "", "n1")

            await until(is_gone, 30)

        cluster.run(story)
