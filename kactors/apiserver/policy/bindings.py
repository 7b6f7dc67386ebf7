"""Who has which role, and the roles of kube-system.

Source: ``plugin/pkg/auth/authorizer/rbac/bootstrappolicy`` of Kubernetes: policy.go,
`clusterRoleBindings`, and namespace_policy.go.
"""

from kactors.api.objects import Object
from kactors.apiserver.authentication.user import (
    AUTHENTICATED,
    CLOUD_CONTROLLER_MANAGER,
    KUBE_CONTROLLER_MANAGER,
    KUBE_PROXY,
    KUBE_SCHEDULER,
    SERVICE_ACCOUNTS,
    SYSTEM_PRIVILEGED,
    UNAUTHENTICATED,
)
from kactors.apiserver.policy.rule import (
    CORE,
    account_subject,
    cluster_role_binding,
    group_subject,
    role,
    role_binding,
    rule,
    user_subject,
)

_AUTHENTICATION_READER = "extension-apiserver-authentication-reader"


def cluster_role_bindings() -> list[Object]:
    """Return the bindings of the roles of people and components."""
    everybody = (group_subject(AUTHENTICATED), group_subject(UNAUTHENTICATED))
    return [
        cluster_role_binding("cluster-admin", group_subject(SYSTEM_PRIVILEGED)),
        cluster_role_binding("system:discovery", group_subject(AUTHENTICATED)),
        cluster_role_binding("system:basic-user", group_subject(AUTHENTICATED)),
        cluster_role_binding("system:public-info-viewer", *everybody),
        cluster_role_binding("system:node-proxier", user_subject(KUBE_PROXY)),
        cluster_role_binding(
            "system:kube-controller-manager", user_subject(KUBE_CONTROLLER_MANAGER)
        ),
        cluster_role_binding("system:kube-dns", account_subject("kube-system", "kube-dns")),
        cluster_role_binding("system:coredns", account_subject("kube-system", "coredns")),
        cluster_role_binding("system:kube-scheduler", user_subject(KUBE_SCHEDULER)),
        cluster_role_binding("system:volume-scheduler", user_subject(KUBE_SCHEDULER)),
        cluster_role_binding(
            "system:cloud-controller-manager", user_subject(CLOUD_CONTROLLER_MANAGER)
        ),
        # Nodes have their rights from the node authoriser; upstream keeps the empty binding.
        cluster_role_binding("system:node"),
        cluster_role_binding(
            "system:service-account-issuer-discovery", group_subject(SERVICE_ACCOUNTS)
        ),
    ]


def namespace_roles() -> list[Object]:
    """Return the roles of kube-system and kube-public."""
    return [
        role(
            "kube-system",
            _AUTHENTICATION_READER,
            rule("get list watch", CORE, "configmaps", "extension-apiserver-authentication"),
        ),
        role(
            "kube-system",
            "system::leader-locking-kube-controller-manager",
            rule("watch", CORE, "configmaps"),
            rule("get update", CORE, "configmaps", "kube-controller-manager"),
        ),
        role(
            "kube-system",
            "system::leader-locking-kube-scheduler",
            rule("watch", CORE, "configmaps"),
            rule("get update", CORE, "configmaps", "kube-scheduler"),
        ),
        role("kube-system", "system:controller:token-cleaner", *_token_cleaner()),
        role("kube-public", "system:controller:bootstrap-signer", *_bootstrap_signer()),
    ]


def _token_cleaner() -> list[Object]:
    return [
        rule("get list watch delete", CORE, "secrets"),
        rule("create update patch", (CORE, "events.k8s.io"), "events"),
    ]


def _bootstrap_signer() -> list[Object]:
    return [
        rule("get list watch", CORE, "configmaps"),
        rule("update", CORE, "configmaps", "cluster-info"),
        rule("create update patch", (CORE, "events.k8s.io"), "events"),
    ]


def namespace_role_bindings() -> list[Object]:
    """Return the bindings of the roles of kube-system and kube-public."""
    manager, scheduler = user_subject(KUBE_CONTROLLER_MANAGER), user_subject(KUBE_SCHEDULER)
    managers = account_subject("kube-system", "kube-controller-manager")
    schedulers = account_subject("kube-system", "kube-scheduler")
    cleaner = account_subject("kube-system", "token-cleaner")
    signer = account_subject("kube-system", "bootstrap-signer")
    return [
        role_binding("kube-system", _AUTHENTICATION_READER, manager, scheduler),
        role_binding(
            "kube-system", "system::leader-locking-kube-controller-manager", manager, managers
        ),
        role_binding("kube-system", "system::leader-locking-kube-scheduler", scheduler, schedulers),
        role_binding("kube-system", "system:controller:token-cleaner", cleaner),
        role_binding("kube-public", "system:controller:bootstrap-signer", signer),
    ]
