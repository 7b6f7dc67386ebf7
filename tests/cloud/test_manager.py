"""The cloud controller manager at work: nodes come and go, services get their balancers."""

from typing import Any

from kactors.actors import Address
from kactors.api.meta import get_condition
from kactors.api.objects import Object
from kactors.cloud.manager import CloudControllerManager, CloudControllerManagerConfig
from kactors.cloud.node_controller import is_uninitialised
from kactors.cloud.node_lifecycle import has_shutdown_taint
from kactors.cloud.service import CloudApi
from kactors.cloud.service_controller import FINALIZER
from kactors.cloud.state import CloudState
from tests.node.cluster import NodeCluster
from tests.node.objects import pod
from tests.node.proxy.services import service


class CloudCluster(NodeCluster):
    """A cluster on instances ``n1``, ``n2``, ... of a simulated cloud.

    Attributes:
        cloud: the truth.
        apis: lives of the cloud's API.
        managers: the present life of each replica, by host.
    """

    def __init__(self, *nodes: str, replicas: int = 1, **config: Any) -> None:
        self.cloud = CloudState()
        self.managers: dict[str, CloudControllerManager] = {}
        self.apis: list[CloudApi] = []
        super().__init__(*(nodes or ("n1", "n2")), external_cloud=True, pod_cidr="", **config)
        for number, name in enumerate(self.machines, start=1):
            zone = f"z{1 + number % 2}"
            self.cloud.launch(name, zone=zone, internal_ip=f"192.168.0.{number}")
        self.world.add_host("cloud").deploy(self._api, "api")
        for number in range(1, replicas + 1):
            self._add_manager(f"ccm-{number}")

    def _api(self) -> CloudApi:
        self.apis.append(CloudApi(self.cloud))
        return self.apis[-1]

    def _add_manager(self, name: str) -> None:
        config = CloudControllerManagerConfig(
            client=self.client_config, api=Address("cloud", "api"), cluster_cidr="10.244.0.0/16"
        )

        def factory() -> CloudControllerManager:
            made = self.managers[name] = CloudControllerManager(config)
            return made

        self.world.add_host(name).deploy(factory, "manager")

    def node(self, name: str) -> Object:
        """Return a Node."""
        found = self.get("Node", name)
        assert found is not None, f"there is no Node {name}"
        return found

    def at_home(self, *names: str) -> bool:
        """Tell whether Nodes are initialised, have their ranges and routes, and are ready."""

        def is_at_home(node: Object | None) -> bool:
            if node is None or is_uninitialised(node):
                return False
            return all(
                (condition := get_condition(node, kind)) is not None
                and condition["status"] == wanted
                for kind, wanted in (("Ready", "True"), ("NetworkUnavailable", "False"))
            )

        return all(is_at_home(self.get("Node", name)) for name in names)


def test_nodes_come_home() -> None:
    """Each learns its zone, its id, its addresses and a range; there is a route for each."""
    with CloudCluster() as cluster:
        assert cluster.until(lambda: cluster.at_home("n1", "n2"), 60) < 30
        node = cluster.node("n1")
        assert node["metadata"]["labels"]["topology.kubernetes.io/zone"] == "z2"
        assert node["spec"]["providerID"] == "sim:///z2/i-00001"
        assert {"type": "InternalIP", "address": "192.168.0.1"} in node["status"]["addresses"]
        ranges = [cluster.node(name)["spec"]["podCIDR"] for name in ("n1", "n2")]
        assert sorted(ranges) == ["10.244.0.0/24", "10.244.1.0/24"]
        for name, cidr in zip(("n1", "n2"), ranges, strict=True):
            assert cluster.cloud.host_of(cidr.replace(".0/24", ".9")) == name
        cluster.put(pod("web", nodeName="n1"))
        cluster.until(cluster.ready, 30)
        assert cluster.cloud.host_of(cluster.status()["podIP"]) == "n1"


def test_a_vanished_instance_takes_its_node_along() -> None:
    """Once the Node is not ready; one that is ready is not asked about."""
    with CloudCluster() as cluster:
        cluster.until(lambda: cluster.at_home("n1", "n2"), 60)
        calls = cluster.apis[-1].calls["DescribeInstance"]
        cluster.world.run_for(100)
        assert cluster.apis[-1].calls["DescribeInstance"] == calls
        cluster.cloud.terminate("n1")
        cluster.world.crash("n1")
        cluster.world.run_for(20)
        assert cluster.get("Node", "n1") is not None, "nobody has said yet that it is not ready"
        node = cluster.node("n1")
        node["status"]["conditions"] = [{"type": "Ready", "status": "Unknown"}]
        cluster.put(node)
        assert cluster.until(lambda: cluster.get("Node", "n1") is None, 20) < 6
        cluster.until(lambda: "pods-n1" not in cluster.cloud.routes, 15)
        assert cluster.at_home("n2")


def test_a_stopped_instance_is_marked_until_it_runs_again() -> None:
    """Its Node stays."""
    with CloudCluster() as cluster:
        cluster.until(lambda: cluster.at_home("n1", "n2"), 60)
        cluster.cloud.stop("n1")
        cluster.world.crash("n1")
        node = cluster.node("n1")
        node["status"]["conditions"][-1:] = [{"type": "Ready", "status": "Unknown"}]
        cluster.put(node)
        cluster.until(lambda: has_shutdown_taint(cluster.node("n1")), 10)
        cluster.cloud.start("n1")
        cluster.world.hosts["n1"].machine.restart()
        cluster.until(lambda: not has_shutdown_taint(cluster.node("n1")), 30)


def test_a_service_gets_a_load_balancer_and_takes_it_along() -> None:
    """With the nodes behind it, as they come and go; its address is said in the status."""
    with CloudCluster() as cluster:
        cluster.until(lambda: cluster.at_home("n1", "n2"), 60)
        cluster.put(service(type="LoadBalancer", ports=[{"port": 80, "nodePort": 30080}]))

        def ingress() -> list[Object]:
            found = cluster.get("Service", "web") or {}
            listed: list[Object] = (
                (found.get("status") or {}).get("loadBalancer", {}).get("ingress", [])
            )
            return listed

        cluster.until(lambda: bool(ingress()), 10)
        (balancer,) = cluster.cloud.load_balancers.values()
        assert ingress() == [{"ip": balancer.ip, "ipMode": "VIP"}]
        assert balancer.nodes == ("n1", "n2")
        assert balancer.ports[0].node_port == 30080
        node = cluster.node("n1")
        node["metadata"]["labels"]["node.kubernetes.io/exclude-from-external-load-balancers"] = ""
        cluster.put(node)
        cluster.until(lambda: next(iter(cluster.cloud.load_balancers.values())).nodes == ("n2",), 5)
        found = cluster.get("Service", "web")
        assert found is not None
        assert found["metadata"]["finalizers"] == [FINALIZER]
        found["spec"]["type"] = "ClusterIP"
        cluster.put(found)
        cluster.until(lambda: not cluster.cloud.load_balancers, 10)
        cluster.until(lambda: not ingress(), 5)
        cluster.world.run_for(1)
        found = cluster.get("Service", "web")
        assert found is not None
        assert not found["metadata"]["finalizers"]


def test_a_cloud_in_trouble_is_asked_again() -> None:
    """Errors, silence and quotas cost time, and nothing is done twice."""
    with CloudCluster("n1", "n2", "n3") as cluster:
        troubles = cluster.cloud.troubles
        troubles.failure, troubles.silence, troubles.calls_per_minute = 0.4, 0.2, 60
        cluster.put(service(type="LoadBalancer", ports=[{"port": 80, "nodePort": 30080}]))
        cluster.until(lambda: cluster.at_home("n1", "n2", "n3"), 900)
        cluster.until(lambda: len(cluster.cloud.load_balancers) == 1, 900)
        assert len(cluster.cloud.routes) == 3


def test_a_standby_takes_over() -> None:
    """When the leader's host dies; one at a time runs controllers."""
    with CloudCluster(replicas=2) as cluster:
        cluster.until(lambda: cluster.at_home("n1", "n2"), 60)

        def leader() -> str:
            found = cluster.get("Lease", "cloud-controller-manager", "kube-system")
            return str(found["spec"]["holderIdentity"]).partition("_")[0] if found else ""

        first = leader()
        cluster.world.crash(first)
        cluster.put(service(type="LoadBalancer"))
        assert cluster.until(lambda: leader() != first, 40) <= 20
        cluster.until(lambda: len(cluster.cloud.load_balancers) == 1, 20)
