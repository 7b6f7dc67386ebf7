"""The cluster's own certificate authority: what it issues, and where it keeps it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from kactors.transport.ca import Authority, Credentials, write_file
from kactors.transport.certificate import load_tls
from kactors.transport.errors import CertificateFileError, CertificateMismatchError, TlsError
from tests.transport.test_tls import shake_hands

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL compares with the real time


@pytest.fixture(scope="module")
def authority() -> Authority:
    """One authority for the tests that do not change it."""
    return Authority.create("test", now=NOW)


def certificate(credentials: Credentials) -> x509.Certificate:
    """Return the host's certificate."""
    return x509.load_pem_x509_certificate(credentials.certificate_pem)


def test_two_hosts_of_one_cluster_understand_each_other(
    authority: Authority, tmp_path: Path
) -> None:
    """What the authority writes is all that two hosts need for mutual TLS."""
    for host in ("etcd-1", "etcd-2"):
        authority.issue(host, now=NOW).save(tmp_path)

    client = load_tls(tmp_path, "etcd-1", now=NOW).session(server_side=False)
    server = load_tls(tmp_path, "etcd-2", now=NOW).session(server_side=True)
    shake_hands(client, server)

    assert (client.peer_hosts(), server.peer_hosts()) == (("etcd-2",), ("etcd-1",))


def test_a_certificate_says_what_it_is_for(authority: Authority) -> None:
    """A host's certificate is on P-256, for servers and clients, and signs no others."""
    issued = certificate(authority.issue("etcd-1", now=NOW, addresses=["10.0.0.1"]))
    extensions = issued.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    uses = extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    constraints = extensions.get_extension_for_class(x509.BasicConstraints).value
    key = issued.public_key()

    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert isinstance(key.curve, ec.SECP256R1)
    assert names.get_values_for_type(x509.DNSName) == ["etcd-1"]
    assert [str(each) for each in names.get_values_for_type(x509.IPAddress)] == ["10.0.0.1"]
    assert {each._name for each in uses} == {"serverAuth", "clientAuth"}
    assert not constraints.ca


def test_each_certificate_has_its_own_number_and_key(authority: Authority) -> None:
    """A host that is certified twice has two certificates that share nothing."""
    first, second = (authority.issue("etcd-1", now=NOW) for _ in range(2))

    assert certificate(first).serial_number != certificate(second).serial_number
    assert first.key_pem != second.key_pem


def test_validity_begins_a_little_before_now(authority: Authority) -> None:
    """Hosts whose clocks are a little behind believe a new certificate at once."""
    issued = certificate(authority.issue("etcd-1", now=NOW, lifetime=timedelta(hours=1)))

    assert NOW - timedelta(minutes=6) < issued.not_valid_before_utc < NOW
    assert NOW < issued.not_valid_after_utc <= NOW + timedelta(hours=1)


def test_no_host_outlives_the_authority(authority: Authority) -> None:
    """A certificate ends with its authority's at the latest."""
    issued = certificate(authority.issue("etcd-1", now=NOW, lifetime=timedelta(days=99_999)))
    root = x509.load_pem_x509_certificate(authority.certificate_pem)

    assert issued.not_valid_after_utc <= root.not_valid_after_utc


def test_an_authority_comes_back_from_its_files(tmp_path: Path) -> None:
    """What a loaded authority issues is believed by hosts of the one that was saved."""
    original = Authority.create("test", now=NOW)
    original.save(tmp_path)
    original.issue("a", now=NOW).save(tmp_path)

    Authority.load(tmp_path).issue("b", now=NOW).save(tmp_path)

    shake_hands(
        load_tls(tmp_path, "a", now=NOW).session(server_side=False),
        load_tls(tmp_path, "b", now=NOW).session(server_side=True),
    )


def test_keys_are_for_their_owner_alone(authority: Authority, tmp_path: Path) -> None:
    """Key files have mode 0600, whatever the umask; certificates may be read by all."""
    directory = tmp_path / "new"
    authority.save(directory)
    authority.issue("a", now=NOW).save(directory)

    modes = {path.name: path.stat().st_mode & 0o777 for path in directory.iterdir()}

    assert modes == {"ca.crt": 0o644, "ca.key": 0o600, "a.crt": 0o644, "a.key": 0o600}


def test_an_authority_is_not_overwritten(authority: Authority, tmp_path: Path) -> None:
    """A second authority in one place would cut off the first one's hosts."""
    authority.save(tmp_path)

    with pytest.raises(FileExistsError, match=r"ca\.crt exists: remove it"):
        Authority.create("other", now=NOW).save(tmp_path)


def test_a_hosts_files_are_replaced_at_once(tmp_path: Path) -> None:
    """A file is there before and after, whole, and what a crash left behind does no harm."""
    path = tmp_path / "a.key"
    (tmp_path / "a.key.new").write_bytes(b"half a k")

    for data in (b"first", b"second"):
        write_file(path, data, mode=0o600)
        assert path.read_bytes() == data

    assert [each.name for each in tmp_path.iterdir()] == ["a.key"]


def test_a_key_is_not_shown() -> None:
    """Credentials can be printed without giving the key away."""
    credentials = Credentials("a", b"certificate", b"secret", b"ca")

    assert "secret" not in repr(credentials)


@pytest.mark.parametrize(
    "host", ["", "a b", "a/b", "*.example", ".a", "a..b", "ä", "h" * 64, ".".join(["abc"] * 70)]
)
def test_names_that_no_certificate_can_hold(authority: Authority, host: str) -> None:
    """A host that is to be certified has a name that TLS peers compare without surprises."""
    with pytest.raises(TlsError, match="choose such a name"):
        authority.issue(host, now=NOW)


@pytest.mark.parametrize("host", ["a", "etcd-1", "node_7", "x.y.z", "h" * 63])
def test_names_that_certificates_can_hold(authority: Authority, host: str) -> None:
    """Host names as clusters use them are certified."""
    assert authority.issue(host, now=NOW).host == host


def test_a_time_without_zone_is_refused() -> None:
    """A naive time could mean anything within a day."""
    with pytest.raises(TlsError, match="aware time"):
        Authority.create("test", now=NOW.replace(tzinfo=None))


def test_an_authority_with_another_ones_key(tmp_path: Path) -> None:
    """A certificate and a key that do not belong together are no authority."""
    for name in ("one", "two"):
        Authority.create(name, now=NOW).save(tmp_path / name)
    (tmp_path / "two" / "ca.key").replace(tmp_path / "one" / "ca.key")

    with pytest.raises(CertificateMismatchError, match="is not the key of"):
        Authority.load(tmp_path / "one")


def test_an_authority_with_a_key_of_another_sort(tmp_path: Path) -> None:
    """An authority made elsewhere, with RSA, is not ours to sign with."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "rsa")])
    root = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, NOW, NOW + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    (tmp_path / "ca.crt").write_bytes(root.public_bytes(Encoding.PEM))
    (tmp_path / "ca.key").write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )

    with pytest.raises(CertificateFileError, match="signs with elliptic curves"):
        Authority.load(tmp_path)
