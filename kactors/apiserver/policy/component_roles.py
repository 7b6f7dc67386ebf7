"""The ClusterRoles of nodes, the scheduler, the controller managers, the proxy and DNS.

Source: ``plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`` of Kubernetes, `NodeRules` and
`clusterRoles`; the cloud controller manager's is the one that cloud providers install with it
(``cloud-provider-*/manifests``, `system:cloud-controller-manager`).
"""

from kactors.api.objects import Object
from kactors.apiserver.policy.rule import (
    ANY,
    CORE,
    READ,
    READ_UPDATE,
    cluster_role,
    events_rule,
    rule,
    url_rule,
)

_LEASES = "coordination.k8s.io"


def node_rules() -> list[Object]:
    """Return what a kubelet may do; the node authoriser and NodeRestriction narrow it further."""
    return [
        # Non-mutating questions.
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews localsubjectaccessreviews"),
        rule(READ, CORE, "services"),
        rule(f"create {READ}", CORE, "nodes"),
        rule("update patch", CORE, "nodes nodes/status"),
        rule("create update patch", CORE, "events"),
        rule(READ, CORE, "pods"),
        rule("create delete", CORE, "pods"),
        rule("update patch", CORE, "pods/status"),
        rule("create", CORE, "pods/eviction"),
        rule(READ, CORE, "secrets configmaps"),
        rule("get", CORE, "persistentvolumeclaims persistentvolumes"),
        rule("get", CORE, "endpoints"),
        rule(f"create {READ}", "certificates.k8s.io", "certificatesigningrequests"),
        rule("get create update patch delete", _LEASES, "leases"),
        rule("get", "storage.k8s.io", "volumeattachments"),
        rule("get update patch", CORE, "persistentvolumeclaims/status"),
        rule("create", CORE, "serviceaccounts/token"),
        rule(READ, "storage.k8s.io", "csidrivers"),
        rule("get create update patch delete", "storage.k8s.io", "csinodes"),
        rule(READ, "node.k8s.io", "runtimeclasses"),
    ]


def component_roles() -> list[Object]:
    """Return the roles."""
    return [
        cluster_role("system:node", *node_rules()),
        _kube_controller_manager(),
        _kube_scheduler(),
        _volume_scheduler(),
        _node_proxier(),
        cluster_role("system:kube-dns", rule("list watch", CORE, "endpoints services")),
        cluster_role(
            "system:coredns",
            rule("list watch", CORE, "endpoints services pods namespaces"),
            rule("list watch", "discovery.k8s.io", "endpointslices"),
        ),
        _cloud_controller_manager(),
        cluster_role(
            "system:node-problem-detector",
            rule("get", CORE, "nodes"),
            rule("patch", CORE, "nodes/status"),
            events_rule(),
        ),
        cluster_role(
            "system:auth-delegator",
            rule("create", "authentication.k8s.io", "tokenreviews"),
            rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        ),
        cluster_role(
            "system:persistent-volume-provisioner",
            rule("get list watch create delete", CORE, "persistentvolumes"),
            rule("get list watch update", CORE, "persistentvolumeclaims"),
            rule(READ, "storage.k8s.io", "storageclasses"),
            rule("watch", CORE, "events"),
            events_rule(),
        ),
        cluster_role(
            "system:service-account-issuer-discovery",
            url_rule(
                "get",
                "/.well-known/openid-configuration /.well-known/openid-configuration/ "
                "/openid/v1/jwks /openid/v1/jwks/",
            ),
        ),
    ]


def _kube_controller_manager() -> Object:
    return cluster_role(
        "system:kube-controller-manager",
        events_rule(),
        rule("create", _LEASES, "leases"),
        rule("get update", _LEASES, "leases", "kube-controller-manager"),
        rule("create", CORE, "secrets serviceaccounts"),
        rule("delete", CORE, "secrets"),
        rule("get", CORE, "namespaces secrets serviceaccounts configmaps"),
        rule("update", CORE, "secrets serviceaccounts"),
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        # All shared informers.
        rule("list watch", ANY, "*"),
        rule("create", CORE, "serviceaccounts/token"),
    )


def _kube_scheduler() -> Object:
    return cluster_role(
        "system:kube-scheduler",
        events_rule(),
        rule("create", _LEASES, "leases"),
        rule("get update", _LEASES, "leases", "kube-scheduler"),
        rule(READ, CORE, "nodes"),
        rule("get list watch delete", CORE, "pods"),
        rule("create", CORE, "pods/binding bindings"),
        rule("patch update", CORE, "pods/status"),
        rule(READ, CORE, "services replicationcontrollers"),
        rule(READ, ("apps", "extensions"), "replicasets"),
        rule(READ, "apps", "statefulsets"),
        rule(READ, "policy", "poddisruptionbudgets"),
        rule(READ, CORE, "persistentvolumeclaims persistentvolumes"),
        rule(READ, CORE, "namespaces"),
        rule("create", "authentication.k8s.io", "tokenreviews"),
        rule("create", "authorization.k8s.io", "subjectaccessreviews"),
        rule(READ, "storage.k8s.io", "csinodes csidrivers csistoragecapacities"),
    )


def _volume_scheduler() -> Object:
    return cluster_role(
        "system:volume-scheduler",
        rule(READ_UPDATE, CORE, "persistentvolumes"),
        rule(READ, "storage.k8s.io", "storageclasses"),
        rule(READ_UPDATE, CORE, "persistentvolumeclaims"),
    )


def _node_proxier() -> Object:
    return cluster_role(
        "system:node-proxier",
        rule("list watch", CORE, "services endpoints"),
        rule(READ, CORE, "nodes"),
        events_rule(),
        rule("list watch", "discovery.k8s.io", "endpointslices"),
    )


def _cloud_controller_manager() -> Object:
    return cluster_role(
        "system:cloud-controller-manager",
        events_rule(),
        rule("create", _LEASES, "leases"),
        rule("get update", _LEASES, "leases", "cloud-controller-manager"),
        rule("get list watch update patch delete", CORE, "nodes"),
        rule("patch update", CORE, "nodes/status"),
        rule("get list watch update patch", CORE, "services"),
        rule("patch update", CORE, "services/status"),
        rule("create get", CORE, "serviceaccounts"),
        rule("get list watch update", CORE, "persistentvolumes"),
    )
