"""Where packets go."""

from typing import Any

from kactors.api.objects import Object
from kactors.node.proxy.affinity import AffinityTable
from kactors.node.proxy.routing import Destination, Verdict, route
from kactors.node.proxy.table import ServiceTable
from kactors.node.proxy.tracker import ServiceTracker
from kactors.runtime.random import stream
from tests.node.proxy.services import TERMINATING, UNREADY, endpoint, endpoint_slice, service

NODE_PORT = [{"port": 80, "nodePort": 30080}]


class Node:
    """A node with one Service, to send from."""

    def __init__(self, one: Object, *endpoints: Object) -> None:
        self.tracker = ServiceTracker("n1")
        self.table = ServiceTable()
        self.affinity = AffinityTable()
        self.random = stream(0, "route")
        self.tracker.set_service(one)
        self.endpoints(*endpoints)

    def endpoints(self, *endpoints: Object) -> None:
        """Let the Service have these endpoints."""
        self.tracker.set_slice(endpoint_slice("s", *endpoints))
        self.tracker.sync(self.table)

    def route(self, ip: str = "10.96.0.10", port: int = 80, **more: Any) -> Destination:
        """Send."""
        more.setdefault("source_ip", "10.1.0.99")
        return route(self.table, self.affinity, self.random, ip=ip, port=port,
                     node_ips=("1.2.3.4",), **more)  # fmt: skip


def test_connections_are_spread_over_the_ready_endpoints() -> None:
    """Each alike, and never to one that is not ready."""
    node = Node(service(), endpoint("10.1.0.1"), endpoint("10.1.0.2"),
                endpoint("10.1.0.3", conditions=UNREADY))  # fmt: skip
    counts = {"10.1.0.1": 0, "10.1.0.2": 0}
    for _ in range(1000):
        found = node.route()
        assert (found.verdict, found.port, found.service) == (Verdict.ENDPOINT, 8080, "default/web")
        counts[found.ip] += 1
    assert min(counts.values()) > 400


def test_what_is_no_service_goes_straight_on() -> None:
    """Pods and strangers."""
    node = Node(service(), endpoint("10.1.0.1"))
    assert node.route("10.1.0.7", 8080) == Destination(Verdict.DIRECT, "10.1.0.7", 8080)
    assert node.route("10.96.0.10", 81).verdict is Verdict.DIRECT
    assert node.route(protocol="UDP").verdict is Verdict.DIRECT


def test_a_service_without_endpoints_refuses() -> None:
    """Unless one terminates and serves still."""
    node = Node(service(), endpoint("10.1.0.1", conditions=UNREADY))
    assert node.route().verdict is Verdict.REJECT
    node.endpoints(endpoint("10.1.0.1", conditions=TERMINATING))
    assert node.route().ip == "10.1.0.1"


def test_node_ports_are_on_the_node_s_own_addresses() -> None:
    """On those of others there is nothing."""
    node = Node(service(ports=NODE_PORT), endpoint("10.1.0.1"))
    assert node.route("1.2.3.4", 30080).ip == "10.1.0.1"
    assert node.route("1.2.3.5", 30080).verdict is Verdict.DIRECT


def test_local_policies_keep_traffic_on_the_node() -> None:
    """From outside it is dropped where nobody is; the node's own goes anywhere."""
    node = Node(
        service(ports=NODE_PORT, externalTrafficPolicy="Local"),
        endpoint("10.1.0.1", node="n1"), endpoint("10.1.0.2", node="n2"),
    )  # fmt: skip
    outside = {node.route("1.2.3.4", 30080, local_source=False).ip for _ in range(40)}
    inside = {node.route("1.2.3.4", 30080).ip for _ in range(40)}
    assert (outside, inside) == ({"10.1.0.1"}, {"10.1.0.1", "10.1.0.2"})
    node.endpoints(endpoint("10.1.0.2", node="n2"))
    assert node.route("1.2.3.4", 30080, local_source=False).verdict is Verdict.DROP
    internal = Node(service(internalTrafficPolicy="Local"), endpoint("10.1.0.2", node="n2"))
    assert internal.route().verdict is Verdict.DROP


def test_a_client_stays_with_its_endpoint() -> None:
    """For the time that the Service says, after its last connection; or until the endpoint goes."""
    config = {"clientIP": {"timeoutSeconds": 60}}
    both = [endpoint("10.1.0.1"), endpoint("10.1.0.2")]
    node = Node(service(sessionAffinity="ClientIP", sessionAffinityConfig=config), *both)
    first = node.route(now=0.0).ip
    assert {node.route(now=float(now)).ip for now in range(0, 1200, 60)} == {first}
    later = {node.route(now=1200.0 + 61.0 * step).ip for step in range(1, 30)}
    assert later == {"10.1.0.1", "10.1.0.2"}
    stays = node.route(now=5000.0).ip
    others = [each for each in both if each["addresses"] != [stays]]
    node.endpoints(*others)
    assert node.route(now=5001.0).ip == others[0]["addresses"][0]


def test_clients_whose_time_is_over_are_forgotten() -> None:
    """A table of clients does not grow for ever."""
    node = Node(service(sessionAffinity="ClientIP"), endpoint("10.1.0.1"))
    for number in range(3000):
        node.route(source_ip=f"c{number}", now=number * 100.0)
    assert len(node.affinity) < 1024
