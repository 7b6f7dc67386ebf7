"""Names looked up from containers, through a Service, at servers that are pods themselves."""

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.objects import Object
from kactors.node.dns.resolver import ResolvConf, Resolver, candidates
from kactors.node.dns.server import DnsServer
from kactors.node.errors import LookupFailed, NoSuchName
from kactors.node.proxy.dataplane import DataPlane
from kactors.runtime.random import stream
from tests.node.objects import container, pod
from tests.node.proxy.services import endpoint, endpoint_slice, service
from tests.node.traffic import QUICK, TrafficCluster

DNS_IP = "10.96.0.53"
CONF = ResolvConf.cluster_first(DNS_IP, "default")
UDP = [{"name": "dns", "port": 53, "protocol": "UDP"}]


def test_short_names_are_looked_for_along_the_search_path() -> None:
    """Those with dots enough are taken as they are first; those that end in a dot, only so."""
    assert candidates("web", CONF) == (
        "web.default.svc.cluster.local.", "web.svc.cluster.local.", "web.cluster.local.", "web.",
    )  # fmt: skip
    assert candidates("a.b.c.d.e.f", CONF)[0] == "a.b.c.d.e.f."
    assert candidates("web.", CONF) == ("web.",)


class DnsCluster(TrafficCluster):
    """Two DNS servers in pods on two nodes, behind a Service; clients on a third."""

    def __init__(self) -> None:
        programs = {"coredns": lambda _: DnsServer(self.client_config)}
        super().__init__("n1", "n2", "n3", programs=programs)
        ports = [{"containerPort": 53, "protocol": "UDP"}]
        for number in (1, 2):
            image = container(ports=ports) | {"image": "coredns:1.12"}
            self.put(pod(f"dns-{number}", nodeName=f"n{number}", behaviour=QUICK,
                         containers=[image]))  # fmt: skip
        self.put({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "default"}})
        self.until_ready("dns-1", "dns-2")
        self.put(service("kube-dns", clusterIP=DNS_IP, ports=UDP))
        self.put(self.dns_slice("dns-1", "dns-2"))
        self.world.run_for(2)

    def dns_slice(self, *names: str) -> Object:
        """Return the EndpointSlice of the servers."""
        found = [endpoint(self.status(name)["podIP"]) for name in names]
        return endpoint_slice("kube-dns", *found, of="kube-dns", ports=UDP)

    def look_up(self, name: str) -> tuple[str, ...]:
        """Look up a name on ``n3``."""
        life = self.life("n3")
        self.connects += 1
        number = self.connects

        async def main(system: System) -> tuple[str, ...]:
            asker = SystemAsker(system)
            plane = DataPlane(node="n3", node_ip="192.168.0.3", life=life, asker=asker,
                              underlay=self.underlay, random=stream(number, "dns"))  # fmt: skip
            return await Resolver(CONF, plane, asker).addresses(name)

        found: tuple[str, ...] = self.world.call("n3", main)
        return found


def test_a_pod_finds_a_service_by_its_name() -> None:
    """Short, longer and in full; what nobody has is not found; aliases are followed."""
    with DnsCluster() as cluster:
        cluster.put(service("web", clusterIP="10.96.0.77"))
        cluster.put(service("alias", type="ExternalName", clusterIP="",
                            externalName="web.default.svc.cluster.local"))  # fmt: skip
        cluster.world.run_for(1)
        for name in ("web", "web.default", "web.default.svc.cluster.local", "alias"):
            assert cluster.look_up(name) == ("10.96.0.77",)
        with pytest.raises(NoSuchName):
            cluster.look_up("nobody.default.svc.cluster.local.")
        with pytest.raises(LookupFailed, match="none of the cluster's names"):
            cluster.look_up("example.org")


def test_names_are_found_while_one_server_is_away() -> None:
    """A try that meets the dead one is followed by another; both dead, nobody answers."""
    with DnsCluster() as cluster:
        assert cluster.look_up("kube-dns") == (DNS_IP,)
        cluster.world.crash("n1")
        found = 0
        for _ in range(12):
            try:
                assert cluster.look_up("kube-dns") == (DNS_IP,)
                found += 1
            except LookupFailed:
                pass  # both tries met the dead one
        assert found >= 6
        cluster.put(cluster.dns_slice("dns-2"))
        cluster.world.run_for(2)
        assert all(cluster.look_up("kube-dns") == (DNS_IP,) for _ in range(12))
        cluster.world.crash("n2")
        with pytest.raises(LookupFailed, match="no DNS server has answered"):
            cluster.look_up("kube-dns")


def test_a_server_ends_with_its_container() -> None:
    """And what it was is not asked any more."""
    with DnsCluster() as cluster:
        for _ in range(10):
            cluster.look_up("kube-dns")
        system = cluster.world.hosts["n1"].system
        (name,) = [name for name in system.cells if name.startswith("network/")]
        cluster.delete_pod("dns-1")
        cluster.until(lambda: cluster.get("Pod", "dns-1") is None, 10)
        cluster.world.run_for(15)
        assert name not in system.cells
