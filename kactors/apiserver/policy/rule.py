"""How the tables of the bootstrap policy are written.

Source: ``pkg/apis/rbac/v1/helpers.go`` of Kubernetes.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from kactors.api.objects import Object

RBAC_GROUP: Final = "rbac.authorization.k8s.io"
RBAC_VERSION: Final = f"{RBAC_GROUP}/v1"
#: Marks what the bootstrap policy owns.
LABELS: Final[Mapping[str, str]] = {"kubernetes.io/bootstrapping": "rbac-defaults"}
#: Objects with it are completed again whenever an apiserver starts.
AUTOUPDATE: Final[Mapping[str, str]] = {"rbac.authorization.kubernetes.io/autoupdate": "true"}

CORE: Final = ""
ANY: Final = "*"
READ: Final = "get list watch"
WRITE: Final = "create update patch delete deletecollection"
READ_UPDATE: Final = "get list watch update patch"


def rule(verbs: str, groups: str | Sequence[str], resources: str, names: str = "") -> Object:
    """Return a rule about resources.

    Args:
        verbs: separated by spaces, as are ``resources`` and ``names``.
        groups: one, or several; `CORE` is empty.
        resources: such as ``pods pods/status``.
        names: of the objects, if it is not about all of them.
    """
    made: Object = {
        "verbs": verbs.split(),
        "apiGroups": [groups] if isinstance(groups, str) else list(groups),
        "resources": resources.split(),
    }
    if names:
        made["resourceNames"] = names.split()
    return made


def url_rule(verbs: str, urls: str) -> Object:
    """Return a rule about paths that are no resources."""
    return {"verbs": verbs.split(), "nonResourceURLs": urls.split()}


def events_rule() -> Object:
    """Return the rule that lets a component write events."""
    return rule("create update patch", (CORE, "events.k8s.io"), "events")


def cluster_role(
    name: str,
    *rules: Object,
    labels: Mapping[str, str] | None = None,
    aggregates: str = "",
) -> Object:
    """Return a ClusterRole of the bootstrap policy.

    Args:
        name: of the role.
        rules: what it allows.
        labels: besides `LABELS`.
        aggregates: the label of the roles whose rules it gathers.
    """
    metadata = {
        "name": name,
        "labels": {**LABELS, **(labels or {})},
        "annotations": dict(AUTOUPDATE),
    }
    made: Object = {"apiVersion": RBAC_VERSION, "kind": "ClusterRole", "metadata": metadata}
    if aggregates:
        made["aggregationRule"] = {
            "clusterRoleSelectors": [{"matchLabels": {aggregation_label(aggregates): "true"}}]
        }
    return {**made, "rules": list(rules)}


def aggregation_label(role: str) -> str:
    """Return the label by which a role's rules become part of ``role``."""
    return f"{RBAC_GROUP}/aggregate-to-{role}"


def role(namespace: str, name: str, *rules: Object) -> Object:
    """Return a Role of the bootstrap policy."""
    metadata = {
        "name": name,
        "namespace": namespace,
        "labels": dict(LABELS),
        "annotations": dict(AUTOUPDATE),
    }
    return {"apiVersion": RBAC_VERSION, "kind": "Role", "metadata": metadata, "rules": list(rules)}


def user_subject(name: str) -> Object:
    """Return the subject that is a user."""
    return {"kind": "User", "apiGroup": RBAC_GROUP, "name": name}


def group_subject(name: str) -> Object:
    """Return the subject that is a group."""
    return {"kind": "Group", "apiGroup": RBAC_GROUP, "name": name}


def account_subject(namespace: str, name: str) -> Object:
    """Return the subject that is a service account."""
    return {"kind": "ServiceAccount", "namespace": namespace, "name": name}


def cluster_role_binding(role: str, *subjects: Object, name: str = "") -> Object:
    """Return the binding of a ClusterRole, named like the role unless it is given a name."""
    metadata = {
        "name": name or role,
        "labels": dict(LABELS),
        "annotations": dict(AUTOUPDATE),
    }
    return {
        "apiVersion": RBAC_VERSION,
        "kind": "ClusterRoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": "ClusterRole", "name": role},
        "subjects": list(subjects),
    }


def role_binding(
    namespace: str, role: str, *subjects: Object, name: str = "", kind: str = "Role"
) -> Object:
    """Return the binding of a Role, or of a ClusterRole, in one namespace."""
    metadata = {
        "name": name or role,
        "namespace": namespace,
        "labels": dict(LABELS),
        "annotations": dict(AUTOUPDATE),
    }
    return {
        "apiVersion": RBAC_VERSION,
        "kind": "RoleBinding",
        "metadata": metadata,
        "roleRef": {"apiGroup": RBAC_GROUP, "kind": kind, "name": role},
        "subjects": list(subjects),
    }
