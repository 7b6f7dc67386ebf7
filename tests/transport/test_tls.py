"""Mutual TLS: who is believed, and how the others are turned away, on both sides."""

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import attrs
import pytest
import trustme
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from kactors.transport.errors import CertificateRefused, EndOfStream, TlsError, TlsFailed
from kactors.transport.framing import PING
from kactors.transport.tls import TlsConfig, TlsSession, certified_hosts, empty_contexts
from tests.transport.envelopes import envelope
from tests.transport.stations import authority, in_trio, place, stranger, tls_of


def shake_hands(client: TlsSession, server: TlsSession) -> None:
    """Carry bytes between two sessions until both are done."""
    done = [False, False]
    data = b""
    while not all(done):
        done[0] = client.handshake(data)
        done[1] = server.handshake(client.outgoing())
        data = server.outgoing()


def connected(client_host: str = "a", server_host: str = "b") -> tuple[TlsSession, TlsSession]:
    """Return two sessions that have shaken hands."""
    client = tls_of(client_host).session(server_side=False)
    server = tls_of(server_host).session(server_side=True)
    shake_hands(client, server)
    return client, server


def uri_tls(*hosts: str) -> list[TlsConfig]:
    """Return the TLS of hosts of one cluster, whose certificates name them by URI alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "uris")])
    began = datetime(2020, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .issuer_name(name)
        .not_valid_before(began)
        .not_valid_after(began + timedelta(days=36500))
        .public_key(key.public_key())
    )
    root = (
        builder.subject_name(name)
        .serial_number(1)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    configs: list[TlsConfig] = []
    for number, host in enumerate(hosts, start=2):
        uri = x509.UniformResourceIdentifier(f"kactors://{host}")
        certificate = (
            builder.subject_name(x509.Name([]))
            .serial_number(number)
            .add_extension(x509.SubjectAlternativeName([uri]), critical=True)
            .sign(key, hashes.SHA256())
        )
        blob = trustme.Blob(
            key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            + certificate.public_bytes(Encoding.PEM)
        )
        configs.append(empty_contexts())
        for context in (configs[-1].client, configs[-1].server):
            context.load_verify_locations(cadata=root.public_bytes(Encoding.PEM).decode())
            with blob.tempfile() as file:
                context.load_cert_chain(file)
    return configs


def test_each_side_learns_the_others_hosts() -> None:
    """After the handshake both know whom the other's certificate names."""
    client, server = connected("a", "b")

    assert (client.peer_hosts(), server.peer_hosts()) == (("b",), ("a",))


@given(st.binary(max_size=50_000), st.lists(st.integers(min_value=0), max_size=10))
def test_what_goes_in_comes_out(data: bytes, cuts: list[int]) -> None:
    """Records that arrive in any pieces say what was said."""
    client, server = SESSIONS
    client.encrypt(data)
    out = client.outgoing()
    places = sorted({cut % (len(out) + 1) for cut in cuts})

    heard = b"".join(
        server.decrypt(out[begin:end])
        for begin, end in zip([0, *places], [*places, len(out)], strict=True)
    )

    assert heard == data


SESSIONS = connected()


def test_records_that_were_changed_are_refused() -> None:
    """A byte changed on the way ends the session."""
    client, server = connected()
    client.encrypt(b"hello")
    record = bytearray(client.outgoing())
    record[-1] ^= 1

    with pytest.raises(TlsFailed):
        server.decrypt(bytes(record))


def test_an_orderly_end_is_an_end() -> None:
    """The other side's close of its TLS session is the end of the stream."""
    client, server = connected()
    with suppress(ssl.SSLWantReadError):  # the answer, which never comes
        server._object.unwrap()

    with pytest.raises(EndOfStream):
        client.decrypt(server.outgoing())


@pytest.mark.parametrize("side", ["client", "server"])
def test_a_stranger_without_certificate_is_refused(side: str) -> None:
    """A context that would accept peers without a certificate is no TLS of ours."""
    config = empty_contexts()
    lax = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    lax.minimum_version = ssl.TLSVersion.TLSv1_3

    with pytest.raises(TlsError, match=f"the {side} side must ask its peer for a certificate"):
        TlsConfig(**{"client": config.client, "server": config.server, side: lax})


@pytest.mark.parametrize("side", ["client", "server"])
def test_older_versions_of_tls_are_refused(side: str) -> None:
    """A context that would fall back to an older TLS is no TLS of ours."""
    config = empty_contexts()
    old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    old.minimum_version = ssl.TLSVersion.TLSv1_2

    with pytest.raises(TlsError, match=f"the {side} side must insist on TLS 1.3"):
        TlsConfig(**{"client": config.client, "server": config.server, side: old})


def test_something_else_is_no_context() -> None:
    """A context is an ssl.SSLContext."""
    with pytest.raises(TlsError, match=r"is an ssl\.SSLContext, not 'tls'"):
        TlsConfig("tls", empty_contexts().server)  # type: ignore[arg-type]  # the point


def test_certified_hosts() -> None:
    """Hosts are DNS names and URIs of our scheme; wildcards and addresses name nobody."""
    names = (
        ("DNS", "etcd-1"),
        ("IP Address", "127.0.0.1"),
        ("URI", "kactors://etcd-2"),
        ("URI", "https://etcd-3"),
        ("DNS", "*.example"),
    )

    assert certified_hosts({"subjectAltName": names}) == ("etcd-1", "etcd-2", "*.example")
    assert certified_hosts({}) == ()


@pytest.mark.live
class TestLive:
    """Over real sockets."""

    @in_trio
    async def test_another_authority(self, tmp_path: Path) -> None:
        """Hosts of two clusters do not talk, and both count why."""
        async with place("tls", tmp_path) as here:
            a = await here.open("a", tls=tls_of("a", ca=trustme.CA()))
            b = await here.open("b")
            a.transport.set_peer("b", b.endpoint)

            a.transport.send(envelope("a", "b"))
            await a.wait_counted("failed: certificate refused")
            await b.wait_counted("failed: certificate refused")

            assert b.received == []
            assert "the peer's certificate is not valid" in a.transport.endings()[0].text

    @in_trio
    async def test_only_the_server_does_not_believe(self, tmp_path: Path) -> None:
        """The one who dials learns that its certificate was refused, though TLS says so late."""
        other = trustme.CA()
        config = tls_of("a", ca=other)
        authority().configure_trust(config.client)
        async with place("tls", tmp_path) as here:
            a = await here.open("a", tls=config)
            b = await here.open("b")
            a.transport.set_peer("b", b.endpoint)

            a.transport.send(envelope("a", "b"))
            await b.wait_counted("failed: certificate refused")
            await a.wait_counted("failed: certificate refused")

            assert "does not accept our certificate" in a.transport.endings()[0].text

    @in_trio
    async def test_a_certificate_that_names_another_host(self, tmp_path: Path) -> None:
        """Whoever answers at an endpoint must be the host that was dialled."""
        async with place("tls", tmp_path) as here:
            a = await here.open("a")
            impostor = await here.open("b", tls=tls_of("c"))
            a.transport.set_peer("b", impostor.endpoint)

            a.transport.send(envelope("a", "b"))
            await a.wait_counted("failed: wrong host")

            assert "found a certificate that names ['c']" in a.transport.endings()[0].text
            assert impostor.received == []

    @in_trio
    async def test_a_wildcard_names_nobody(self, tmp_path: Path) -> None:
        """A certificate for many hosts is not believed for any."""
        async with place("tls", tmp_path) as here:
            a = await here.open("a")
            b = await here.open("b.example", tls=tls_of("*.example"))
            a.transport.set_peer("b.example", b.endpoint)

            a.transport.send(envelope("a", "b.example"))

            await a.wait_counted("failed: wrong host")

    @in_trio
    async def test_a_hello_that_claims_another_source(self, tmp_path: Path) -> None:
        """A hello is believed only as far as the certificate goes."""
        async with place("tls", tmp_path) as here:
            server = await here.open("server")
            async with stranger(server.endpoint, tls_of("mallory")) as mallory:
                await mallory.say_hello("honest", "server")
                await mallory.wait_closed()

            await server.wait_counted("failed: source mismatch")

    @in_trio
    async def test_a_host_may_be_named_by_uri(self, tmp_path: Path) -> None:
        """A certificate with only a URI of our scheme names a host as well."""
        tls_a, tls_b = uri_tls("a", "b")
        async with place("tls", tmp_path) as here:
            a = await here.open("a", tls=tls_a)
            b = await here.open("b", tls=tls_b, peers={"a": a.endpoint})
            a.transport.set_peer("b", b.endpoint)

            a.transport.send(envelope("a", "b"))
            await b.wait_received(1)
            b.transport.send(envelope("b", "a"))
            await a.wait_received(1)

    @in_trio
    async def test_plain_frames_on_a_tls_port(self, tmp_path: Path) -> None:
        """A host without TLS cannot talk to one with it."""
        async with place("tls", tmp_path) as here:
            b = await here.open("b")
            a = await attrs.evolve(here, kind="tcp").open("a", peers={"b": b.endpoint})

            a.transport.send(envelope("a", "b"))

            await b.wait_counted("failed: tls failed")
            assert b.received == []

    @in_trio
    async def test_tls_on_a_plain_port(self, tmp_path: Path) -> None:
        """A host with TLS does not talk to one without it: nothing is sent in the clear."""
        async with place("tcp", tmp_path) as here:
            b = await here.open("b")
            a = await attrs.evolve(here, kind="tls").open("a", peers={"b": b.endpoint})

            a.transport.send(envelope("a", "b"))

            await b.wait_counted("failed: not kactors")
            assert a.count("dialled") == 0

    @in_trio
    async def test_a_stranger_without_a_certificate(self, tmp_path: Path) -> None:
        """TLS is mutual: whoever shows no certificate gets no further."""
        anonymous = empty_contexts()
        authority().configure_trust(anonymous.client)
        async with place("tls", tmp_path) as here:
            server = await here.open("server")
            async with stranger(server.endpoint, anonymous) as mallory:
                await mallory.say(PING)
                await mallory.wait_closed()

            await server.wait_counted("failed: tls failed")


def test_refused_certificates_are_told_from_broken_tls() -> None:
    """The client's verdict reaches the server as an alert that it can count as such."""
    client = tls_of("a", ca=trustme.CA()).session(server_side=False)
    server = tls_of("b").session(server_side=True)
    client.handshake()
    server.handshake(client.outgoing())

    with pytest.raises(CertificateRefused, match="certificate is not valid: self-signed"):
        client.handshake(server.outgoing())
    with pytest.raises(CertificateRefused, match="does not accept our certificate"):
        server.handshake(client.outgoing())
