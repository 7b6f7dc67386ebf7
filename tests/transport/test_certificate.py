"""Certificates from files: everything that can be wrong is said in words that help."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from kactors.transport.ca import Authority
from kactors.transport.certificate import load_certificate, load_tls, tls_from_files
from kactors.transport.errors import (
    CertificateExpiredError,
    CertificateFileError,
    CertificateMismatchError,
)
from tests.transport.test_tls import shake_hands

NOW = datetime.now(UTC)  # noqa: TID251 - OpenSSL compares with the real time
YEARS = timedelta(days=20 * 365)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    """A directory with all that host ``a`` needs, to be damaged by a test."""
    authority = Authority.create("test", now=NOW)
    authority.issue("a", now=NOW).save(tmp_path)
    authority.issue("b", now=NOW).save(tmp_path)
    return tmp_path


def test_good_files_are_taken(directory: Path) -> None:
    """Files that are as they should be make a TLS configuration."""
    config = load_tls(directory, "a", now=NOW)

    shake_hands(config.session(server_side=False), config.session(server_side=True))


@pytest.mark.parametrize("name", ["ca.crt", "a.crt", "a.key"])
def test_a_missing_file_is_named(directory: Path, name: str) -> None:
    """The error says which file is missing."""
    (directory / name).unlink()

    with pytest.raises(CertificateFileError, match=rf"cannot read .*{name}: No such file"):
        load_tls(directory, "a", now=NOW)


@pytest.mark.parametrize("name", ["ca.crt", "a.crt", "a.key"])
@pytest.mark.parametrize("content", [b"", b"no PEM", b"-----BEGIN CERTIFICATE-----\nAAAA\n"])
def test_a_file_that_holds_something_else_is_named(
    directory: Path, name: str, content: bytes
) -> None:
    """The error says which file is not what it should be."""
    (directory / name).write_bytes(content)

    with pytest.raises(CertificateFileError, match=rf"{name} holds no"):
        load_tls(directory, "a", now=NOW)


def test_a_key_instead_of_a_certificate(directory: Path) -> None:
    """Two files that were exchanged are noticed."""
    (directory / "a.key").replace(directory / "a.crt")

    with pytest.raises(CertificateFileError, match=r"a\.crt holds no certificate"):
        load_tls(directory, "a", now=NOW)


@pytest.mark.parametrize(("late", "what"), [(YEARS, "no longer valid"), (-YEARS, "not valid yet")])
def test_a_certificate_out_of_its_time(directory: Path, late: timedelta, what: str) -> None:
    """The error gives the time asked about and the times between which it holds."""
    with pytest.raises(CertificateExpiredError, match=rf"is {what} at .* it holds from .* to "):
        load_tls(directory, "a", now=NOW + late)


def test_an_expired_host_under_a_valid_authority(tmp_path: Path) -> None:
    """The host's own time is looked at as well."""
    authority = Authority.create("test", now=NOW)
    authority.issue("a", now=NOW, lifetime=timedelta(hours=1)).save(tmp_path)

    with pytest.raises(CertificateExpiredError, match=r"a\.crt is no longer valid"):
        load_tls(tmp_path, "a", now=NOW + timedelta(hours=2))


def test_another_hosts_key(directory: Path) -> None:
    """A certificate needs its own key."""
    (directory / "b.key").replace(directory / "a.key")

    with pytest.raises(CertificateMismatchError, match=r"a\.key is not the key of .*CN=a"):
        load_tls(directory, "a", now=NOW)


def test_another_hosts_certificate(directory: Path) -> None:
    """A certificate that names another host is of no use to this one."""
    (directory / "b.key").replace(directory / "a.key")
    (directory / "b.crt").replace(directory / "a.crt")

    with pytest.raises(CertificateMismatchError, match=r"names \['b'\], not 'a': issue one"):
        load_tls(directory, "a", now=NOW)


def test_another_clusters_authority(directory: Path) -> None:
    """A host and an authority of different clusters do not go together."""
    other = Authority.create("other", now=NOW)
    (directory / "ca.crt").write_bytes(other.certificate_pem)

    with pytest.raises(CertificateMismatchError, match="was not issued by the authority"):
        load_tls(directory, "a", now=NOW)


def test_a_certificate_without_alternative_names(directory: Path) -> None:
    """The authority's own certificate names no host at all."""
    authority = Authority.create("bare", now=NOW)
    authority.save(directory / "bare")

    with pytest.raises(CertificateMismatchError, match=r"names \[\], not 'ca'"):
        load_tls(directory / "bare", "ca", now=NOW)


def test_certificates_of_another_tool(tmp_path: Path) -> None:
    """Files from elsewhere, with an intermediate authority, do as well as ours."""
    root = trustme.CA()
    issued = root.create_child_ca().issue_cert("a", key_type=trustme.KeyType.RSA)
    root.cert_pem.write_to_path(tmp_path / "root.pem")
    (tmp_path / "chain.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))
    issued.private_key_pem.write_to_path(tmp_path / "key.pem")

    config = tls_from_files(
        ca=tmp_path / "root.pem",
        certificate=tmp_path / "chain.pem",
        key=tmp_path / "key.pem",
        host="a",
        now=NOW,
    )

    shake_hands(config.session(server_side=False), config.session(server_side=True))


def test_the_first_certificate_counts(tmp_path: Path) -> None:
    """Of a chain the host's own certificate comes first."""
    issued = trustme.CA().create_child_ca().issue_cert("a")
    (tmp_path / "chain.pem").write_bytes(b"".join(each.bytes() for each in issued.cert_chain_pems))

    own = load_certificate(tmp_path / "chain.pem")

    assert own.public_key() != own.issuer
    assert len(issued.cert_chain_pems) == 2
