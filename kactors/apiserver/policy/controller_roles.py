"""The ClusterRoles of the controllers, each for the service account of its name in kube-system.

Source: ``plugin/pkg/auth/authorizer/rbac/bootstrappolicy/controller_policy.go`` of Kubernetes,
`buildControllerRoles`.
"""

from collections.abc import Mapping
from typing import Final

from kactors.api.objects import Object
from kactors.apiserver.policy.rule import (
    ANY,
    CORE,
    READ,
    account_subject,
    cluster_role,
    cluster_role_binding,
    events_rule,
    rule,
)

_PREFIX: Final = "system:controller:"
_APPS: Final = ("apps", "extensions")
_REVISIONS: Final = "get create delete update patch list watch"


def controller_roles() -> list[Object]:
    """Return the roles."""
    return [cluster_role(_PREFIX + name, *rules) for name, rules in _rules().items()]


def controller_role_bindings() -> list[Object]:
    """Return the bindings of the roles to the controllers' service accounts."""
    return [
        cluster_role_binding(_PREFIX + name, account_subject("kube-system", name))
        for name in _rules()
    ]


def _rules() -> Mapping[str, list[Object]]:
    return {**_workloads(), **_networking(), **_nodes(), **_storage(), **_cleaning()}


def _workloads() -> dict[str, list[Object]]:
    return {
        "cronjob-controller": [
            rule("get list watch update", "batch", "cronjobs"),
            rule("get list watch create update delete patch", "batch", "jobs"),
            rule("update", "batch", "cronjobs/status"),
            rule("update", "batch", "cronjobs/finalizers"),
            rule("list watch delete", CORE, "pods"),
            events_rule(),
        ],
        "daemon-set-controller": [
            rule(READ, _APPS, "daemonsets"),
            rule("update", _APPS, "daemonsets/status"),
            rule("update", _APPS, "daemonsets/finalizers"),
            rule("list watch", CORE, "nodes"),
            rule("list watch create delete patch", CORE, "pods"),
            rule("create", CORE, "pods/binding"),
            rule(_REVISIONS, "apps", "controllerrevisions"),
            events_rule(),
        ],
        "deployment-controller": [
            rule("get list watch update", _APPS, "deployments"),
            rule("update", _APPS, "deployments/status"),
            rule("update", _APPS, "deployments/finalizers"),
            rule("get list watch create update patch delete", _APPS, "replicasets"),
            rule("get list watch update", CORE, "pods"),
            events_rule(),
        ],
        "disruption-controller": [
            rule(READ, _APPS, "deployments"),
            rule(READ, _APPS, "replicasets"),
            rule(READ, CORE, "replicationcontrollers"),
            rule(READ, "policy", "poddisruptionbudgets"),
            rule(READ, "apps", "statefulsets"),
            rule("update", "policy", "poddisruptionbudgets/status"),
            rule("patch update", CORE, "pods/status"),
            rule("get", ANY, "*/scale"),
            events_rule(),
        ],
        "horizontal-pod-autoscaler": [
            rule(READ, "autoscaling", "horizontalpodautoscalers"),
            rule("update", "autoscaling", "horizontalpodautoscalers/status"),
            rule("get update", ANY, "*/scale"),
            rule("list watch", CORE, "pods"),
            rule("list watch", "metrics.k8s.io", "pods"),
            rule(READ, "custom.metrics.k8s.io", "*"),
            rule(READ, "external.metrics.k8s.io", "*"),
            events_rule(),
        ],
        "job-controller": [
            rule("get list watch update patch", "batch", "jobs"),
            rule("update", "batch", "jobs/status"),
            rule("update", "batch", "jobs/finalizers"),
            rule("list watch create delete patch", CORE, "pods"),
            events_rule(),
        ],
        "replicaset-controller": [
            rule("get list watch update", _APPS, "replicasets"),
            rule("update", _APPS, "replicasets/status"),
            rule("update", _APPS, "replicasets/finalizers"),
            rule("list watch patch create delete", CORE, "pods"),
            events_rule(),
        ],
        "statefulset-controller": [
            rule("list watch", CORE, "pods"),
            rule(READ, "apps", "statefulsets"),
            rule("update", "apps", "statefulsets/status"),
            rule("update", "apps", "statefulsets/finalizers"),
            rule("get create delete update patch", CORE, "pods"),
            rule(_REVISIONS, "apps", "controllerrevisions"),
            rule("get create list watch", CORE, "persistentvolumeclaims"),
            rule("update delete", CORE, "persistentvolumeclaims"),
            rule("update", CORE, "pods/finalizers"),
            events_rule(),
        ],
    }


def _networking() -> dict[str, list[Object]]:
    slices = rule("get list watch create update delete", "discovery.k8s.io", "endpointslices")
    return {
        "endpoint-controller": [
            rule(READ, CORE, "services pods"),
            rule("get list watch create update delete", CORE, "endpoints"),
            rule("create", CORE, "endpoints/restricted"),
            events_rule(),
        ],
        "endpointslice-controller": [
            rule(READ, CORE, "services pods nodes"),
            rule("update", CORE, "services/finalizers"),
            slices,
            events_rule(),
        ],
        "endpointslicemirroring-controller": [
            rule(READ, CORE, "services endpoints"),
            rule("update", CORE, "services/finalizers"),
            rule("update", CORE, "endpoints/finalizers"),
            slices,
            events_rule(),
        ],
        "route-controller": [
            rule("list watch", CORE, "nodes"),
            rule("patch", CORE, "nodes/status"),
            events_rule(),
        ],
        "service-controller": [
            rule(READ, CORE, "services"),
            rule("patch update", CORE, "services/status"),
            rule("list watch", CORE, "nodes"),
            events_rule(),
        ],
    }


def _nodes() -> dict[str, list[Object]]:
    return {
        "node-controller": [
            rule("get list watch update delete patch", CORE, "nodes"),
            rule("patch update", CORE, "nodes/status"),
            rule("patch update", CORE, "pods/status"),
            rule("list watch get delete", CORE, "pods"),
            events_rule(),
        ],
        "ttl-controller": [
            rule("update patch list watch", CORE, "nodes"),
            events_rule(),
        ],
    }


def _storage() -> dict[str, list[Object]]:
    return {
        "persistent-volume-binder": [
            rule("get list watch update create delete", CORE, "persistentvolumes"),
            rule("update", CORE, "persistentvolumes/status"),
            rule("get list watch update", CORE, "persistentvolumeclaims"),
            rule("update", CORE, "persistentvolumeclaims/status"),
            rule("list watch get create delete", CORE, "pods"),
            rule(READ, "storage.k8s.io", "storageclasses"),
            rule("list watch", CORE, "nodes"),
            events_rule(),
            rule("watch", CORE, "events"),
            rule("get", CORE, "services"),
        ],
        "ephemeral-volume-controller": [
            rule(READ, CORE, "pods"),
            rule("update", CORE, "pods/finalizers"),
            rule("get list watch create", CORE, "persistentvolumeclaims"),
            events_rule(),
        ],
        "pvc-protection-controller": [
            rule("get list watch update", CORE, "persistentvolumeclaims"),
            rule("list watch get", CORE, "pods"),
            events_rule(),
        ],
        "pv-protection-controller": [
            rule("get list watch update", CORE, "persistentvolumes"),
            events_rule(),
        ],
    }


def _cleaning() -> dict[str, list[Object]]:
    return {
        "clusterrole-aggregation-controller": [
            rule(
                "escalate get list watch update patch",
                "rbac.authorization.k8s.io",
                "clusterroles",
            ),
        ],
        "generic-garbage-collector": [
            rule("get list watch patch update delete", ANY, "*"),
            events_rule(),
        ],
        "namespace-controller": [
            rule("get list watch delete", CORE, "namespaces"),
            rule("update", CORE, "namespaces/finalize namespaces/status"),
            rule("get list watch delete deletecollection", ANY, "*"),
        ],
        "pod-garbage-collector": [
            rule("list watch delete", CORE, "pods"),
            rule(READ, CORE, "nodes"),
            rule("patch", CORE, "pods/status"),
        ],
        "resourcequota-controller": [
            rule("list watch", ANY, "*"),
            rule("update", CORE, "resourcequotas/status"),
            events_rule(),
        ],
        "root-ca-cert-publisher": [
            rule("create update", CORE, "configmaps"),
            events_rule(),
        ],
        "service-account-controller": [
            rule("create", CORE, "serviceaccounts"),
            events_rule(),
        ],
        "ttl-after-finished-controller": [
            rule("get list watch delete", "batch", "jobs"),
            events_rule(),
        ],
    }
