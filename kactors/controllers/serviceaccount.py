"""Gives each namespace its default service account.

Source: kubernetes pkg/controller/serviceaccount/serviceaccounts_controller.go.
"""

from typing import ClassVar

from kactors.api.errors import AlreadyExists, ApiError, NotFound
from kactors.api.meta import is_being_deleted, namespace_of
from kactors.api.objects import Object, field
from kactors.controllers.object_controller import ObjectController

__all__ = ["ServiceAccountController"]


class ServiceAccountController(ObjectController):
    """Creates the accounts that are missing in each namespace that is not being deleted.

    Attributes:
        accounts: their names.
    """

    accounts: ClassVar[tuple[str, ...]] = ("default",)

    def setup(self) -> None:
        """Look at namespaces, and at what is in them."""
        self.namespaces = self.reconciles("namespaces").lister
        self.existing = self.observes("serviceaccounts", lambda obj: (namespace_of(obj),)).lister

    async def reconcile(self, key: str) -> float | None:
        """Create what is missing in one namespace."""
        namespace = self.namespaces.get_by_key(key)
        if namespace is None or is_being_deleted(namespace):
            return None
        if field(namespace, "status", "phase") == "Terminating":
            return None
        for name in self.accounts:
            if self.existing.get(name, key) is None:
                await self._create(key, name)
        return None

    async def _create(self, namespace: str, name: str) -> None:
        account: Object = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": name, "namespace": namespace},
        }
        try:
            await self.client.resource("serviceaccounts").create(account)
        except (AlreadyExists, NotFound):
            return  # another was faster; or the namespace is gone
        except ApiError as problem:
            if not problem.has_cause("NamespaceTerminating"):
                raise
