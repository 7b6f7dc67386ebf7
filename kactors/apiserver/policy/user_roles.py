"""The ClusterRoles that are meant for people: cluster-admin, admin, edit, view, and discovery.

Source: ``plugin/pkg/auth/authorizer/rbac/bootstrappolicy/policy.go`` of Kubernetes, `clusterRoles`.
"""

from kactors.api.objects import Object
from kactors.apiserver.policy.rule import (
    ANY,
    CORE,
    READ,
    WRITE,
    aggregation_label,
    cluster_role,
    rule,
    url_rule,
)

_PODS_BY_HAND = "pods pods/attach pods/proxy pods/exec pods/portforward"
_SCALABLE_APPS = (
    "statefulsets statefulsets/scale daemonsets deployments deployments/scale deployments/rollback "
    "replicasets replicasets/scale"
)
_SEEN_APPS = (
    "controllerrevisions statefulsets statefulsets/status statefulsets/scale daemonsets "
    "daemonsets/status deployments deployments/status deployments/scale replicasets "
    "replicasets/status replicasets/scale"
)


def _aggregated_to(role: str) -> dict[str, str]:
    return {aggregation_label(role): "true"}


def user_roles() -> list[Object]:
    """Return the roles."""
    return [
        cluster_role("cluster-admin", rule("*", ANY, "*"), url_rule("*", "*")),
        cluster_role(
            "system:discovery",
            url_rule(
                "get",
                "/livez /readyz /healthz /version /version/ /openapi /openapi/* /api /api/* /apis "
                "/apis/*",
            ),
        ),
        cluster_role(
            "system:public-info-viewer",
            url_rule("get", "/livez /readyz /healthz /version /version/"),
        ),
        cluster_role(
            "system:basic-user",
            rule(
                "create",
                "authorization.k8s.io",
                "selfsubjectaccessreviews selfsubjectrulesreviews",
            ),
            rule("create", "authentication.k8s.io", "selfsubjectreviews"),
        ),
        cluster_role("admin", aggregates="admin"),
        cluster_role("edit", labels=_aggregated_to("admin"), aggregates="edit"),
        cluster_role("view", labels=_aggregated_to("edit"), aggregates="view"),
        _aggregate_to_admin(),
        _aggregate_to_edit(),
        _aggregate_to_view(),
    ]


def _aggregate_to_admin() -> Object:
    return cluster_role(
        "system:aggregate-to-admin",
        rule("create", "authorization.k8s.io", "localsubjectaccessreviews"),
        rule(f"{WRITE} {READ}", "rbac.authorization.k8s.io", "roles rolebindings"),
        labels=_aggregated_to("admin"),
    )


def _aggregate_to_edit() -> Object:
    return cluster_role(
        "system:aggregate-to-edit",
        rule(
            READ,
            CORE,
            "pods/attach pods/proxy pods/exec pods/portforward secrets services/proxy",
        ),
        rule("impersonate", CORE, "serviceaccounts"),
        rule(WRITE, CORE, _PODS_BY_HAND),
        rule("create", CORE, "pods/eviction"),
        rule(
            WRITE,
            CORE,
            "replicationcontrollers replicationcontrollers/scale serviceaccounts services "
            "services/proxy persistentvolumeclaims configmaps secrets events",
        ),
        rule("create", CORE, "serviceaccounts/token"),
        rule(WRITE, "apps", _SCALABLE_APPS),
        rule(WRITE, "autoscaling", "horizontalpodautoscalers"),
        rule(WRITE, "batch", "jobs cronjobs"),
        rule(WRITE, "policy", "poddisruptionbudgets"),
        rule(WRITE, "networking.k8s.io", "networkpolicies ingresses"),
        rule(f"{WRITE} {READ}", "coordination.k8s.io", "leases"),
        labels=_aggregated_to("edit"),
    )


def _aggregate_to_view() -> Object:
    return cluster_role(
        "system:aggregate-to-view",
        rule(
            READ,
            CORE,
            "pods replicationcontrollers replicationcontrollers/scale serviceaccounts services "
            "services/status endpoints persistentvolumeclaims persistentvolumeclaims/status "
            "configmaps",
        ),
        rule(
            READ,
            CORE,
            "limitranges resourcequotas bindings events pods/status resourcequotas/status "
            "namespaces/status replicationcontrollers/status pods/log",
        ),
        # In a namespace this means: that one namespace.
        rule(READ, CORE, "namespaces"),
        rule(READ, "discovery.k8s.io", "endpointslices"),
        rule(READ, "apps", _SEEN_APPS),
        rule(READ, "autoscaling", "horizontalpodautoscalers horizontalpodautoscalers/status"),
        rule(READ, "batch", "jobs cronjobs cronjobs/status jobs/status"),
        rule(READ, "policy", "poddisruptionbudgets poddisruptionbudgets/status"),
        rule(READ, "networking.k8s.io", "networkpolicies ingresses ingresses/status"),
        labels=_aggregated_to("view"),
    )
