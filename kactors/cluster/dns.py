"""CoreDNS in a cluster: what `kactors.cluster.addons` has there, and how clients find it.

Source: kubernetes cmd/kubeadm/app/phases/addons/dns/manifests.go. Its role and the binding of that
belong to the bootstrap policy of the apiservers.
"""

from typing import Final

from kactors.api.objects import Object
from kactors.cluster.addresses import DNS_IP
from kactors.node.dns.program import COREDNS

__all__ = ["COREDNS_NAME", "dns_manifests"]

COREDNS_NAME: Final = "coredns"
_NAMESPACE: Final = "kube-system"
_IMAGE: Final = f"{COREDNS}:v1.12.1"
_LABELS: Final = {"k8s-app": "kube-dns"}
_COREFILE: Final = """.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes cluster.local in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    loop
    reload
    loadbalance
}
"""


def dns_manifests(replicas: int) -> tuple[Object, ...]:
    """Return what kubeadm would have there for DNS, with so many replicas."""
    return (
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": _metadata(COREDNS_NAME)},
        {
            "apiVersion": "v1",
            "kind": "ConfigMap",
            "metadata": _metadata(COREDNS_NAME),
            "data": {"Corefile": _COREFILE},
        },
        _service(),
        _deployment(replicas),
    )


def _metadata(name: str, **more: Object) -> Object:
    return {"name": name, "namespace": _NAMESPACE, **more}


def _service() -> Object:
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": _metadata("kube-dns", labels={**_LABELS, "kubernetes.io/name": "CoreDNS"}),
        "spec": {
            "clusterIP": DNS_IP,
            "selector": _LABELS,
            "ports": [
                {"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153},
            ],
        },
    }


def _deployment(replicas: int) -> Object:
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": _metadata(COREDNS_NAME, labels=_LABELS),
        "spec": {
            "replicas": replicas,
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxUnavailable": 1}},
            "selector": {"matchLabels": _LABELS},
            "template": {
                "metadata": {"labels": _LABELS},
                "spec": {
                    "priorityClassName": "system-cluster-critical",
                    "serviceAccountName": COREDNS_NAME,
                    "affinity": {"podAntiAffinity": _apart()},
                    "tolerations": [
                        {"key": "CriticalAddonsOnly", "operator": "Exists"},
                        {"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"},
                    ],
                    "nodeSelector": {"kubernetes.io/os": "linux"},
                    "dnsPolicy": "Default",
                    "containers": [_container()],
                    "volumes": [_config_volume()],
                },
            },
        },
    }


def _apart() -> Object:
    """Return the wish that replicas are on different nodes."""
    expression = {"key": "k8s-app", "operator": "In", "values": ["kube-dns"]}
    term = {
        "labelSelector": {"matchExpressions": [expression]},
        "topologyKey": "kubernetes.io/hostname",
    }
    weighted = {"weight": 100, "podAffinityTerm": term}
    return {"preferredDuringSchedulingIgnoredDuringExecution": [weighted]}


def _container() -> Object:
    return {
        "name": COREDNS_NAME,
        "image": _IMAGE,
        "args": ["-conf", "/etc/coredns/Corefile"],
        "resources": {
            "limits": {"memory": "170Mi"},
            "requests": {"cpu": "100m", "memory": "70Mi"},
        },
        "volumeMounts": [{"name": "config-volume", "mountPath": "/etc/coredns", "readOnly": True}],
        "ports": [
            {"containerPort": 53, "name": "dns", "protocol": "UDP"},
            {"containerPort": 53, "name": "dns-tcp", "protocol": "TCP"},
            {"containerPort": 9153, "name": "metrics", "protocol": "TCP"},
            {"containerPort": 8080, "name": "liveness-probe", "protocol": "TCP"},
            {"containerPort": 8181, "name": "readiness-probe", "protocol": "TCP"},
        ],
        "livenessProbe": {
            "httpGet": {"path": "/health", "port": "liveness-probe", "scheme": "HTTP"},
            "initialDelaySeconds": 60,
            "timeoutSeconds": 5,
            "successThreshold": 1,
            "failureThreshold": 5,
        },
        "readinessProbe": {
            "httpGet": {"path": "/ready", "port": "readiness-probe", "scheme": "HTTP"}
        },
    }


def _config_volume() -> Object:
    item = {"key": "Corefile", "path": "Corefile"}
    return {"name": "config-volume", "configMap": {"name": COREDNS_NAME, "items": [item]}}
