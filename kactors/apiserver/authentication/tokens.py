"""Bearer tokens: JSON web tokens, signed by the cluster with Ed25519.

Two kinds are issued: of service accounts, with the claims of upstream's bound tokens; and of the
cluster's components and nodes, which stand for the client certificates that upstream gives them
(subject and groups, no expiry).

The signature of Ed25519 depends on nothing but the key and the text, so that a cluster whose key
comes from a seed issues the same tokens in every run.

Source: ``pkg/serviceaccount/claims.go`` and ``jwt.go`` of Kubernetes.
"""

import hashlib
import json
from typing import Any, Final

import attrs
import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from kactors.apiserver.authentication.user import User
from kactors.apiserver.errors import BadServerConfig, TokenRefused

DEFAULT_ISSUER: Final = "https://kubernetes.default.svc.cluster.local"
_ALGORITHM: Final = "EdDSA"
_PRIVATE: Final = "kubernetes.io"
#: Checks signatures only. Claims are checked here, by the host's clock, not the machine's.
_SIGNATURES: Final = jwt.PyJWS()


@attrs.frozen
class BoundObject:
    """What a token is bound to: it ends with that object."""

    kind: str
    name: str
    uid: str


@attrs.frozen
class ServiceAccountClaims:
    """What a service account's token says.

    Attributes:
        namespace: of the account.
        name: of the account.
        uid: of the account.
        bound: to what the token is bound, if it is.
        expires_s: seconds since the epoch from which on it proves nothing.
        audiences: for whom it is meant.
    """

    namespace: str
    name: str
    uid: str
    expires_s: int
    audiences: tuple[str, ...]
    bound: BoundObject | None = None


class TokenAuthority:
    """Issues and reads tokens of one cluster.

    Args:
        key: signs.
        issuer: names the cluster in its tokens; also their default audience.
    """

    def __init__(self, key: Ed25519PrivateKey, issuer: str = DEFAULT_ISSUER) -> None:
        self.issuer = issuer
        self._key = key
        self._public = key.public_key()
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._headers = {"kid": hashlib.sha256(raw).hexdigest()[:16]}

    @classmethod
    def from_seed(cls, seed: int, issuer: str = DEFAULT_ISSUER) -> "TokenAuthority":
        """Return the authority whose key is derived from a cluster's seed: for simulations."""
        text = f"kactors service account key {seed}"
        raw = hashlib.blake2b(text.encode(), digest_size=32).digest()
        return cls(Ed25519PrivateKey.from_private_bytes(raw), issuer)

    @classmethod
    def from_pem(cls, pem: bytes, issuer: str = DEFAULT_ISSUER) -> "TokenAuthority":
        """Return the authority whose key a file holds.

        Raises:
            BadServerConfig: it holds no Ed25519 key.
        """
        try:
            key = load_pem_private_key(pem, password=None)
        except (ValueError, TypeError) as problem:
            raise BadServerConfig(f"the key file holds no private key: {problem}") from problem
        if not isinstance(key, Ed25519PrivateKey):
            raise BadServerConfig(
                f"the key file holds a {type(key).__name__}: make an Ed25519 key, for instance "
                "with `openssl genpkey -algorithm ed25519`"
            )
        return cls(key, issuer)

    # Issuing ----------------------------------------------------------------------------------

    def for_user(self, user: User) -> str:
        """Return a token of a component, a node or a person; it does not expire."""
        return self._sign({"iss": self.issuer, "sub": user.name, "groups": list(user.groups)})

    def for_service_account(self, claims: ServiceAccountClaims, *, now_s: int) -> str:
        """Return a token of a service account, valid from ``now_s`` on."""
        private: dict[str, Any] = {
            "namespace": claims.namespace,
            "serviceaccount": {"name": claims.name, "uid": claims.uid},
        }
        if claims.bound is not None:
            bound = claims.bound
            private[bound.kind.lower()] = {"name": bound.name, "uid": bound.uid}
        return self._sign(
            {
                "aud": list(claims.audiences),
                "exp": claims.expires_s,
                "iat": now_s,
                "iss": self.issuer,
                _PRIVATE: private,
                "nbf": now_s,
                "sub": f"system:serviceaccount:{claims.namespace}:{claims.name}",
            }
        )

    def _sign(self, claims: dict[str, Any]) -> str:
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM, headers=self._headers)

    # Reading ----------------------------------------------------------------------------------

    def read(self, token: str) -> User | ServiceAccountClaims:
        """Return what a token says, whose signature is this cluster's; time is not looked at.

        Raises:
            TokenRefused: it was not issued here.
        """
        try:
            payload = _SIGNATURES.decode(token, self._public, algorithms=[_ALGORITHM])
        except jwt.PyJWTError as problem:
            raise TokenRefused(f"the token is not valid: {problem}") from problem
        claims = json.loads(payload)  # the cluster has signed it, so it is one of its own
        if claims["iss"] != self.issuer:
            raise TokenRefused(f"the token was issued by {claims['iss']!r}, not {self.issuer!r}")
        if _PRIVATE in claims:
            return _account_claims(claims)
        return User(claims["sub"], tuple(claims["groups"]))


def _account_claims(claims: dict[str, Any]) -> ServiceAccountClaims:
    private = claims[_PRIVATE]
    account = private["serviceaccount"]
    bound = None
    for kind in ("Pod", "Secret", "Node"):
        if (found := private.get(kind.lower())) is not None:
            bound = BoundObject(kind, found["name"], found["uid"])
    return ServiceAccountClaims(
        private["namespace"],
        account["name"],
        account["uid"],
        claims["exp"],
        tuple(claims["aud"]),
        bound,
    )
