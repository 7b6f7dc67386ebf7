"""Users: who asks.

Source: ``staging/src/k8s.io/apiserver/pkg/authentication/user`` of Kubernetes.
"""

from typing import Final

import attrs

SYSTEM_PRIVILEGED: Final = "system:masters"
AUTHENTICATED: Final = "system:authenticated"
UNAUTHENTICATED: Final = "system:unauthenticated"
NODES: Final = "system:nodes"
SERVICE_ACCOUNTS: Final = "system:serviceaccounts"

KUBE_SCHEDULER: Final = "system:kube-scheduler"
KUBE_CONTROLLER_MANAGER: Final = "system:kube-controller-manager"
KUBE_PROXY: Final = "system:kube-proxy"
CLOUD_CONTROLLER_MANAGER: Final = "system:cloud-controller-manager"
APISERVER: Final = "system:apiserver"

_NODE_PREFIX: Final = "system:node:"
_ACCOUNT_PREFIX: Final = "system:serviceaccount:"


@attrs.frozen
class User:
    """Who asks.

    Attributes:
        name: for instance ``system:node:n1``.
        groups: whose rights the user has, too.
        uid: of a service account; empty for others.
        extra: what else its token says, such as the pod that it is bound to.
    """

    name: str
    groups: tuple[str, ...] = ()
    uid: str = ""
    extra: tuple[tuple[str, str], ...] = ()


ANONYMOUS: Final = User("system:anonymous", (UNAUTHENTICATED,))
#: The apiserver itself, where it asks on its own account.
LOOPBACK: Final = User(APISERVER, (SYSTEM_PRIVILEGED, AUTHENTICATED))


def node_user(node: str) -> User:
    """Return the identity of a node's kubelet."""
    return User(_NODE_PREFIX + node, (NODES, AUTHENTICATED))


def node_of(user: User) -> str:
    """Return the node whose kubelet a user is; empty if it is none.

    Source: ``pkg/auth/nodeidentifier/default.go`` of Kubernetes.
    """
    if not user.name.startswith(_NODE_PREFIX) or NODES not in user.groups:
        return ""
    return user.name.removeprefix(_NODE_PREFIX)


def component_user(name: str) -> User:
    """Return the identity of a component of the control plane, such as `KUBE_SCHEDULER`."""
    return User(name, (AUTHENTICATED,))


def admin_user(name: str = "kubernetes-admin") -> User:
    """Return the identity of somebody who may do everything."""
    return User(name, (SYSTEM_PRIVILEGED, AUTHENTICATED))


def service_account_name(namespace: str, name: str) -> str:
    """Return the name under which a service account is a user."""
    return f"{_ACCOUNT_PREFIX}{namespace}:{name}"


def service_account_user(
    namespace: str, name: str, uid: str = "", extra: tuple[tuple[str, str], ...] = ()
) -> User:
    """Return the identity of a service account."""
    groups = (SERVICE_ACCOUNTS, f"{SERVICE_ACCOUNTS}:{namespace}", AUTHENTICATED)
    return User(service_account_name(namespace, name), groups, uid, extra)
