"""Connecting to names: one address after the other, until somebody answers or the time is up."""

import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.node.dns.dialer import Dialer
from kactors.node.errors import ConnectionRefused, ConnectionTimedOut, NoSuchName
from kactors.node.proxy.dataplane import Connection, DataPlane
from kactors.runtime import current_time
from kactors.runtime.random import stream
from tests.node.dns.test_resolver import CONF, DnsCluster
from tests.node.proxy.services import endpoint, endpoint_slice, service


class DialCluster(DnsCluster):
    """The same, with clients that connect to names from ``n3``."""

    def dial(self, name: str, port: int = 53, seconds: float = 1.0) -> tuple[Connection, float]:
        """Connect; return to whom, and how long it took, looking up the name included."""
        life = self.life("n3")
        self.connects += 1
        number = self.connects

        async def main(system: System) -> tuple[Connection, float]:
            asker, began = SystemAsker(system), current_time()
            plane = DataPlane(node="n3", node_ip="192.168.0.3", life=life, asker=asker,
                              underlay=self.underlay, random=stream(number, "plane"))  # fmt: skip
            dialer = Dialer(plane, asker, CONF, stream(number, "dialer"))
            made = await dialer.connect(name, port, protocol="UDP", seconds=seconds)
            return made, current_time() - began

        found: tuple[Connection, float] = self.world.call("n3", main)
        return found

    def put_headless(self, *ips: str) -> None:
        """Have a headless Service ``set`` with these addresses."""
        port = [{"name": "dns", "port": 53, "protocol": "UDP"}]
        self.put(service("set", clusterIP="None", ports=port))
        found = [endpoint(ip) for ip in ips]
        self.put(endpoint_slice("set", *found, of="set", ports=port))
        self.world.run_for(2)


def test_names_and_addresses_are_connected_to() -> None:
    """A Service by its name, a pod by its address; nobody by a name that nobody has."""
    with DialCluster() as cluster:
        assert cluster.dial("kube-dns")[0].service == "default/kube-dns"
        ip = cluster.status("dns-1")["podIP"]
        assert cluster.dial(ip)[0].end.pod == "dns-1"
        with pytest.raises(NoSuchName):
            cluster.dial("nobody")


def test_all_addresses_of_a_name_are_tried() -> None:
    """Those where nobody is cost time, not the connection, wherever one begins."""
    with DialCluster() as cluster:
        cluster.put_headless("10.244.3.250", cluster.status("dns-1")["podIP"])

        found = [cluster.dial("set.default", port=53, seconds=3.0)[0] for _ in range(6)]

        assert {each.end.pod for each in found} == {"dns-1"}


def test_the_last_problem_is_told() -> None:
    """Refused where nobody listens; timed out where nobody is, when the time is up."""
    with DialCluster() as cluster:
        cluster.put_headless("10.244.3.250")
        with pytest.raises(ConnectionTimedOut):
            cluster.dial("set.default", seconds=2.0)
        with pytest.raises(ConnectionRefused):
            cluster.dial(cluster.status("dns-1")["podIP"], port=99)
