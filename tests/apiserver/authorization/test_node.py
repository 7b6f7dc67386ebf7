"""Tests of what nodes may do."""

from typing import Any

import pytest

from kactors.api.fields import FieldSelector
from kactors.api.objects import Object
from kactors.apiserver.authentication.user import User, node_user
from kactors.apiserver.authorization.attributes import Attributes
from tests.apiserver.authorization.world import Objects


def pod(name: str, node: str) -> Object:
    """Return a pod on a node that refers to one of each."""
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "team"},
        "spec": {
            "nodeName": node,
            "serviceAccountName": f"account-{name}",
            "imagePullSecrets": [{"name": f"pull-{name}"}],
            "volumes": [
                {"name": "s", "secret": {"secretName": f"secret-{name}"}},
                {"name": "c", "configMap": {"name": f"config-{name}"}},
                {"name": "v", "persistentVolumeClaim": {"claimName": f"claim-{name}"}},
                {"name": "e", "ephemeral": {}},
                {"name": "p", "projected": {"sources": [{"configMap": {"name": f"ca-{name}"}}]}},
            ],
            "containers": [
                {
                    "name": "main",
                    "envFrom": [{"secretRef": {"name": f"from-{name}"}}],
                    "env": [
                        {"name": "A", "valueFrom": {"secretKeyRef": {"name": f"key-{name}"}}},
                        {"name": "B", "valueFrom": {"configMapKeyRef": {"name": f"cmkey-{name}"}}},
                    ],
                }
            ],
        },
    }


def volume(name: str, claim: str) -> Object:
    """Return a volume that is claimed."""
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name},
        "spec": {"claimRef": {"namespace": "team", "name": claim}},
    }


OBJECTS = Objects(
    [pod("a", "n1"), pod("b", "n2"), volume("va", "claim-a"), volume("vb", "claim-b")]
)
NODE = node_user("n1")

ALLOWED = [
    ("get", "secrets", "secret-a"),
    ("list", "secrets", "pull-a"),
    ("watch", "secrets", "from-a"),
    ("get", "secrets", "key-a"),
    ("get", "configmaps", "config-a"),
    ("watch", "configmaps", "ca-a"),
    ("get", "configmaps", "cmkey-a"),
    ("get", "persistentvolumeclaims", "claim-a"),
    ("get", "persistentvolumeclaims", "a-e"),
    ("update", "persistentvolumeclaims/status", "claim-a"),
    ("create", "serviceaccounts/token", "account-a"),
    ("get", "pods", "a"),
    ("create", "pods", ""),
    ("delete", "pods", "b"),  # NodeRestriction refuses it: not this decision
    ("update", "pods/status", "a"),
    ("create", "pods/eviction", "a"),
    ("list", "services", ""),
    ("create", "events", ""),
]
REFUSED = [
    ("get", "secrets", "secret-b"),
    ("get", "secrets", ""),
    ("list", "secrets", ""),
    ("update", "secrets", "secret-a"),
    ("delete", "configmaps", "config-a"),
    ("get", "configmaps", "config-b"),
    ("get", "configmaps", "secret-a"),
    ("list", "persistentvolumeclaims", "claim-a"),
    ("get", "persistentvolumeclaims", "claim-b"),
    ("update", "persistentvolumeclaims/status", "claim-b"),
    ("get", "serviceaccounts", "account-a"),
    ("create", "serviceaccounts/token", "account-b"),
    ("get", "pods", "b"),
    ("get", "pods", "none"),
    ("list", "pods", ""),
    ("update", "pods", "a"),
    ("create", "pods/binding", "a"),
    ("create", "services", ""),
    ("list", "namespaces", ""),
    ("create", "rolebindings", ""),
]


def asked(verb: str, resource: str, name: str, namespace: str = "team", **more: Any) -> Attributes:
    """Return a question of node n1."""
    plural, _, subresource = resource.partition("/")
    return Attributes(NODE, verb, "", plural, namespace, name, subresource, **more)


@pytest.mark.parametrize(("verb", "resource", "name"), ALLOWED)
def test_a_node_may_what_its_pods_need(verb: str, resource: str, name: str) -> None:
    """What a pod on the node refers to, however it does, and the pods themselves."""
    assert OBJECTS.authorizer.allows(asked(verb, resource, name))


@pytest.mark.parametrize(("verb", "resource", "name"), REFUSED)
def test_a_node_may_nothing_of_others(verb: str, resource: str, name: str) -> None:
    """Not what pods of other nodes refer to, and not what nodes never need."""
    assert not OBJECTS.authorizer.allows(asked(verb, resource, name))


def test_a_node_reads_the_volumes_of_its_pods() -> None:
    """By the claim that they are bound to."""
    assert OBJECTS.authorizer.allows(asked("get", "persistentvolumes", "va", ""))
    for name in ("vb", "none"):
        assert not OBJECTS.authorizer.allows(asked("get", "persistentvolumes", name, ""))


def test_a_node_reads_itself_and_lists_its_own_pods() -> None:
    """By name or by a selector that leaves nothing else."""
    own = FieldSelector.of("spec.nodeName", "n1")
    other = FieldSelector.of("spec.nodeName", "n2")

    assert OBJECTS.authorizer.allows(asked("watch", "pods", "", "", fields=own))
    assert not OBJECTS.authorizer.allows(asked("watch", "pods", "", "", fields=other))
    assert OBJECTS.authorizer.allows(asked("get", "nodes", "n1", ""))
    assert not OBJECTS.authorizer.allows(asked("get", "nodes", "n2", ""))
    assert not OBJECTS.authorizer.allows(asked("list", "nodes", "", ""))
    named = FieldSelector.of("metadata.name", "n1")
    assert OBJECTS.authorizer.allows(asked("watch", "nodes", "", "", fields=named))
    assert not OBJECTS.authorizer.allows(asked("delete", "nodes", "n1", ""))
    assert OBJECTS.authorizer.allows(asked("patch", "nodes/status", "n1", ""))


def test_a_node_keeps_its_own_lease() -> None:
    """In the namespace of the nodes' leases, under its name."""

    def lease(verb: str, name: str, namespace: str = "kube-node-lease") -> bool:
        group = "coordination.k8s.io"
        return OBJECTS.authorizer.allows(Attributes(NODE, verb, group, "leases", namespace, name))

    assert lease("create", "")
    assert lease("update", "n1")
    assert not lease("update", "n2")
    assert not lease("list", "")
    assert not lease("get", "n1", "kube-system")


def test_csi_nodes_are_the_nodes_own() -> None:
    """A node writes the one of its name and no subresource of it."""

    def csi(verb: str, name: str, subresource: str = "") -> bool:
        question = Attributes(NODE, verb, "storage.k8s.io", "csinodes", "", name, subresource)
        return OBJECTS.authorizer.allows(question)

    assert csi("update", "n1")
    assert not csi("update", "n2")
    assert not csi("list", "")
    assert not csi("update", "n1", "status")


def test_who_is_no_node_has_no_rights_of_one() -> None:
    """The name without the group is nobody's."""
    impostor = User("system:node:n1", ("system:authenticated",))
    question = Attributes(impostor, "get", "", "pods", "team", "a")

    assert not OBJECTS.authorizer.allows(question)
