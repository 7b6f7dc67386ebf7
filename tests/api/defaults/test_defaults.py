"""What is filled in where a client says nothing."""

from typing import Any

import pytest

from kactors.api.defaults.containers import image_tag
from kactors.api.objects import field
from kactors.api.registry import REGISTRY
from tests.api.kinds.objects import created

PROBE = {"timeoutSeconds": 1, "periodSeconds": 10, "successThreshold": 1, "failureThreshold": 3}


@pytest.mark.parametrize(
    ("image", "tag"),
    [
        ("nginx", "latest"), ("nginx:1.2", "1.2"), ("nginx:latest", "latest"),
        ("registry:5000/nginx", "latest"), ("registry:5000/a/nginx:v1", "v1"),
        ("nginx@sha256:0123", ""), ("nginx:1@sha256:0123", "1"),
    ],
)  # fmt: skip
def test_image_tags(image: str, tag: str) -> None:
    """A port of the registry is no tag; a digest needs none."""
    assert image_tag(image) == tag


def test_pods() -> None:
    """A pod of one container says all that a kubelet needs to know."""
    pod = created("Pod")
    assert pod["spec"] == {
        "containers": [
            {
                "name": "c", "image": "nginx:1", "imagePullPolicy": "IfNotPresent",
                "terminationMessagePath": "/dev/termination-log",
                "terminationMessagePolicy": "File", "resources": {},
            }
        ],
        "enableServiceLinks": True, "dnsPolicy": "ClusterFirst", "restartPolicy": "Always",
        "terminationGracePeriodSeconds": 30, "schedulerName": "default-scheduler",
        "securityContext": {},
    }  # fmt: skip
    assert pod["status"] == {"phase": "Pending", "qosClass": "BestEffort"}


def test_requests_are_as_large_as_limits() -> None:
    """Where only limits are given; the quantities are canonical."""
    limits = {"cpu": "1000m", "memory": "1Gi"}
    pod = created("Pod", ("spec.containers.0.resources", {"limits": limits}))
    expected = {"cpu": "1", "memory": "1Gi"}
    assert pod["spec"]["containers"][0]["resources"] == {"limits": expected, "requests": expected}
    assert pod["status"]["qosClass"] == "Guaranteed"


@pytest.mark.parametrize(
    ("path", "value", "where", "expected"),
    [
        ("spec.containers.0.image", "nginx", "imagePullPolicy", "Always"),
        ("spec.containers.0.ports", [{"containerPort": 80}], "ports",
         [{"containerPort": 80, "protocol": "TCP"}]),
        ("spec.containers.0.livenessProbe", {"httpGet": {"port": 80}}, "livenessProbe",
         {"httpGet": {"port": 80, "path": "/", "scheme": "HTTP"}, **PROBE}),
        ("spec.containers.0.readinessProbe", {"grpc": {"port": 80}, "periodSeconds": 2},
         "readinessProbe", {"grpc": {"port": 80, "service": ""}, **PROBE, "periodSeconds": 2}),
        ("spec.containers.0.lifecycle", {"preStop": {"httpGet": {"port": "web", "path": "/x"}}},
         "lifecycle", {"preStop": {"httpGet": {"port": "web", "path": "/x", "scheme": "HTTP"}}}),
        ("spec.containers.0.env", [{"name": "A", "valueFrom": {"fieldRef": {
            "fieldPath": "metadata.name"}}}], "env",
         [{"name": "A", "valueFrom": {"fieldRef": {"apiVersion": "v1",
                                                   "fieldPath": "metadata.name"}}}]),
    ],
)  # fmt: skip
def test_containers(path: str, value: Any, where: str, expected: Any) -> None:
    """Pull policy, ports, probes, hooks and references to fields."""
    assert created("Pod", (path, value))["spec"]["containers"][0][where] == expected


@pytest.mark.parametrize(
    ("volume", "expected"),
    [
        ({}, {"emptyDir": {}}),
        ({"secret": {"secretName": "s"}}, {"secret": {"secretName": "s", "defaultMode": 420}}),
        ({"configMap": {"name": "s"}}, {"configMap": {"name": "s", "defaultMode": 420}}),
        ({"hostPath": {"path": "/"}}, {"hostPath": {"path": "/", "type": ""}}),
        ({"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}},
         {"projected": {"defaultMode": 420, "sources": [
             {"serviceAccountToken": {"path": "t", "expirationSeconds": 3600}}]}}),
        ({"downwardAPI": {"items": [{"path": "a", "fieldRef": {"fieldPath": "metadata.name"}}]}},
         {"downwardAPI": {"defaultMode": 420, "items": [{"path": "a", "fieldRef": {
             "apiVersion": "v1", "fieldPath": "metadata.name"}}]}}),
        ({"ephemeral": {"volumeClaimTemplate": {"spec": {}}}},
         {"ephemeral": {"volumeClaimTemplate": {"spec": {"volumeMode": "Filesystem"}}}}),
        ({"image": {"reference": "a"}}, {"image": {"reference": "a", "pullPolicy": "Always"}}),
        ({"image": {"reference": "a:1"}}, {"image": {"reference": "a:1",
                                                     "pullPolicy": "IfNotPresent"}}),
    ],
)  # fmt: skip
def test_volumes(volume: Any, expected: Any) -> None:
    """A volume without a source is an empty directory; files are readable."""
    pod = created("Pod", ("spec.volumes", [{"name": "v", **volume}]))
    assert pod["spec"]["volumes"] == [{"name": "v", **expected}]


def test_pods_on_the_host_network() -> None:
    """Their ports are ports of the host."""
    ports = ("spec.containers.0.ports", [{"containerPort": 80}])
    pod = created("Pod", ("spec.hostNetwork", True), ports)
    assert pod["spec"]["containers"][0]["ports"][0]["hostPort"] == 80


def test_service_accounts_of_pods() -> None:
    """The older name of the field means the same."""
    pod = created("Pod", ("spec.serviceAccount", "a"))
    assert pod["spec"]["serviceAccountName"] == pod["spec"]["serviceAccount"] == "a"


def test_gated_pods() -> None:
    """A pod with scheduling gates says that it waits for them."""
    status = created("Pod", ("spec.schedulingGates", [{"name": "g"}]))["status"]
    assert status["conditions"][0]["reason"] == "SchedulingGated"


@pytest.mark.parametrize(
    ("kind", "path", "expected"),
    [
        ("Deployment", "spec.strategy", {"type": "RollingUpdate", "rollingUpdate": {
            "maxUnavailable": "25%", "maxSurge": "25%"}}),
        ("Deployment", "spec.replicas", 1),
        ("Deployment", "spec.revisionHistoryLimit", 10),
        ("Deployment", "spec.progressDeadlineSeconds", 600),
        ("Deployment", "spec.template.spec.restartPolicy", "Always"),
        ("ReplicaSet", "spec.replicas", 1),
        ("StatefulSet", "spec.updateStrategy", {"type": "RollingUpdate",
                                                "rollingUpdate": {"partition": 0}}),
        ("StatefulSet", "spec.podManagementPolicy", "OrderedReady"),
        ("StatefulSet", "spec.persistentVolumeClaimRetentionPolicy", {
            "whenDeleted": "Retain", "whenScaled": "Retain"}),
        ("DaemonSet", "spec.updateStrategy", {"type": "RollingUpdate", "rollingUpdate": {
            "maxUnavailable": 1, "maxSurge": 0}}),
        ("Job", "spec.completions", 1),
        ("Job", "spec.parallelism", 1),
        ("Job", "spec.backoffLimit", 6),
        ("Job", "spec.completionMode", "NonIndexed"),
        ("Job", "spec.podReplacementPolicy", "TerminatingOrFailed"),
        ("CronJob", "spec.concurrencyPolicy", "Allow"),
        ("CronJob", "spec.successfulJobsHistoryLimit", 3),
        ("CronJob", "spec.jobTemplate.spec.template.spec.schedulerName", "default-scheduler"),
        ("Namespace", "metadata.labels", {"kubernetes.io/metadata.name": "x"}),
        ("Namespace", "status.phase", "Active"),
        ("Namespace", "spec.finalizers", ["kubernetes"]),
        ("Node", "status.allocatable", {"cpu": "4", "memory": "8Gi", "pods": "110"}),
        ("Secret", "type", "Opaque"),
        ("Secret", "data", {"a": "Yg=="}),
        ("PersistentVolume", "spec.persistentVolumeReclaimPolicy", "Retain"),
        ("PersistentVolume", "status.phase", "Pending"),
        ("PersistentVolumeClaim", "spec.volumeMode", "Filesystem"),
        ("PersistentVolumeClaim", "status.phase", "Pending"),
        ("StorageClass", "reclaimPolicy", "Delete"),
        ("StorageClass", "volumeBindingMode", "Immediate"),
        ("PriorityClass", "preemptionPolicy", "PreemptLowerPriority"),
        ("ClusterRoleBinding", "roleRef.apiGroup", "rbac.authorization.k8s.io"),
        ("Service", "spec", {
            "selector": {"app": "web"}, "type": "ClusterIP", "sessionAffinity": "None",
            "ports": [{"port": 80, "targetPort": 80, "protocol": "TCP"}],
            "internalTrafficPolicy": "Cluster", "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack"}),
        ("Service", "status", {"loadBalancer": {}}),
    ],
)  # fmt: skip
def test_kinds(kind: str, path: str, expected: Any) -> None:
    """Each kind has upstream's defaults."""
    assert field(created(kind), *path.split(".")) == expected


def test_lists_of_ports_and_subjects() -> None:
    """What is in a list is filled in, too."""
    assert created("Endpoints")["subsets"][0]["ports"] == [{"port": 80, "protocol": "TCP"}]
    assert created("EndpointSlice")["ports"] == [{"port": 80, "protocol": "TCP", "name": ""}]
    subjects = created("ClusterRoleBinding")["subjects"]
    assert subjects == [{"kind": "User", "name": "u", "apiGroup": "rbac.authorization.k8s.io"}]


def test_load_balancers() -> None:
    """They have ports on the nodes, and take traffic anywhere."""
    spec = created("Service", ("spec.type", "LoadBalancer"))["spec"]
    assert spec["allocateLoadBalancerNodePorts"] is True
    assert spec["externalTrafficPolicy"] == "Cluster"


def test_sticky_services() -> None:
    """Affinity lasts three hours."""
    spec = created("Service", ("spec.sessionAffinity", "ClientIP"))["spec"]
    assert spec["sessionAffinityConfig"] == {"clientIP": {"timeoutSeconds": 10800}}


def test_claims_of_stateful_sets() -> None:
    """Their templates are claims, filled in as such."""
    spec = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
    claim = {"metadata": {"name": "data"}, "spec": spec}
    found = created("StatefulSet", ("spec.volumeClaimTemplates", [claim]))
    template = found["spec"]["volumeClaimTemplates"][0]
    assert (template["kind"], template["apiVersion"]) == ("PersistentVolumeClaim", "v1")
    assert template["spec"]["volumeMode"] == "Filesystem"
    assert template["status"] == {"phase": "Pending"}


def test_jobs_know_their_pods_by_uid() -> None:
    """Selector and labels are made, unless the client makes them."""
    job = created("Job")
    own = {"batch.kubernetes.io/controller-uid": "u-1"}
    assert job["spec"]["selector"] == {"matchLabels": own}
    assert job["spec"]["template"]["metadata"]["labels"] == {
        **own, "batch.kubernetes.io/job-name": "x", "controller-uid": "u-1", "job-name": "x",
    }  # fmt: skip
    manual = created(
        "Job",
        ("spec.manualSelector", True),
        ("spec.selector", {"matchLabels": {"a": "b"}}),
        ("spec.template.metadata", {"labels": {"a": "b"}}),
    )
    assert manual["spec"]["selector"] == {"matchLabels": {"a": "b"}}
    assert manual["metadata"]["labels"] == {"a": "b"}


def test_patterns_of_failure_policies() -> None:
    """A condition counts when it is true; pods are replaced when they have failed."""
    rules = [{"action": "Ignore", "onPodConditions": [{"type": "DisruptionTarget"}]}]
    spec = created("Job", ("spec.podFailurePolicy", {"rules": rules}))["spec"]
    pattern = spec["podFailurePolicy"]["rules"][0]["onPodConditions"][0]
    assert pattern == {"type": "DisruptionTarget", "status": "True"}
    assert spec["podReplacementPolicy"] == "Failed"


def test_addresses_of_load_balancers() -> None:
    """Traffic to them keeps their address as its destination."""
    given = [{"ip": "1.2.3.4"}, {"hostname": "a"}]
    status = {"loadBalancer": {"ingress": given}}
    service = {"spec": {"type": "LoadBalancer"}, "status": status}
    REGISTRY.by_name("svc").strategy.default(service)
    ingress = field(service, "status", "loadBalancer", "ingress")
    assert ingress == [{"ip": "1.2.3.4", "ipMode": "VIP"}, {"hostname": "a"}]


def test_work_queues_have_no_completions() -> None:
    """With parallelism alone, a job ends when one pod says so."""
    assert "completions" not in created("Job", ("spec.parallelism", 3))["spec"]
