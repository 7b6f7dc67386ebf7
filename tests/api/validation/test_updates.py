"""What may change of an object that is stored, and what may not."""

from typing import Any

import pytest

from kactors.api.errors import Invalid
from kactors.api.objects import Object, deep_copy
from kactors.api.registry import REGISTRY
from kactors.api.rest import before_update
from tests.api.kinds.objects import changed, created

C = "spec.containers.0"


def _updated(
    kind: str,
    changes: list[tuple[str, Any]],
    before: list[tuple[str, Any]] | None = None,
    *,
    status: bool = False,
) -> Object:
    """Return what is stored after an update of what was stored before."""
    old = changed(created(kind), *(before or []))
    new: Object = changed(old, *changes)
    before_update(REGISTRY.by_name(kind), new, old, status=status)
    return new


REFUSED = [
    ("Pod", [(f"{C}.command", ["x"])], [], "spec: Forbidden: pod updates may not change fields"),
    ("Pod", [("spec.nodeName", "n")], [], "found changes of spec.nodeName"),
    ("Pod", [("spec.containers", [])], [], "pod updates may not add or remove containers"),
    ("Pod", [(f"{C}.image", "")], [], "spec.containers[0].image: Required value"),
    ("Pod", [("spec.activeDeadlineSeconds", ...)], [("spec.activeDeadlineSeconds", 9)],
     "must not update from a positive integer to nil value"),
    ("Pod", [("spec.activeDeadlineSeconds", 10)], [("spec.activeDeadlineSeconds", 9)],
     "must be less than or equal to previous value"),
    ("Pod", [("spec.tolerations", [])], [("spec.tolerations", [{"operator": "Exists"}])],
     "existing toleration can not be modified except its tolerationSeconds"),
    ("Pod", [("spec.schedulingGates", [{"name": "b"}])],
     [("spec.schedulingGates", [{"name": "a"}])],
     "only deletion is allowed, but found new scheduling gate 'b'"),
    ("Pod", [("spec.activeDeadlineSeconds", -1)], [], "must be between 0 and 2147483647"),
    ("Pod", [(f"{C}.image", " a")], [], "must not have leading or trailing whitespace"),
    ("PersistentVolume", [("spec.nodeAffinity", ...)],
     [("spec.nodeAffinity", {"required": {"nodeSelectorTerms": [{"matchExpressions": [
         {"key": "a", "operator": "Exists"}]}]}})], "spec.nodeAffinity: Invalid value"),
    ("Deployment", [("spec.selector.matchLabels", {"x": "y"}),
                    ("spec.template.metadata.labels", {"x": "y"})], [],
     "spec.selector: Invalid value: {\"matchLabels\":{\"x\":\"y\"}}: field is immutable"),
    ("StatefulSet", [("spec.serviceName", "other")], [], "updates to statefulset spec for fields"),
    ("Job", [("spec.completions", 5)], [], "spec.completions: Invalid value: 5: field is immut"),
    ("Job", [("spec.template.spec.containers.0.image", "x")], [], "spec.template: Invalid value"),
    ("Service", [("spec.clusterIP", "10.0.0.2")], [("spec.clusterIP", "10.0.0.1")],
     "may not change once set"),
    ("Service", [("spec.healthCheckNodePort", 30001)],
     [("spec.type", "LoadBalancer"), ("spec.externalTrafficPolicy", "Local"),
      ("spec.healthCheckNodePort", 30000)], "spec.healthCheckNodePort: Invalid value: 30001: fi"),
    ("ConfigMap", [("data", {"a": "c"})], [("immutable", True)],
     "data: Forbidden: field is immutable when `immutable` is set"),
    ("ConfigMap", [("immutable", False)], [("immutable", True)], "immutable: Forbidden"),
    ("Secret", [("type", "other")], [], "type: Invalid value: \"other\": field is immutable"),
    ("EndpointSlice", [("addressType", "IPv6"), ("endpoints.0.addresses", ["fd00::1"])], [],
     "addressType: Invalid value: \"IPv6\": field is immutable"),
    ("Node", [("spec.podCIDR", "10.1.0.0/24")], [], "node updates may not change podCIDR except"),
    ("PriorityClass", [("value", 11)], [], "value: Forbidden: may not be changed in an update."),
    ("PriorityClass", [("preemptionPolicy", "Never")], [], "preemptionPolicy: Invalid value"),
    ("ClusterRoleBinding", [("roleRef.name", "other")], [], "cannot change roleRef"),
    ("PersistentVolume", [("spec.hostPath.path", "/x")], [], "spec.persistentvolumesource is imm"),
    ("PersistentVolumeClaim", [("spec.accessModes", ["ReadOnlyMany"])], [],
     "spec is immutable after creation except resources.requests"),
    ("PersistentVolumeClaim", [("spec.resources.requests.storage", "2Gi")], [],
     "spec is immutable after creation except resources.requests"),
    ("PersistentVolumeClaim", [("spec.resources.requests.storage", "1Mi")],
     [("status.phase", "Bound"), ("status.capacity", {"storage": "1Gi"})],
     "field can not be less than status.capacity"),
    ("PersistentVolumeClaim", [("spec.volumeName", "b")], [("spec.volumeName", "a")],
     "spec is immutable after creation except resources.requests"),
    ("StorageClass", [("parameters", {"a": "b"})], [], "updates to parameters are forbidden."),
    ("StorageClass", [("volumeBindingMode", "WaitForFirstConsumer")], [], "field is immutable"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "changes", "before", "message"),
    REFUSED,
    ids=[f"{each[0]}-{each[3][:50]}" for each in REFUSED],
)
def test_refused(
    kind: str, changes: list[tuple[str, Any]], before: list[tuple[str, Any]], message: str
) -> None:
    """Each thing that may not change, changed once."""
    with pytest.raises(Invalid) as caught:
        _updated(kind, changes, before)
    assert message in str(caught.value)


ALLOWED = [
    ("Pod", [(f"{C}.image", "nginx:2")], []),
    ("Pod", [("spec.activeDeadlineSeconds", 8)], [("spec.activeDeadlineSeconds", 9)]),
    ("Pod", [("spec.tolerations", [{"key": "a", "operator": "Exists"}])], []),
    ("Pod", [("spec.schedulingGates", [])], [("spec.schedulingGates", [{"name": "a"}])]),
    ("Pod", [("spec.terminationGracePeriodSeconds", 1)],
     [("spec.terminationGracePeriodSeconds", -1)]),
    ("Pod", [("spec.nodeSelector", {"a": "b", "c": "d"})],
     [("spec.schedulingGates", [{"name": "a"}]), ("spec.nodeSelector", {"a": "b"})]),
    ("Pod", [("spec.affinity", {"nodeAffinity": {}})],
     [("spec.schedulingGates", [{"name": "a"}])]),
    ("Deployment", [("spec.template.spec.containers.0.image", "x")], []),
    ("StatefulSet", [("spec.replicas", 3), ("spec.updateStrategy.rollingUpdate.partition", 1)], []),
    ("Job", [("spec.parallelism", 0), ("spec.suspend", True)], []),
    ("Job", [("spec.template.spec.nodeSelector", {"a": "b"})], [("spec.suspend", True)]),
    ("Job", [("spec.template.spec.nodeSelector", {"a": "b"})],
     [("spec.suspend", True), ("spec.template.spec.nodeSelector", {"a": "a"})]),
    ("Job", [("spec.completions", 3), ("spec.parallelism", 3)],
     [("spec.completionMode", "Indexed"), ("spec.completions", 2), ("spec.parallelism", 2)]),
    ("Node", [("spec.providerID", "x"), ("spec.unschedulable", True)], []),
    ("PersistentVolumeClaim", [("spec.volumeName", "v"), ("spec.storageClassName", "s")], []),
    ("PersistentVolumeClaim", [("spec.resources.requests.storage", "2Gi")],
     [("status.phase", "Bound"), ("spec.volumeName", "v")]),
    ("ConfigMap", [("immutable", True), ("data", {"a": "z"})], []),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "before"), ALLOWED)
def test_allowed(kind: str, changes: list[tuple[str, Any]], before: list[tuple[str, Any]]) -> None:
    """What may change is stored as it was sent, as a new generation where there are any."""
    new = _updated(kind, changes, before)
    assert changed(new, *changes) == new
    counted = REGISTRY.by_name(kind).strategy.has_generation
    assert new["metadata"].get("generation") == (2 if counted else None)


def test_annotations_of_deployments_are_a_generation() -> None:
    """They may describe a rollout; labels do not."""
    assert _updated("Deployment", [("metadata.annotations", {"a": "b"})])["metadata"][
        "generation"] == 2  # fmt: skip
    assert _updated("Deployment", [("metadata.labels", {"a": "b"})])["metadata"]["generation"] == 1


STATUSES = [
    ("Pod", [("status.qosClass", "Guaranteed")], [], "status.qosClass: Invalid value"),
    ("Pod", [("status.nominatedNodeName", "A")], [], "status.nominatedNodeName: Invalid value"),
    ("Pod", [("status.containerStatuses", [{"name": "c", "state": {"running": {}}}])],
     [("spec.restartPolicy", "Never"),
      ("status.containerStatuses", [{"name": "c", "state": {"terminated": {"exitCode": 0}}}])],
     "status.containerStatuses[0].state: Forbidden: may not be transitioned to non-terminated"),
    ("Namespace", [("status.phase", "Terminating")], [], "may only be 'Active' if"),
    ("Namespace", [], [("metadata.deletionTimestamp", "1970-01-01T00:00:00Z")],
     "may only be 'Terminating' if"),
    ("Deployment", [("status", {"conditions": [{"type": "A"}, {"type": "A"}]})], [],
     "status.conditions[1].type: Duplicate value: \"A\""),
    ("Deployment", [("status", {"replicas": 1, "readyReplicas": 2})], [],
     "status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas"),
    ("ReplicaSet", [("status", {"replicas": 2, "availableReplicas": 1})], [],
     "status.availableReplicas: Invalid value: 1: cannot be greater than readyReplicas"),
    ("StatefulSet", [("status", {"replicas": -1})], [], "status.replicas: Invalid value: -1"),
    ("DaemonSet", [("status", {"numberReady": -1})], [], "status.numberReady: Invalid value: -1"),
    ("Deployment", [("status", {})], [("status", {"collisionCount": 1})], "cannot be decremented"),
    ("Deployment", [("status", {"conditions": [{}]})], [], "status.conditions[0].type: Required"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "changes", "before", "message"), STATUSES)
def test_refused_of_the_status(
    kind: str, changes: list[tuple[str, Any]], before: list[tuple[str, Any]], message: str
) -> None:
    """Each rule of statuses, broken once."""
    with pytest.raises(Invalid) as caught:
        _updated(kind, changes, before, status=True)
    assert message in str(caught.value)


def test_the_status_of_a_pod() -> None:
    """A kubelet writes it; owners and class of service are kept for it."""
    before = [("metadata.ownerReferences", [
        {"apiVersion": "v1", "kind": "A", "name": "a", "uid": "u"}])]  # fmt: skip
    changes = [("status", {"phase": "Running"}), ("metadata.ownerReferences", []),
               ("spec.nodeName", "n")]  # fmt: skip
    new = _updated("Pod", changes, before, status=True)
    assert new["status"] == {"phase": "Running", "qosClass": "BestEffort"}
    assert new["metadata"]["ownerReferences"] == before[0][1]
    assert "nodeName" not in new["spec"]


def test_the_status_of_a_deployment() -> None:
    """With it go no labels."""
    changes = [("status", {"replicas": 1}), ("metadata.labels", {"a": "b"})]
    new = _updated("Deployment", changes, status=True)
    assert new["status"] == {"replicas": 1}
    assert "labels" not in new["metadata"]
    labelled = _updated("Deployment", changes, [("metadata.labels", {"c": "d"})], status=True)
    assert labelled["metadata"]["labels"] == {"c": "d"}


def test_the_finalizers_of_a_namespace() -> None:
    """An update leaves them: they have a subresource of their own."""
    assert _updated("Namespace", [("spec", {})])["spec"] == {"finalizers": ["kubernetes"]}


ALLOCATED = {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"]}


def test_addresses_of_services_are_kept() -> None:
    """A client that does not know them does not lose them."""
    before = [(f"spec.{name}", value) for name, value in ALLOCATED.items()]
    new = _updated("Service", [("spec.clusterIP", ...), ("spec.clusterIPs", ...)], before)
    assert {name: new["spec"][name] for name in ALLOCATED} == ALLOCATED


def test_the_port_of_health_checks_is_kept() -> None:
    """As long as there are any: it goes with the policy that needs them."""
    before = [("spec.type", "LoadBalancer"), ("spec.externalTrafficPolicy", "Local"),
              ("spec.healthCheckNodePort", 30000)]  # fmt: skip
    for missing in (..., 0):
        kept = _updated("Service", [("spec.healthCheckNodePort", missing)], before)
        assert kept["spec"]["healthCheckNodePort"] == 30000
    without = _updated("Service", [("spec.externalTrafficPolicy", "Cluster")], before)
    assert "healthCheckNodePort" not in without["spec"]


def test_an_address_that_is_asked_for_stands_in_both_fields() -> None:
    """Also if the Service had none, being a name of something else."""
    before = [("spec.type", "ExternalName"), ("spec.externalName", "a.b")]
    changes = [("spec.type", "ClusterIP"), ("spec.clusterIP", "10.0.0.1")]
    assert _updated("Service", changes, before)["spec"]["clusterIPs"] == ["10.0.0.1"]


def test_addresses_go_with_the_type() -> None:
    """An external name needs none, and a service inside has no ports on the nodes."""
    before = [(f"spec.{name}", deep_copy(value)) for name, value in ALLOCATED.items()]
    changes = [("spec.type", "ExternalName"), ("spec.externalName", "a.b")]
    new = _updated("Service", changes, before)
    assert not {*ALLOCATED, "ipFamilies", "ipFamilyPolicy"} & new["spec"].keys()
    ported = [("spec.type", "NodePort"), ("spec.ports.0.nodePort", 30000)]
    inside = _updated("Service", [("spec.type", "ClusterIP")], ported)
    assert "nodePort" not in inside["spec"]["ports"][0]
    balanced = [("spec.type", "LoadBalancer"), ("spec.externalTrafficPolicy", "Cluster"),
                ("spec.allocateLoadBalancerNodePorts", True)]  # fmt: skip
    inside = _updated("Service", [("spec.type", "ClusterIP")], balanced)
    assert not {"externalTrafficPolicy", "allocateLoadBalancerNodePorts"} & inside["spec"].keys()
    kept = _updated("Service", [("spec.ports.0.nodePort", ...)], ported)
    assert kept["spec"]["ports"][0]["nodePort"] == 30000
