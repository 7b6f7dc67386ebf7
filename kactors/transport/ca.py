"""A cluster's own certificate authority, and the PEM files that its hosts live on.

A directory holds ``ca.crt`` and, where certificates are issued, ``ca.key``; each host adds
``<host>.crt`` and ``<host>.key``. Keys are files that only their owner can read. Times
come as arguments: this module asks no clock.
"""

import ipaddress
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import attrs
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from kactors.transport.certificate import load_certificate, load_key
from kactors.transport.errors import CertificateFileError, TlsError
from kactors.transport.framing import HOST_LENGTH_MAX

CA_CERTIFICATE: Final = "ca.crt"
CA_KEY: Final = "ca.key"
CA_LIFETIME: Final = timedelta(days=3650)
HOST_LIFETIME: Final = timedelta(days=365)
LOOPBACK: Final = ("127.0.0.1", "::1")

BACKDATED: Final = timedelta(minutes=5)
"""How long before it is issued a certificate begins to be valid: clocks differ."""

_COMMON_NAME_LENGTH_MAX: Final = 64  # of X.509; what counts are the alternative names anyway
_CERTIFICATE_MODE: Final = 0o644
_KEY_MODE: Final = 0o600


def write_file(path: Path, data: bytes, *, mode: int) -> None:
    """Put a file in place at once, with ``mode`` from its first byte on."""
    new = path.with_name(f"{path.name}.new")
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        os.fchmod(descriptor, mode)  # whatever the umask took away
        file.write(data)
        file.flush()
        os.fsync(descriptor)
    new.replace(path)


@attrs.frozen
class Credentials:
    """What a host shows, and how it proves that it may.

    Attributes:
        host: whom the certificate names.
        certificate_pem: for everybody.
        key_pem: for the host alone; PKCS #8, not encrypted.
        ca_pem: the certificate of the authority that issued it.
    """

    host: str
    certificate_pem: bytes
    key_pem: bytes = attrs.field(repr=False)
    ca_pem: bytes

    def save(self, directory: Path) -> None:
        """Write ``ca.crt``, ``<host>.crt`` and ``<host>.key``, replacing what is there."""
        directory.mkdir(parents=True, exist_ok=True)
        write_file(directory / CA_CERTIFICATE, self.ca_pem, mode=_CERTIFICATE_MODE)
        write_file(directory / f"{self.host}.crt", self.certificate_pem, mode=_CERTIFICATE_MODE)
        write_file(directory / f"{self.host}.key", self.key_pem, mode=_KEY_MODE)


class Authority:
    """Issues the certificates of one cluster's hosts.

    Keys are on the curve P-256, which every TLS 1.3 peer must know.
    """

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, name: str, *, now: datetime, lifetime: timedelta = CA_LIFETIME) -> "Authority":
        """Make a new authority.

        Args:
            name: what people call the cluster.
            now: an aware time.
            lifetime: from ``now`` on.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        subject = _name(name)
        certificate = (
            _builder(subject, subject, key.public_key(), now=now, lifetime=lifetime)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(for_authority=True), critical=True)
            .sign(key, hashes.SHA256())
        )
        return cls(certificate, key)

    @classmethod
    def load(cls, directory: Path) -> "Authority":
        """Return the authority that `save` wrote.

        Raises:
            CertificateFileError: a file is missing or holds something else.
            CertificateMismatchError: the key is not the certificate's.
        """
        certificate = load_certificate(directory / CA_CERTIFICATE)
        key = load_key(directory / CA_KEY, belongs_to=certificate)
        if not isinstance(key, ec.EllipticCurvePrivateKey):
            raise CertificateFileError(
                f"{directory / CA_KEY} holds a {type(key).__name__}, this authority signs with "
                "elliptic curves: keep using the tool that made the key"
            )
        return cls(certificate, key)

    def save(self, directory: Path) -> None:
        """Write ``ca.crt`` and ``ca.key``; whoever reads the latter can be any host.

        Raises:
            FileExistsError: there is an authority already; its hosts would be cut off.
        """
        directory.mkdir(parents=True, exist_ok=True)
        for name in (CA_CERTIFICATE, CA_KEY):
            if (directory / name).exists():
                raise FileExistsError(
                    f"{directory / name} exists: remove it if no host needs it any more"
                )
        write_file(directory / CA_KEY, _key_pem(self._key), mode=_KEY_MODE)
        write_file(directory / CA_CERTIFICATE, self.certificate_pem, mode=_CERTIFICATE_MODE)

    @property
    def certificate_pem(self) -> bytes:
        """What every host must have in order to believe the others."""
        return self._certificate.public_bytes(serialization.Encoding.PEM)

    def issue(
        self,
        host: str,
        *,
        now: datetime,
        lifetime: timedelta = HOST_LIFETIME,
        addresses: Sequence[str] = LOOPBACK,
    ) -> Credentials:
        """Certify ``host`` as server and as client.

        Args:
            host: becomes a subject alternative name ``DNS:<host>``.
            now: an aware time.
            lifetime: from ``now`` on; cut where the authority's own ends.
            addresses: further alternative names, for programs that check IP addresses.

        Raises:
            TlsError: the host's name cannot stand in a certificate.
        """
        _check_host(host)
        key = ec.generate_private_key(ec.SECP256R1())
        lifetime = min(lifetime, self._certificate.not_valid_after_utc - now)
        names: list[x509.GeneralName] = [x509.DNSName(host)]
        names += [x509.IPAddress(ipaddress.ip_address(address)) for address in addresses]
        uses = x509.ExtendedKeyUsage(
            [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        )
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(
                _name(host),
                self._certificate.subject,
                key.public_key(),
                now=now,
                lifetime=lifetime,
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(for_authority=False), critical=True)
            .add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(uses, critical=False)
            .add_extension(issuer, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return Credentials(
            host=host,
            certificate_pem=certificate.public_bytes(serialization.Encoding.PEM),
            key_pem=_key_pem(key),
            ca_pem=self.certificate_pem,
        )


def _check_host(host: str) -> None:
    labels = host.split(".")
    if not (
        host.isascii()
        and 0 < len(host) <= HOST_LENGTH_MAX
        and all(
            0 < len(label) <= 63 and label.replace("-", "").replace("_", "").isalnum()
            for label in labels
        )
    ):
        raise TlsError(
            f"a certified host's name is of ASCII letters, digits, '-', '_' and dots between "
            f"parts of at most 63 characters, not {host!r:.80}: choose such a name"
        )


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:_COMMON_NAME_LENGTH_MAX])])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    *,
    now: datetime,
    lifetime: timedelta,
) -> x509.CertificateBuilder:
    if now.tzinfo is None:
        raise TlsError("now must be an aware time: say in which time zone")
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + lifetime)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, for_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not for_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=for_authority,
        crl_sign=for_authority,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
