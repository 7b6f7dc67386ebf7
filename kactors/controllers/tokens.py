"""Fills Secrets that ask for a service account's token, and deletes those whose account is gone.

Most tokens are asked for directly and live for an hour; these are for those who need one in a
Secret. The apiserver signs: a token is bound to its Secret, and is worth nothing once that is gone.

Source: kubernetes pkg/controller/serviceaccount/tokens_controller.go, where the controller holds
the key itself.
"""

from base64 import b64encode
from collections.abc import Sequence
from typing import Final

from kactors.api.errors import NotFound
from kactors.api.meta import (
    annotations_of,
    is_being_deleted,
    key_of,
    name_of,
    namespace_of,
    uid_of,
)
from kactors.api.objects import Object, field, replaced
from kactors.controllers.object_controller import ObjectController

__all__ = ["OF_ACCOUNT", "TokensController"]

OF_ACCOUNT: Final = "kubernetes.io/service-account-token"
ACCOUNT_NAME: Final = "kubernetes.io/service-account.name"
ACCOUNT_UID: Final = "kubernetes.io/service-account.uid"

YEAR_SECONDS: Final = 365 * 24 * 3600


class TokensController(ObjectController):
    """Looks at Secrets of one type."""

    def setup(self) -> None:
        """Look at such Secrets, and at the accounts that they are for."""
        secrets = self.observes(
            "secrets", _if_token, indexes={ACCOUNT_NAME: _account_of}
        )  # fmt: skip
        self.secrets = secrets.indexer
        self.accounts = self.observes("serviceaccounts", self._of_account).lister

    def _of_account(self, account: Object) -> Sequence[str]:
        return self.secrets.index_keys(ACCOUNT_NAME, key_of(account))

    async def reconcile(self, key: str) -> float | None:
        """Fill one Secret, or delete it."""
        secret = self.secrets.get(key)
        if secret is None or is_being_deleted(secret) or not _if_token(secret):
            return None
        annotations = annotations_of(secret)
        name, namespace = annotations.get(ACCOUNT_NAME, ""), namespace_of(secret)
        if not name:
            return None
        account = self.accounts.get(name, namespace)
        try:
            if account is None:
                # The cache may be behind: nothing is deleted before the apiserver was asked.
                account = await self.client.resource("serviceaccounts").get(name, namespace)
        except NotFound:
            await self._delete(secret)
            return None
        if annotations.get(ACCOUNT_UID, uid_of(account)) != uid_of(account):
            await self._delete(secret)
        elif not field(secret, "data", "token") or ACCOUNT_UID not in annotations:
            await self._fill(secret, account)
        return None

    async def _delete(self, secret: Object) -> None:
        options = {"preconditions": {"uid": uid_of(secret)}}
        secrets = self.client.resource("secrets")
        try:
            await secrets.delete(name_of(secret), namespace_of(secret), options=options)
        except NotFound:
            return

    async def _fill(self, secret: Object, account: Object) -> None:
        namespace = namespace_of(secret)
        reference = {"apiVersion": "v1", "kind": "Secret", "name": name_of(secret),
                     "uid": uid_of(secret)}  # fmt: skip
        request: Object = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "metadata": {"name": name_of(account), "namespace": namespace},
            "spec": {"boundObjectRef": reference, "expirationSeconds": YEAR_SECONDS},
        }
        accounts = self.client.resource("serviceaccounts")
        answer = await accounts.create(request, name=name_of(account), subresource="token")
        token: str = answer["status"]["token"]
        data = {
            **(secret.get("data") or {}),
            "token": b64encode(token.encode()).decode(),
            "namespace": b64encode(namespace.encode()).decode(),
        }
        filled = replaced(secret, data, "data")
        filled = replaced(filled, uid_of(account), "metadata", "annotations", ACCOUNT_UID)
        await self.client.resource("secrets").update(filled)


def _if_token(secret: Object) -> tuple[str, ...]:
    return (key_of(secret),) if secret.get("type") == OF_ACCOUNT else ()


def _account_of(secret: Object) -> tuple[str, ...]:
    name = annotations_of(secret).get(ACCOUNT_NAME)
    return (f"{namespace_of(secret)}/{name}",) if name and _if_token(secret) else ()
