"""The decision about a request: the node authoriser first, then RBAC; system:masters may do all.

Source: upstream's ``--authorization-mode=Node,RBAC``.
"""

from kactors.apiserver.authentication.user import SYSTEM_PRIVILEGED
from kactors.apiserver.authorization.attributes import Attributes
from kactors.apiserver.authorization.node import NodeAuthorizer
from kactors.apiserver.authorization.rbac import RbacAuthorizer


class Authorizer:
    """Decides whether somebody may do something."""

    def __init__(self, node: NodeAuthorizer, rbac: RbacAuthorizer) -> None:
        self.node = node
        self.rbac = rbac

    def allows(self, asked: Attributes) -> bool:
        """Tell whether it is allowed."""
        return self._decide(asked)[0]

    def check(self, asked: Attributes) -> None:
        """Let pass what is allowed.

        Raises:
            Forbidden: it is not.
        """
        allowed, reason = self._decide(asked)
        if not allowed:
            raise asked.refusal(reason)

    def _decide(self, asked: Attributes) -> tuple[bool, str]:
        if SYSTEM_PRIVILEGED in asked.user.groups:
            return True, ""
        allowed, reason = self.node.decide(asked)
        if allowed or self.rbac.allows(asked):
            return True, ""
        return False, reason
