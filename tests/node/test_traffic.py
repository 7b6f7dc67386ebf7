"""Traffic: what clients meet when they talk to Services and pods."""

from kactors.node.proxy.dataplane import Connection
from tests.node.proxy.services import endpoint, endpoint_slice, service
from tests.node.traffic import TrafficCluster

VIP = "10.96.0.10"


def test_a_service_is_reached_from_every_node() -> None:
    """All its pods are, wherever they are."""
    with TrafficCluster("n1", "n2", "n3") as cluster:
        cluster.run_web("n1", "n2")
        cluster.put(service())
        cluster.put(cluster.endpoints_of("web-1", "web-2"))
        cluster.world.run_for(2)
        for node in ("n1", "n2", "n3"):
            assert cluster.pods_reached(node, VIP) == {"web-1", "web-2"}
        assert cluster.life("n3").counts == {"connected": 20}


def test_pods_are_reached_by_their_addresses_on_the_ports_that_they_listen_on() -> None:
    """On others they refuse; nobody answers at an address that nobody has."""
    with TrafficCluster() as cluster:
        cluster.run_web("n1")
        ip = cluster.status("web-1")["podIP"]
        assert cluster.pods_reached("n1", ip, 8080) == {"web-1"}
        assert cluster.pods_reached("n2", ip, 8080) == {"web-1"}
        assert cluster.connect("n2", ip, 8081) == "refused"
        assert cluster.connect("n2", "10.244.1.99", 8080) == "timed out"
        assert cluster.connect("n2", "10.250.0.1", 8080) == "timed out"


def test_a_service_without_endpoints_refuses_and_an_unknown_one_times_out() -> None:
    """As their tables say: a node that does not know the Service sends the packet nowhere."""
    with TrafficCluster() as cluster:
        cluster.world.run_for(2)
        assert cluster.connect("n1", VIP) == "timed out"
        cluster.put(service())
        cluster.world.run_for(2)
        assert cluster.connect("n1", VIP) == "refused"


def test_node_ports_pass_on_to_other_nodes() -> None:
    """From any node to any node; not with a local policy."""
    with TrafficCluster() as cluster:
        cluster.run_web("n1")
        ports = [{"port": 80, "nodePort": 30080}]
        cluster.put(service(ports=ports))
        cluster.put(cluster.endpoints_of("web-1"))
        cluster.world.run_for(2)
        assert cluster.pods_reached("n1", "192.168.0.2", 30080, times=3) == {"web-1"}
        cluster.put(service(ports=ports, externalTrafficPolicy="Local"))
        cluster.world.run_for(2)
        assert cluster.connect("n1", "192.168.0.2", 30080) == "timed out"
        assert cluster.pods_reached("n2", "192.168.0.1", 30080, times=3) == {"web-1"}
        assert cluster.connect("n2", "192.168.0.1", 30081) == "refused"


def test_a_table_stays_while_its_proxy_is_down_and_misroutes() -> None:
    """To nobody, and to a stranger who has the address now; both are counted."""
    with TrafficCluster() as cluster:
        cluster.run_web("n1")
        cluster.put(service())
        stale = cluster.endpoints_of("web-1")
        cluster.put(stale)
        cluster.world.run_for(2)
        host = cluster.world.hosts["n2"]
        host.system.stop("kube-proxy")
        cluster.world.run_for(1)
        cluster.put(endpoint_slice("web"))
        cluster.delete_pod("web-1")
        cluster.until(lambda: cluster.get("Pod", "web-1") is None, 10)
        assert cluster.connect("n1", VIP) == "refused"
        assert cluster.connect("n2", VIP) == "timed out"
        # The stranger: the range is small, and given out anew from its beginning.
        runtime = cluster.life("n1").runtime
        runtime.set_pod_cidr("10.244.1.0/29")
        cluster.run_web("n1")
        found = cluster.connect("n2", VIP)
        assert isinstance(found, Connection)
        assert not found.misrouted, "it has the name and the uid of the one before"
        lost = endpoint("10.244.1.2", targetRef={"uid": "another"})
        cluster.start_proxy("n2")
        cluster.put(endpoint_slice("web", lost))
        cluster.world.run_for(3)
        found = cluster.connect("n2", VIP)
        assert isinstance(found, Connection)
        assert found.misrouted
        counts = cluster.life("n2").counts
        assert counts == {"timed out": 1, "connected": 1, "misrouted": 1}


def test_traffic_to_a_node_that_is_cut_off_times_out() -> None:
    """After as long as the client waits."""
    with TrafficCluster() as cluster:
        cluster.run_web("n1")
        ip = cluster.status("web-1")["podIP"]
        cluster.world.crash("n1")
        began = cluster.world.time
        assert cluster.connect("n2", ip, 8080, seconds=3.0) == "timed out"
        assert 3.0 <= cluster.world.time - began < 3.1


def test_a_proxy_that_begins_again_drops_what_is_gone() -> None:
    """A Service that was deleted meanwhile; the table is not empty in between."""
    with TrafficCluster() as cluster:
        cluster.put(service("a", clusterIP="10.96.0.1"))
        cluster.put(service("b", clusterIP="10.96.0.2"))
        cluster.world.run_for(2)
        host = cluster.world.hosts["n1"]
        host.system.stop("kube-proxy")
        cluster.store.write(cluster.key("Service", "a"), None)
        table = cluster.life("n1").services
        cluster.world.run_for(1)
        assert list(table.services) == ["default/a", "default/b"], "nobody was there to change it"
        cluster.start_proxy("n1")
        cluster.world.run_for(2)
        assert list(table.services) == ["default/b"]


def test_changes_are_gathered_for_a_second() -> None:
    """A hundred changes cost a few turns."""
    with TrafficCluster() as cluster:
        cluster.world.run_for(2)
        for number in range(100):
            cluster.put(service("a", ports=[{"port": number + 1}]))
            cluster.world.run_for(0.02)
        cluster.world.run_for(2)
        assert cluster.proxies["n1"].syncs <= 5
        assert cluster.connect("n1", VIP, 100) == "refused"


def test_clients_outside_come_in_by_a_load_balancer() -> None:
    """Its address is nobody's; the node that it passes on to knows it by its table."""
    with TrafficCluster() as cluster:
        cluster.run_web("n2")
        made = service(type="LoadBalancer", ports=[{"port": 80, "nodePort": 30080}])
        made["status"] = {"loadBalancer": {"ingress": [{"ip": "203.0.113.1", "ipMode": "VIP"}]}}
        cluster.put(made)
        cluster.put(cluster.endpoints_of("web-1"))
        cluster.world.run_for(2)
        cluster.underlay.add_node("203.0.113.1", "n1")
        cluster.add_outside("home", "198.51.100.7")
        assert cluster.pods_reached("home", "203.0.113.1", times=3) == {"web-1"}
        assert cluster.connect("home", "203.0.113.1", 81) == "timed out"
        assert cluster.connect("home", VIP) == "timed out", "that address is of the cluster only"
