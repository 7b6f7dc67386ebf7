"""What an admission plugin is asked, and what it looks like.

Source: ``staging/src/k8s.io/apiserver/pkg/admission`` of Kubernetes.
"""

from enum import Enum
from typing import ClassVar

import attrs

from kactors.api.errors import Forbidden
from kactors.api.objects import Object
from kactors.api.registry import Resource
from kactors.apiserver.authentication.user import User
from kactors.apiserver.backend import Backend


class Operation(Enum):
    """What is done to an object."""

    CREATE = "CREATE"
    UPDATE = "UPDATE"
    DELETE = "DELETE"


@attrs.define
class AdmissionRequest:
    """What is about to be done.

    Attributes:
        operation: what.
        user: who does it.
        resource: to objects of which kind.
        namespace: empty for kinds that have none.
        name: of the object; empty if it will get one.
        subresource: empty for the object itself.
        object: as it will be; plugins may change it in place while they admit. None if deleted.
        old: as it was; None if created.
        dry_run: nothing will be written.
    """

    operation: Operation
    user: User
    resource: Resource
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    object: Object | None = None
    old: Object | None = None
    dry_run: bool = False

    def is_on(self, group: str, resource: str, subresource: str = "") -> bool:
        """Tell whether it is about such objects."""
        asked = self.resource
        return asked.plural == resource and asked.group == group and self.subresource == subresource

    @property
    def new(self) -> Object:
        """The object as it will be; there is one unless it is deleted."""
        assert self.object is not None, f"{self.operation} has an object"
        return self.object

    @property
    def existing(self) -> Object:
        """The object as it was; there is one unless it is created."""
        assert self.old is not None, f"{self.operation} has an old object"
        return self.old

    def refusal(self, why: str) -> Forbidden:
        """Return the error that says that it must not be."""
        return Forbidden(self.resource.plural, self.name, why, group=self.resource.group)


class Plugin:
    """Base of admission plugins; does nothing.

    Args:
        backend: to look up other objects.

    Attributes:
        operations: on which it is asked.
    """

    operations: ClassVar[tuple[Operation, ...]] = (Operation.CREATE,)

    def __init__(self, backend: Backend) -> None:
        self.backend = backend

    async def admit(self, request: AdmissionRequest) -> None:
        """Add to the object what it lacks.

        Raises:
            ApiError: it must not be.
        """

    async def validate(self, request: AdmissionRequest) -> None:
        """Look at the object that everybody has added to.

        Raises:
            ApiError: it must not be.
        """

    async def find(self, resource: str, namespace: str, name: str) -> Object | None:
        """Return an object of the core group."""
        found = self.backend.registry.get("", "v1", resource)
        return await self.backend.find(found, namespace, name)
