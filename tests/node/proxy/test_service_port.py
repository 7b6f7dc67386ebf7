"""Services, as a proxy sees them."""

from kactors.node.proxy.service_port import service_ports
from tests.node.proxy.services import service


def test_services_without_an_address_are_not_served() -> None:
    """Headless ones and names of others are DNS's business."""
    assert service_ports(service(clusterIP="None")) == ()
    assert service_ports(service(clusterIP="")) == ()
    assert service_ports(service(type="ExternalName")) == ()


def test_a_service_has_its_addresses_from_spec_and_from_its_load_balancer() -> None:
    """A load balancer in proxy mode passes on to node ports, so its address is not ours."""
    found = service(
        ports=[{"port": 80, "nodePort": 30080, "name": "http"}], externalIPs=["1.1.1.1"]
    )
    ingress = [{"ip": "2.2.2.2"}, {"ip": "3.3.3.3", "ipMode": "Proxy"}, {"hostname": "x"}]
    found["status"] = {"loadBalancer": {"ingress": ingress}}
    (port,) = service_ports(found)
    assert port.external_ips == ("1.1.1.1", "2.2.2.2")
    assert (port.cluster_ips, port.node_port, port.protocol) == (("10.96.0.10",), 30080, "TCP")


def test_affinity_lasts_three_hours_unless_said() -> None:
    """And not at all, unless asked for."""
    assert service_ports(service())[0].affinity_seconds == 0
    assert service_ports(service(sessionAffinity="ClientIP"))[0].affinity_seconds == 10800
    config = {"clientIP": {"timeoutSeconds": 60}}
    said = service(sessionAffinity="ClientIP", sessionAffinityConfig=config)
    assert service_ports(said)[0].affinity_seconds == 60


def test_which_endpoints_a_policy_needs() -> None:
    """The node's own traffic to outside addresses needs all, whatever the policy."""
    (inside,) = service_ports(service(internalTrafficPolicy="Local"))
    assert (inside.uses_cluster_endpoints, inside.uses_local_endpoints) == (False, True)
    ports = [{"port": 80, "nodePort": 30080}]
    (both,) = service_ports(
        service(ports=ports, internalTrafficPolicy="Local", externalTrafficPolicy="Local")
    )
    assert (both.uses_cluster_endpoints, both.uses_local_endpoints) == (True, True)
