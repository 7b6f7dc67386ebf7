"""Certificates from files, looked at closely before anybody relies on them.

OpenSSL's own messages about a wrong file come late and say little; these checks say which
file, what was found in it, and what to do. What they let pass, TLS still verifies.
"""

import ssl
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from kactors.transport.errors import (
    CertificateExpiredError,
    CertificateFileError,
    CertificateMismatchError,
)
from kactors.transport.tls import HOST_URI, TlsConfig, empty_contexts


def load_tls(directory: Path, host: str, *, now: datetime) -> TlsConfig:
    """Return the TLS of ``host`` from ``ca.crt``, ``<host>.crt`` and ``<host>.key``.

    Args:
        directory: where the files are.
        host: whom the certificate must name.
        now: an aware time, at which the certificates must be valid.

    Raises:
        CertificateFileError: a file is missing, unreadable, or holds something else.
        CertificateExpiredError: a certificate is not valid at ``now``.
        CertificateMismatchError: they do not belong together, or not to ``host``.
    """
    return tls_from_files(
        ca=directory / "ca.crt",
        certificate=directory / f"{host}.crt",
        key=directory / f"{host}.key",
        host=host,
        now=now,
    )


def tls_from_files(
    *, ca: Path, certificate: Path, key: Path, host: str, now: datetime
) -> TlsConfig:
    """Return the TLS of ``host`` from three PEM files, as `load_tls`, wherever they are.

    The certificate's file may hold intermediate certificates after the host's own; then
    only TLS itself checks the chain up to the authority's.

    Raises:
        CertificateFileError: a file is missing, unreadable, or holds something else.
        CertificateExpiredError: a certificate is not valid at ``now``.
        CertificateMismatchError: they do not belong together, or not to ``host``.
    """
    authority = load_certificate(ca)
    chain = _load_chain(certificate)
    own = chain[0]
    load_key(key, belongs_to=own)
    for path, each in ((ca, authority), (certificate, own)):
        _check_time(path, each, now)
    if len(chain) == 1:
        _check_issuer(certificate, own, ca, authority)
    _check_host(certificate, own, host)
    config = empty_contexts()
    try:
        for context in (config.client, config.server):
            context.load_verify_locations(cafile=ca)
            context.load_cert_chain(certificate, key)
    except ssl.SSLError as error:
        raise CertificateFileError(
            f"OpenSSL refuses {certificate} and {key}: {error}; issue them again"
        ) from error
    return config


def load_certificate(path: Path) -> x509.Certificate:
    """Return the first certificate in a PEM file.

    Raises:
        CertificateFileError: the file is missing, unreadable, or holds something else.
    """
    return _load_chain(path)[0]


def load_key(path: Path, *, belongs_to: x509.Certificate) -> PrivateKeyTypes:
    """Return the private key in a PEM file.

    Raises:
        CertificateFileError: the file is missing, unreadable, or holds something else.
        CertificateMismatchError: it is not the key of that certificate.
    """
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise CertificateFileError(
            f"{path} holds no private key in PEM without a password: {error}"
        ) from error
    if key.public_key() != belongs_to.public_key():
        raise CertificateMismatchError(
            f"{path} is not the key of the certificate of "
            f"{belongs_to.subject.rfc4514_string()}: issue both together again"
        )
    return key


def _load_chain(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError as error:
        raise CertificateFileError(f"{path} holds no certificate in PEM: {error}") from error


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise CertificateFileError(
            f"cannot read {path}: {error.strerror}; issue the host's certificate there, or "
            "say where it is"
        ) from error


def _check_time(path: Path, certificate: x509.Certificate, now: datetime) -> None:
    begin, end = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    if not begin <= now <= end:
        when = "not valid yet" if now < begin else "no longer valid"
        raise CertificateExpiredError(
            f"the certificate in {path} is {when} at {now.isoformat()}: it holds from "
            f"{begin.isoformat()} to {end.isoformat()}; issue it again, or set the clock"
        )


def _check_issuer(
    path: Path, certificate: x509.Certificate, ca: Path, authority: x509.Certificate
) -> None:
    try:
        certificate.verify_directly_issued_by(authority)
    except (ValueError, TypeError, InvalidSignature) as error:
        raise CertificateMismatchError(
            f"the certificate in {path} was not issued by the authority in {ca}: take both "
            "from the same cluster"
        ) from error


def _check_host(path: Path, certificate: x509.Certificate, host: str) -> None:
    names: list[str] = []
    try:
        extension = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    except x509.ExtensionNotFound:
        pass
    else:
        names += extension.value.get_values_for_type(x509.DNSName)
        names += extension.value.get_values_for_type(x509.UniformResourceIdentifier)
    if host not in names and f"{HOST_URI}{host}" not in names:
        raise CertificateMismatchError(
            f"the certificate in {path} names {names}, not {host!r}: issue one for this host"
        )
