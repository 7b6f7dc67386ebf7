"""CoreDNS in a container asks with the token that is mounted there."""

from collections.abc import Callable
from typing import Any, cast

from kactors.actors import Address
from kactors.node.dns.program import MountedToken, coredns
from kactors.node.dns.server import DnsServer
from kactors.node.errors import NoSuchContainer
from kactors.node.network import ProgramContext
from kactors.node.proxy.dataplane import DataPlane


def context(read_file: Callable[[str], bytes]) -> ProgramContext:
    """Return the context of a program that uses nothing of its network."""
    return ProgramContext(
        "n1", "kube-system", "dns", "10.0.1.2", cast("DataPlane", None), read_file
    )


def test_the_token_is_read_anew_each_time() -> None:
    """The kubelet renews it; when the container is gone the last one is used."""
    contents: list[Any] = [b"first", b"second", NoSuchContainer("gone"), FileNotFoundError("no")]

    def read_file(path: str) -> bytes:
        assert path == "/var/run/secrets/kubernetes.io/serviceaccount/token"
        found = contents.pop(0)
        if isinstance(found, Exception):
            raise found
        return bytes(found)

    token = MountedToken(context(read_file))

    assert [token() for _ in range(4)] == ["first", "second", "second", "second"]


def test_without_a_token_it_is_nobody() -> None:
    """A program in a container without that volume asks anonymously."""

    def read_file(path: str) -> bytes:
        raise FileNotFoundError(path)

    assert MountedToken(context(read_file))() == ""


def test_each_container_has_a_server_of_its_own() -> None:
    """The program makes a new one for every container."""
    program = coredns([Address("m1", "kube-apiserver")])
    servers = [program(context(lambda _: b"token")) for _ in range(2)]

    assert all(isinstance(each, DnsServer) for each in servers)
    assert servers[0] is not servers[1]
