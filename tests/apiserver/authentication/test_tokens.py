"""Tests of tokens and of what they prove."""

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from kactors.api.errors import Unauthorized
from kactors.api.objects import Object
from kactors.apiserver.authentication.authenticator import Authenticator
from kactors.apiserver.authentication.tokens import (
    BoundObject,
    ServiceAccountClaims,
    TokenAuthority,
)
from kactors.apiserver.authentication.user import (
    ANONYMOUS,
    User,
    admin_user,
    node_of,
    node_user,
)
from kactors.apiserver.errors import BadServerConfig, TokenRefused
from kactors.runtime.sim import run

AUTHORITY = TokenAuthority.from_seed(1)
NOW_S = 1_800_000_000


def claims(**changes: object) -> ServiceAccountClaims:
    """Return what a token of the account team/web says."""
    said = {
        "namespace": "team",
        "name": "web",
        "uid": "u1",
        "expires_s": NOW_S + 3600,
        "audiences": (AUTHORITY.issuer,),
        **changes,
    }
    return ServiceAccountClaims(**said)  # type: ignore[arg-type]


def account_token(**changes: object) -> str:
    """Return a token of the account team/web."""
    return AUTHORITY.for_service_account(claims(**changes), now_s=NOW_S)


def finding(objects: Mapping[str, Object]) -> Callable[[str, str, str], Awaitable[Object | None]]:
    """Return a lookup that knows objects by ``resource_name``."""

    async def find(resource: str, namespace: str, name: str) -> Object | None:
        return objects.get(f"{resource}_{name}")

    return find


ACCOUNT: Object = {"metadata": {"name": "web", "namespace": "team", "uid": "u1"}}


def who(
    token: str,
    objects: Mapping[str, Object] = MappingProxyType({}),
    *,
    now_s: int = NOW_S,
    anonymous: bool = True,
) -> User:
    """Return who shows a token at some time, in a cluster with some objects."""
    authenticator = Authenticator(
        AUTHORITY, finding(objects), lambda: now_s * 10**9, anonymous=anonymous
    )
    found: User = run(authenticator.authenticate, token)
    return found


def test_the_same_seed_issues_the_same_tokens() -> None:
    """Tokens of a simulated cluster depend on its seed alone."""
    token = AUTHORITY.for_user(admin_user())

    assert TokenAuthority.from_seed(1).for_user(admin_user()) == token
    assert TokenAuthority.from_seed(2).for_user(admin_user()) != token


def test_what_was_said_is_read() -> None:
    """A token says who it stands for, whichever kind it is."""
    bound = BoundObject("Pod", "web-1", "p1")

    assert AUTHORITY.read(AUTHORITY.for_user(node_user("n1"))) == node_user("n1")
    assert AUTHORITY.read(account_token(bound=bound)) == claims(bound=bound)


@pytest.mark.parametrize(
    "token",
    [
        "garbage",
        "a.b.c",
        TokenAuthority.from_seed(2).for_user(admin_user()),
        TokenAuthority.from_seed(1, issuer="https://elsewhere").for_user(admin_user()),
        AUTHORITY.for_user(admin_user())[:-4] + "AAAA",
    ],
)
def test_what_was_not_issued_here_is_refused(token: str) -> None:
    """Garbage, another cluster's key, another issuer, and changed tokens prove nothing."""
    with pytest.raises(TokenRefused):
        AUTHORITY.read(token)
    with pytest.raises(Unauthorized):
        who(token)


def test_keys_come_from_files() -> None:
    """An Ed25519 key in PEM makes an authority; anything else is said to be something else."""
    form = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    key = Ed25519PrivateKey.from_private_bytes(bytes(32))
    other = generate_private_key(65537, 2048).private_bytes(*form)

    one, two = (TokenAuthority.from_pem(key.private_bytes(*form)) for _ in range(2))

    assert two.read(one.for_user(admin_user())) == admin_user()
    for wrong in (b"no key", other):
        with pytest.raises(BadServerConfig):
            TokenAuthority.from_pem(wrong)


def test_no_token_is_anonymous_or_nobody() -> None:
    """Who shows nothing has the rights of anybody, unless the cluster refuses that."""
    assert who("") == ANONYMOUS
    with pytest.raises(Unauthorized):
        who("", anonymous=False)


def test_a_service_account_is_a_user_in_groups() -> None:
    """All accounts, and all of its namespace, are groups."""
    found = who(account_token(), {"serviceaccounts_web": ACCOUNT})

    assert found.name == "system:serviceaccount:team:web"
    assert found.groups == (
        "system:serviceaccounts",
        "system:serviceaccounts:team",
        "system:authenticated",
    )


@pytest.mark.parametrize(
    ("now_s", "account", "changes"),
    [
        (NOW_S + 3600, ACCOUNT, {}),
        (NOW_S, None, {}),
        (NOW_S, {"metadata": {"uid": "u2"}}, {}),
        (NOW_S, ACCOUNT, {"audiences": ("https://vault",)}),
        (NOW_S, ACCOUNT, {"bound": BoundObject("Pod", "web-1", "p1")}),
    ],
    ids=["expired", "account-gone", "account-made-anew", "for-others", "pod-gone"],
)
def test_a_token_counts_only_while_what_it_says_is_so(
    now_s: int, account: Object | None, changes: dict[str, object]
) -> None:
    """It ends with its time, its account and its pod, and works only where it is meant for."""
    objects = {} if account is None else {"serviceaccounts_web": account}
    with pytest.raises(Unauthorized):
        who(account_token(**changes), objects, now_s=now_s)


def test_a_token_bound_to_a_pod_ends_a_minute_after_the_pod_had_to() -> None:
    """Containers that are shutting down can still speak."""
    bound = account_token(bound=BoundObject("Pod", "web-1", "p1"))
    alive: Object = {"metadata": {"name": "web-1", "uid": "p1"}}
    dying: Object = {"metadata": {**alive["metadata"], "deletionTimestamp": "2027-01-15T08:00:00Z"}}

    found = who(bound, {"serviceaccounts_web": ACCOUNT, "pods_web-1": alive})

    assert dict(found.extra)["authentication.kubernetes.io/pod-name"] == "web-1"
    objects = {"serviceaccounts_web": ACCOUNT, "pods_web-1": dying}
    assert who(bound, objects, now_s=NOW_S + 60).uid == "u1"
    with pytest.raises(Unauthorized):
        who(bound, objects, now_s=NOW_S + 61)


def test_nodes_are_known_by_name_and_group() -> None:
    """A name alone makes no node."""
    assert node_of(node_user("n1")) == "n1"
    assert node_of(User("system:node:n1")) == ""
    assert node_of(User("n1", ("system:nodes",))) == ""
