"""The registry: what is in it, and how it is found."""

import pytest

from kactors.api.errors import UnknownKind
from kactors.api.registry import REGISTRY
from kactors.api.resource import VERBS, Resource, text_at

KINDS = [
    "Namespace", "Node", "Pod", "Service", "Endpoints", "EndpointSlice", "ConfigMap", "Secret",
    "ServiceAccount", "PersistentVolume", "PersistentVolumeClaim", "StorageClass", "ReplicaSet",
    "Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "PodDisruptionBudget",
    "ControllerRevision", "PriorityClass", "Event", "Lease", "Role", "ClusterRole", "RoleBinding",
    "ClusterRoleBinding",
]  # fmt: skip


def test_every_kind_is_there() -> None:
    """There is one entry for each kind of the first whole cluster."""
    assert sorted(resource.kind for resource in REGISTRY) == sorted(KINDS)
    assert len(REGISTRY) == len(KINDS)


@pytest.mark.parametrize("resource", tuple(REGISTRY), ids=lambda resource: resource.plural)
def test_every_entry_is_found(resource: Resource) -> None:
    """By path, by kind, by object, and by each name that a person may use."""
    assert REGISTRY.get(resource.group, resource.version, resource.plural) is resource
    assert REGISTRY.find(resource.group, resource.version, resource.plural) is resource
    assert REGISTRY.of_kind(resource.api_version, resource.kind) is resource
    assert REGISTRY.find_kind(resource.api_version, resource.kind) is resource
    obj = {"apiVersion": resource.api_version, "kind": resource.kind}
    assert REGISTRY.of_object(obj) is resource
    for word in (resource.kind, resource.plural, *resource.short_names, resource.qualified_name):
        assert REGISTRY.by_name(word) is resource
    assert resource.verbs == VERBS
    assert resource.list_kind == resource.kind + "List"


def test_what_is_not_there() -> None:
    """The error says what was asked for."""
    assert REGISTRY.find("", "v1", "widgets") is None
    assert REGISTRY.find_kind("v1", "Widget") is None
    with pytest.raises(UnknownKind, match="widgets"):
        REGISTRY.get("", "v1", "widgets")
    with pytest.raises(UnknownKind, match="Widget"):
        REGISTRY.of_object({"apiVersion": "v1", "kind": "Widget"})
    with pytest.raises(UnknownKind, match="wg"):
        REGISTRY.by_name("wg")


def test_scope() -> None:
    """These kinds, and only these, are not in namespaces."""
    assert [resource.kind for resource in REGISTRY if not resource.namespaced] == [
        "Namespace", "Node", "PersistentVolume", "ClusterRole", "ClusterRoleBinding",
        "PriorityClass", "StorageClass",
    ]  # fmt: skip


def test_categories() -> None:
    """``all`` is what kubectl shows."""
    assert [resource.plural for resource in REGISTRY.in_category("all")] == [
        "pods", "services", "daemonsets", "deployments", "replicasets", "statefulsets", "cronjobs",
        "jobs",
    ]  # fmt: skip


def test_storage_prefixes() -> None:
    """Objects are stored where upstream stores them."""
    prefixes = {resource.plural: resource.storage_prefix for resource in REGISTRY}
    assert prefixes["nodes"] == "minions"
    assert prefixes["services"] == "services/specs"
    assert prefixes["endpoints"] == "services/endpoints"
    assert prefixes["pods"] == "pods"


def test_subresources() -> None:
    """A subresource is found by its name."""
    pods = REGISTRY.by_name("po")
    binding = pods.subresource("binding")
    assert binding is not None
    assert binding.verbs == ("create",)
    assert pods.subresource("scale") is None
    assert REGISTRY.by_name("sts").subresource("scale") is not None


def test_field_labels_of_pods() -> None:
    """What can be compared of a pod is text, empty where it is missing."""
    pod = {
        "metadata": {"name": "p", "namespace": "ns"},
        "spec": {"nodeName": "n", "hostNetwork": True},
        "status": {"podIPs": [{"ip": "10.0.0.1"}, {"ip": "fd00::1"}]},
    }
    fields = REGISTRY.by_name("po").fields_of(pod)
    assert fields["metadata.name"] == "p"
    assert fields["metadata.namespace"] == "ns"
    assert fields["spec.nodeName"] == "n"
    assert fields["spec.hostNetwork"] == "true"
    assert fields["status.podIPs"] == "10.0.0.1,fd00::1"
    assert fields["status.phase"] == ""


def test_field_labels_with_defaults() -> None:
    """Numbers and truth values that are missing are 0 and false."""
    assert REGISTRY.by_name("no").fields_of({})["spec.unschedulable"] == "false"
    assert (
        REGISTRY.by_name("jobs").fields_of({"status": {"succeeded": 3}})["status.successful"] == "3"
    )
    event = {"source": {}, "reportingComponent": "kubelet"}
    assert REGISTRY.by_name("ev").fields_of(event)["source"] == "kubelet"
    assert text_at("a", "b")({"a": 1}) == ""
