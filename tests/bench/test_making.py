"""Objects that operations create."""

from pathlib import Path

from kactors.bench import making
from kactors.bench.operations import CreateNamespaces, CreateNodes, CreatePods, NodeLabel
from kactors.bench.template import Template


def test_nodes_have_their_names_as_labels_and_room() -> None:
    """What is allocatable follows from the capacity, as in the API."""
    first, second = making.nodes(CreateNodes(index=3, count=2))

    assert first["metadata"]["name"] == "node-3-00000"
    assert second["metadata"]["labels"] == {"kubernetes.io/hostname": "node-3-00001"}
    assert first["status"]["allocatable"] == {"cpu": "4", "memory": "32Gi", "pods": "110"}


def test_labels_go_round_or_are_unique() -> None:
    """Three nodes and two values: the third has the first value again."""
    turns = CreateNodes(index=0, count=3, label=NodeLabel("zone", ("a", "b")))
    unique = CreateNodes(index=0, count=2, label=NodeLabel("rack"))

    assert [each["metadata"]["labels"]["zone"] for each in making.nodes(turns)] == ["a", "b", "a"]
    assert [each["metadata"]["labels"]["rack"] for each in making.nodes(unique)] == ["0", "1"]


def test_pods_of_different_steps_have_different_names() -> None:
    """In one namespace, too."""
    first = list(making.pods(CreatePods(index=1, count=2, namespace="x")))
    second = list(making.pods(CreatePods(index=2, count=2, namespace="x")))

    names = [each["metadata"]["name"] for each in first + second]
    assert len(set(names)) == 4
    assert {each["metadata"]["namespace"] for each in first} == {"x"}


def test_a_name_in_the_template_is_kept() -> None:
    """And nothing of the template itself is changed."""
    fixed = {"kind": "Node", "metadata": {"name": "mine"}}
    template = Template(Path("n.yaml"), "", fixed)

    (found,) = making.nodes(CreateNodes(index=0, count=1, template=template))

    assert found["metadata"]["name"] == "mine"
    assert fixed == {"kind": "Node", "metadata": {"name": "mine"}}


def test_namespaces_are_numbered() -> None:
    """prefix-0, prefix-1."""
    found = making.namespaces(CreateNamespaces(index=0, prefix="ns", count=2))

    assert [each["metadata"]["name"] for each in found] == ["ns-0", "ns-1"]
