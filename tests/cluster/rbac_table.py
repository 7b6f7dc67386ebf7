"""Who may do what: upstream's bootstrap policy, written down a second time, by hand.

A row says of one resource which verbs an identity has; every other verb is to be refused. What is
not in the rows of an identity at all is tried for `FOREIGN` resources, and to be refused.

Source: kubernetes plugin/pkg/auth/authorizer/rbac/bootstrappolicy/testdata.
"""

from collections.abc import Mapping
from typing import Final

VERBS: Final = ("get", "list", "watch", "create", "update", "patch", "delete", "deletecollection")

Rows = Mapping[str, str]
"""Verbs by resource, as ``resource/subresource.group``."""

_EVENTS: Final = {"events": "create update patch", "events.events.k8s.io": "create update patch"}
_READ: Final = "get list watch"
_REVISIONS: Final = "get create delete update patch list watch"
_SLICES: Final = "get list watch create update delete"

#: What hardly anybody may touch, or read.
FOREIGN: Final = (
    "secrets",
    "nodes/status",
    "pods/binding",
    "pods/eviction",
    "serviceaccounts/token",
    "clusterrolebindings.rbac.authorization.k8s.io",
    "priorityclasses.scheduling.k8s.io",
)

_COLLECTOR: Final = "get list watch patch update delete"
_EMPTIER: Final = "get list watch delete deletecollection"

#: By service account in kube-system: the controllers of the controller manager.
CONTROLLERS: Final[Mapping[str, Rows]] = {
    "cronjob-controller": {
        "cronjobs.batch": "get list watch update",
        "cronjobs/status.batch": "update",
        "cronjobs/finalizers.batch": "update",
        "jobs.batch": "get list watch create update delete patch",
        "pods": "list watch delete",
        **_EVENTS,
    },
    "daemon-set-controller": {
        "daemonsets.apps": _READ,
        "daemonsets/status.apps": "update",
        "daemonsets/finalizers.apps": "update",
        "nodes": "list watch",
        "pods": "list watch create delete patch",
        "pods/binding": "create",
        "controllerrevisions.apps": _REVISIONS,
        **_EVENTS,
    },
    "deployment-controller": {
        "deployments.apps": "get list watch update",
        "deployments/status.apps": "update",
        "deployments/finalizers.apps": "update",
        "replicasets.apps": "get list watch create update patch delete",
        "replicasets/status.apps": "",
        "pods": "get list watch update",
        **_EVENTS,
    },
    "disruption-controller": {
        "deployments.apps": _READ,
        "replicasets.apps": _READ,
        "statefulsets.apps": _READ,
        "poddisruptionbudgets.policy": _READ,
        "poddisruptionbudgets/status.policy": "update",
        "deployments/scale.apps": "get",
        "pods/status": "patch update",
        "pods": "",
        **_EVENTS,
    },
    "endpoint-controller": {
        "services": _READ,
        "pods": _READ,
        "endpoints": _SLICES,
        "endpointslices.discovery.k8s.io": "",
        **_EVENTS,
    },
    "endpointslice-controller": {
        "services": _READ,
        "pods": _READ,
        "nodes": _READ,
        "services/finalizers": "update",
        "endpointslices.discovery.k8s.io": _SLICES,
        "endpoints": "",
        **_EVENTS,
    },
    "generic-garbage-collector": {
        **dict.fromkeys(FOREIGN, _COLLECTOR),
        **dict.fromkeys(("configmaps", "replicasets.apps", "nodes", "pods/status"), _COLLECTOR),
        **dict.fromkeys(_EVENTS, f"{_COLLECTOR} create"),
    },
    "job-controller": {
        "jobs.batch": "get list watch update patch",
        "jobs/status.batch": "update",
        "jobs/finalizers.batch": "update",
        "pods": "list watch create delete patch",
        **_EVENTS,
    },
    "namespace-controller": {
        "namespaces": _EMPTIER,
        "namespaces/finalize": f"{_EMPTIER} update",
        "namespaces/status": f"{_EMPTIER} update",
        **dict.fromkeys(FOREIGN, _EMPTIER),
        **dict.fromkeys(("configmaps", "replicasets.apps", "nodes", "events"), _EMPTIER),
    },
    "node-controller": {
        "nodes": "get list watch update delete patch",
        "nodes/status": "patch update",
        "pods": "list watch get delete",
        "pods/status": "patch update",
        **_EVENTS,
    },
    "pod-garbage-collector": {
        "pods": "list watch delete",
        "pods/status": "patch",
        "nodes": _READ,
        "events": "",
    },
    "replicaset-controller": {
        "replicasets.apps": "get list watch update",
        "replicasets/status.apps": "update",
        "replicasets/finalizers.apps": "update",
        "pods": "list watch patch create delete",
        "pods/status": "",
        **_EVENTS,
    },
    "root-ca-cert-publisher": {"configmaps": "create update", **_EVENTS},
    "service-account-controller": {"serviceaccounts": "create", **_EVENTS},
    "statefulset-controller": {
        "pods": "get list watch create delete update patch",
        "pods/finalizers": "update",
        "statefulsets.apps": _READ,
        "statefulsets/status.apps": "update",
        "statefulsets/finalizers.apps": "update",
        "controllerrevisions.apps": _REVISIONS,
        "persistentvolumeclaims": "get create list watch update delete",
        "persistentvolumes": "",
        **_EVENTS,
    },
}  # fmt: skip

#: By user: the other components of the control plane and of nodes, but for kubelets.
COMPONENTS: Final[Mapping[str, Rows]] = {
    "system:kube-scheduler": {
        "nodes": _READ,
        "pods": "get list watch delete",
        "pods/binding": "create",
        "bindings": "create",
        "pods/status": "patch update",
        "services": _READ,
        "replicasets.apps": _READ,
        "statefulsets.apps": _READ,
        "poddisruptionbudgets.policy": _READ,
        "persistentvolumeclaims": "get list watch update patch",
        "persistentvolumes": "get list watch update patch",
        "storageclasses.storage.k8s.io": _READ,
        "namespaces": _READ,
        "leases.coordination.k8s.io": "create",
        "leases.coordination.k8s.io=kube-scheduler": "create get update",
        "leases.coordination.k8s.io=kube-controller-manager": "create",
        **_EVENTS,
    },
    "system:kube-controller-manager": {
        "leases.coordination.k8s.io": "create list watch",
        "leases.coordination.k8s.io=kube-controller-manager": "create get update list watch",
        "leases.coordination.k8s.io=kube-scheduler": "create list watch",
        "secrets": "get list watch create update delete",
        "serviceaccounts": "get list watch create update",
        "serviceaccounts/token": "create list watch",
        "configmaps": "get list watch",
        "namespaces": _READ,
        "pods": "list watch",
        "nodes": "list watch",
        "clusterrolebindings.rbac.authorization.k8s.io": "list watch",
        "priorityclasses.scheduling.k8s.io": "list watch",
        **{name: f"{verbs} list watch" for name, verbs in _EVENTS.items()},
    },
    "system:cloud-controller-manager": {
        "nodes": "get list watch update patch delete",
        "nodes/status": "patch update",
        "services": "get list watch update patch",
        "services/status": "patch update",
        "serviceaccounts": "create get",
        "persistentvolumes": "get list watch update",
        "pods": "",
        "leases.coordination.k8s.io": "create",
        "leases.coordination.k8s.io=cloud-controller-manager": "create get update",
        "leases.coordination.k8s.io=kube-scheduler": "create",
        **_EVENTS,
    },
    "system:kube-proxy": {
        "services": "list watch",
        "endpoints": "list watch",
        "endpointslices.discovery.k8s.io": "list watch",
        "nodes": _READ,
        "pods": "",
        "configmaps": "",
        **_EVENTS,
    },
    "system:serviceaccount:kube-system:coredns": {
        "endpoints": "list watch",
        "services": "list watch",
        "pods": "list watch",
        "namespaces": "list watch",
        "endpointslices.discovery.k8s.io": "list watch",
        "nodes": "",
        "events": "",
    },
    "system:serviceaccount:default:default": {
        "pods": "",
        "configmaps": "",
        "events": "",
        "namespaces": "",
        "selfsubjectaccessreviews.authorization.k8s.io": "create",
    },
    "system:anonymous": {
        "pods": "",
        "configmaps": "",
        "namespaces": "",
        "selfsubjectaccessreviews.authorization.k8s.io": "",
    },
    "kubernetes-admin": {
        name: " ".join(VERBS)
        for name in (
            *FOREIGN,
            "pods",
            "nodes",
            "namespaces",
            "clusterroles.rbac.authorization.k8s.io",
        )
    },
}
