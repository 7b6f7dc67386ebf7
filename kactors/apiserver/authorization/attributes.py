"""What a decision about a request looks at.

Source: ``staging/src/k8s.io/apiserver/pkg/authorization/authorizer`` of Kubernetes, `Attributes`.
"""

import attrs

from kactors.api.errors import Forbidden
from kactors.api.fields import EVERY_FIELD, FieldSelector
from kactors.apiserver.authentication.user import User


@attrs.frozen
class Attributes:
    """Who wants to do what to which objects.

    Attributes:
        user: who.
        verb: get, list, watch, create, update, patch, delete or deletecollection; or one of the
            verbs that exist for rules only, such as ``escalate``.
        group: of the resource; the core group is empty.
        resource: the plural.
        namespace: empty for all, and for kinds that have none.
        name: empty for all.
        subresource: empty for the object itself.
        fields: of a list or a watch.
    """

    user: User
    verb: str
    group: str
    resource: str
    namespace: str = ""
    name: str = ""
    subresource: str = ""
    fields: FieldSelector = EVERY_FIELD

    @property
    def full_resource(self) -> str:
        """The resource as rules name it: ``pods/status``."""
        return f"{self.resource}/{self.subresource}" if self.subresource else self.resource

    def refusal(self, reason: str = "") -> Forbidden:
        """Return the error that says that the user may not.

        Source: ``responsewriters/errors.go``, `ForbiddenMessage`.
        """
        where = f'in the namespace "{self.namespace}"' if self.namespace else "at the cluster scope"
        said = (
            f'User "{self.user.name}" cannot {self.verb} resource "{self.full_resource}" '
            f'in API group "{self.group}" {where}'
        )
        said = f"{said}: {reason}" if reason else said
        return Forbidden(self.resource, self.name, said, group=self.group)
