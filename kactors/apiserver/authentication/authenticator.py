"""From a bearer token to a user.

What a signature says never changes, so it is checked once for each token. Whether the token still
counts is looked up every time: it must not have expired by the host's clock, and the service
account and what it is bound to must still be there.

Source: ``pkg/serviceaccount/claims.go`` of Kubernetes, `Validate`.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Final

from kactors.api.errors import Unauthorized
from kactors.api.meta import parse_time, uid_of
from kactors.api.objects import Object, field
from kactors.apiserver.authentication.tokens import (
    BoundObject,
    ServiceAccountClaims,
    TokenAuthority,
)
from kactors.apiserver.authentication.user import ANONYMOUS, User, service_account_user
from kactors.apiserver.errors import TokenRefused

_REMEMBERED: Final = 10_000
#: A bound object that is being deleted carries its tokens for so long after its time.
_LEEWAY_NS: Final = 60 * 10**9

Find = Callable[[str, str, str], Awaitable[Object | None]]
"""Finds an object of the core group by resource, namespace and name, wherever it has to look."""


class Authenticator:
    """Tells who asks.

    Args:
        authority: whose tokens count.
        find: looks up service accounts and what tokens are bound to.
        wall_ns: reads the host's wall clock.
        anonymous: whether who shows no token is `ANONYMOUS`, or nobody.
    """

    def __init__(
        self,
        authority: TokenAuthority,
        find: Find,
        wall_ns: Callable[[], int],
        *,
        anonymous: bool = True,
    ) -> None:
        self._authority = authority
        self._find = find
        self._wall_ns = wall_ns
        self._anonymous = anonymous
        self._read: OrderedDict[str, User | ServiceAccountClaims] = OrderedDict()

    async def authenticate(self, token: str) -> User:
        """Return who shows ``token``.

        Raises:
            Unauthorized: nobody.
        """
        if not token:
            if not self._anonymous:
                raise Unauthorized("Unauthorized")
            return ANONYMOUS
        try:
            claims = self._claims(token)
            return claims if isinstance(claims, User) else await self._account(claims)
        except TokenRefused as problem:
            raise Unauthorized("Unauthorized") from problem

    def _claims(self, token: str) -> User | ServiceAccountClaims:
        claims = self._read.get(token)
        if claims is None:
            claims = self._read[token] = self._authority.read(token)
            if len(self._read) > _REMEMBERED:
                self._read.popitem(last=False)
        else:
            self._read.move_to_end(token)
        return claims

    async def _account(self, claims: ServiceAccountClaims) -> User:
        """Return the user that a service account's token stands for.

        Raises:
            TokenRefused: it does not count any more.
        """
        now_ns = self._wall_ns()
        if now_ns >= claims.expires_s * 10**9:
            raise TokenRefused("the token has expired")
        if self._authority.issuer not in claims.audiences:
            raise TokenRefused(f"the token is meant for {claims.audiences}")
        account = await self._find("serviceaccounts", claims.namespace, claims.name)
        if account is None or uid_of(account) != claims.uid:
            raise TokenRefused("the service account of the token does not exist any more")
        extra: tuple[tuple[str, str], ...] = ()
        if claims.bound is not None:
            await self._check_bound(claims.namespace, claims.bound, now_ns)
            kind = f"authentication.kubernetes.io/{claims.bound.kind.lower()}"
            extra = ((f"{kind}-name", claims.bound.name), (f"{kind}-uid", claims.bound.uid))
        return service_account_user(claims.namespace, claims.name, claims.uid, extra)

    async def _check_bound(self, namespace: str, bound: BoundObject, now_ns: int) -> None:
        resource, where = f"{bound.kind.lower()}s", "" if bound.kind == "Node" else namespace
        found = await self._find(resource, where, bound.name)
        if found is None or uid_of(found) != bound.uid:
            raise TokenRefused(f"the {bound.kind} of the token does not exist any more")
        deleted = field(found, "metadata", "deletionTimestamp")
        if deleted is not None and parse_time(deleted) + _LEEWAY_NS < now_ns:
            raise TokenRefused(f"the {bound.kind} of the token has been deleted")
