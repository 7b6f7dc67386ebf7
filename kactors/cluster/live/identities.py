"""Certificates of hosts, and the key that signs tokens: made once, kept in one directory.

The names are kubeadm's: ``ca.crt``, ``ca.key``, ``sa.key``; besides them ``HOST.crt`` and
``HOST.key`` for each host, and ``admin.token``, with which people may do everything.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import admin_user
from kactors.cluster.live.errors import DataDirectoryBroken
from kactors.transport.ca import CA_KEY, Authority, write_file
from kactors.transport.certificate import load_certificate

__all__ = ["CLIENTS", "admin_token", "client_hosts", "ensure", "token_authority"]

#: How many commands may speak to the cluster at one time: each needs a certificate of its own.
CLIENTS: Final = 16
_TOKEN_KEY: Final = "sa.key"  # noqa: S105 - the name of a file
_ADMIN_TOKEN: Final = "admin.token"  # noqa: S105 - the name of a file
_SECRET_MODE: Final = 0o600
#: Certificates that end sooner are issued again.
_LEFT_MIN: Final = timedelta(days=30)


def client_hosts() -> tuple[str, ...]:
    """Return the hosts that people's commands play."""
    return tuple(f"client-{number}" for number in range(CLIENTS))


def ensure(pki: Path, hosts: Iterable[str], *, now: datetime) -> None:
    """Make whatever is missing, and issue anew what soon ends.

    Args:
        pki: the directory; made if it is not there.
        hosts: who needs a certificate.
        now: an aware time.

    Raises:
        CertificateFileError, CertificateMismatchError: a file is there, and of no use.
        OSError: a file cannot be written.
    """
    if (pki / CA_KEY).exists():
        authority = Authority.load(pki)
    else:
        authority = Authority.create("kactors", now=now)
        authority.save(pki)
    for host in hosts:
        if not _is_good(pki, host, now):
            authority.issue(host, now=now).save(pki)
    if not (pki / _TOKEN_KEY).exists():
        write_file(pki / _TOKEN_KEY, _new_token_key(), mode=_SECRET_MODE)
    if not (pki / _ADMIN_TOKEN).exists():
        token = token_authority(pki).for_user(admin_user())
        write_file(pki / _ADMIN_TOKEN, token.encode(), mode=_SECRET_MODE)


def _is_good(pki: Path, host: str, now: datetime) -> bool:
    """Tell whether a host has a certificate, and for long enough."""
    certificate, key = pki / f"{host}.crt", pki / f"{host}.key"
    if not (certificate.exists() and key.exists()):
        return False
    return load_certificate(certificate).not_valid_after_utc - now > _LEFT_MIN


def _new_token_key() -> bytes:
    return Ed25519PrivateKey.generate().private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def token_authority(pki: Path) -> TokenAuthority:
    """Return who issues the cluster's tokens.

    Raises:
        BadServerConfig, DataDirectoryBroken: the key cannot be read.
    """
    return TokenAuthority.from_pem(_read(pki / _TOKEN_KEY))


def admin_token(pki: Path) -> str:
    """Return the token of somebody who may do everything.

    Raises:
        DataDirectoryBroken: it cannot be read.
    """
    return _read(pki / _ADMIN_TOKEN).decode()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise DataDirectoryBroken(
            f"cannot read {path}: {problem.strerror}; `kactors up` makes it where it is missing"
        ) from problem
