"""Role, ClusterRole, RoleBinding and ClusterRoleBinding.

Source: kubernetes pkg/registry/rbac/*/strategy.go.
"""

from kactors.api.defaults.fill import fill, part
from kactors.api.field_errors import FieldError
from kactors.api.names import Faults, is_path_segment_name
from kactors.api.objects import Object
from kactors.api.resource import Resource
from kactors.api.strategy import Strategy
from kactors.api.validation.rbac import validate_binding, validate_binding_update, validate_role

__all__ = ["CLUSTER_ROLE", "CLUSTER_ROLE_BINDING", "ROLE", "ROLE_BINDING"]

_GROUP = "rbac.authorization.k8s.io"


class RoleStrategy(Strategy):
    """What may be done, in a namespace."""

    has_status = False
    allow_create_on_update = True

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_path_segment_name(name)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with the rules."""
        return validate_role(obj, namespaced=self.namespaced)


class ClusterRoleStrategy(RoleStrategy):
    """What may be done, anywhere."""

    namespaced = False


class RoleBindingStrategy(Strategy):
    """Who may do what a role allows, in a namespace."""

    has_status = False
    allow_create_on_update = True

    def default(self, obj: Object) -> None:
        """Set the groups of the role and of the subjects."""
        fill(part(obj, "roleRef"), apiGroup=_GROUP)
        for subject in obj.get("subjects") or ():
            if subject.get("kind") in {"User", "Group"}:
                fill(subject, apiGroup=_GROUP)

    def validate_name(self, name: str) -> Faults:
        """Tell what is wrong with a name."""
        return is_path_segment_name(name)

    def validate_object(self, obj: Object) -> list[FieldError]:
        """Return what is wrong with role and subjects."""
        return validate_binding(obj, namespaced=self.namespaced)

    def validate_object_update(self, new: Object, old: Object) -> list[FieldError]:
        """Return what is wrong with a change of role and subjects."""
        return validate_binding_update(new, old, namespaced=self.namespaced)


class ClusterRoleBindingStrategy(RoleBindingStrategy):
    """Who may do what a ClusterRole allows, anywhere."""

    namespaced = False


CLUSTER_ROLE = Resource("ClusterRole", _GROUP, "v1", "clusterroles", ClusterRoleStrategy())
CLUSTER_ROLE_BINDING = Resource(
    "ClusterRoleBinding", _GROUP, "v1", "clusterrolebindings", ClusterRoleBindingStrategy()
)
ROLE = Resource("Role", _GROUP, "v1", "roles", RoleStrategy())
ROLE_BINDING = Resource("RoleBinding", _GROUP, "v1", "rolebindings", RoleBindingStrategy())
