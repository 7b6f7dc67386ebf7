"""What is TCP's own: endpoints as text, ports, names and socket options."""

import socket
from pathlib import Path
from typing import NoReturn

import pytest
import trio  # noqa: TID251 - the live transports run on trio
from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.errors import EndpointError
from kactors.transport.tcp import TcpTransport, join_endpoint, split_endpoint
from tests.transport.envelopes import envelope
from tests.transport.stations import in_trio, place


class Nobody(trio.abc.HostnameResolver):
    """Knows no name; a real resolver's thread may hold a descriptor long after the attempt."""

    async def getaddrinfo(self, host: bytes | None, *_: object) -> NoReturn:
        """Say what the system says of a name that nobody has."""
        raise socket.gaierror(socket.EAI_NONAME, f"{host!r}: name or service not known")

    async def getnameinfo(self, *_: object) -> NoReturn:
        """Say the same of addresses."""
        raise socket.gaierror(socket.EAI_NONAME, "name or service not known")


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:7001", "127.0.0.1", 7001),
        ("etcd-1.example:0", "etcd-1.example", 0),
        ("[::1]:65535", "::1", 65535),
    ],
)
def test_endpoints(text: str, host: str, port: int) -> None:
    """An endpoint is a host and a port, an IPv6 address in brackets."""
    assert split_endpoint(text) == (host, port)
    assert join_endpoint(host, port) == text


@pytest.mark.parametrize(
    "text",
    ["", ":", "7001", "a", "a:", ":7001", "a:b", "a:65536", "a:-1", "a:٣", "::1:7001", "[]:1"],
)
def test_what_is_no_endpoint(text: str) -> None:
    """Other texts are refused, with an example of how it is written."""
    with pytest.raises(EndpointError, match=r"as 127\.0\.0\.1:7001"):
        split_endpoint(text)


@given(st.ip_addresses().map(str), st.integers(min_value=0, max_value=65535))
def test_join_and_split_are_inverse(host: str, port: int) -> None:
    """What `join_endpoint` makes, `split_endpoint` takes apart."""
    assert split_endpoint(join_endpoint(host, port)) == (host, port)


def test_bad_endpoints_are_refused_where_they_are_given() -> None:
    """Neither the place to listen nor the address book takes an endpoint of another kind."""
    with pytest.raises(EndpointError):
        TcpTransport(host="a", incarnation=1, listen="unix:/a", peers={}, tls=None)
    with pytest.raises(EndpointError):
        TcpTransport(host="a", incarnation=1, listen=None, peers={"b": "nowhere"}, tls=None)
    transport = TcpTransport(host="a", incarnation=1, listen=None, peers={}, tls=None)
    with pytest.raises(EndpointError):
        transport.set_peer("b", "unix:/b")


@pytest.mark.live
class TestLive:
    """Over real sockets."""

    @in_trio
    async def test_port_zero_becomes_a_real_one(self, tmp_path: Path) -> None:
        """The endpoint is known once the transport has started."""
        async with place("tcp", tmp_path) as here:
            station = here.make("a", listen="127.0.0.1:0")
            assert station.transport.endpoint is None

            await station.transport.start(station.received.append, here.nursery)

            host, port = split_endpoint(station.endpoint)
            assert host == "127.0.0.1"
            assert port > 0

    @in_trio
    async def test_names_are_resolved(self, tmp_path: Path) -> None:
        """A peer may be given by a host's name."""
        async with place("tcp", tmp_path) as here:
            b = await here.open("b")
            port = split_endpoint(b.endpoint)[1]
            a = await here.open("a", peers={"b": f"localhost:{port}"})

            a.transport.send(envelope("a", "b"))

            await b.wait_received(1)

    @in_trio
    async def test_a_name_that_nobody_has(self, tmp_path: Path) -> None:
        """A name that cannot be resolved is unreachable, like a host that is down."""
        trio.socket.set_custom_hostname_resolver(Nobody())
        async with place("tcp", tmp_path) as here:
            a = await here.open("a", peers={"b": "no-such-host.invalid:1"})

            a.transport.send(envelope("a", "b"))

            await a.wait_counted("failed: unreachable")

    @in_trio
    async def test_a_foreign_address_cannot_be_listened_at(self, tmp_path: Path) -> None:
        """An address of another machine is refused with what the system says."""
        async with place("tcp", tmp_path) as here:
            station = here.make("a", listen="192.0.2.1:7001")

            with pytest.raises(EndpointError, match=r"cannot listen at 192\.0\.2\.1:7001"):
                await station.transport.start(station.received.append, here.nursery)

    def test_small_frames_are_not_held_back(self) -> None:
        """Connections send at once, and the kernel watches over them too."""
        transport = TcpTransport(host="a", incarnation=1, listen=None, peers={}, tls=None)
        with socket.socket() as connected:
            transport._tune(connected)

            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            assert connected.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert connected.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 5000
