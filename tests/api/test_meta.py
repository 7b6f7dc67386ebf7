"""The readers of metadata and of conditions."""

from kactors.api import meta

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {
        "name": "p", "namespace": "ns", "uid": "u-1", "generation": 3, "resourceVersion": "17",
        "labels": {"a": "b"}, "annotations": {"c": "d"}, "finalizers": ["f"],
        "creationTimestamp": "1970-01-01T00:00:01Z", "deletionTimestamp": "1970-01-01T00:00:02Z",
        "ownerReferences": [{"uid": "u-2"}, {"uid": "u-3", "controller": True}],
    },
    "status": {"conditions": [{"type": "Ready", "status": "True"}]},
}  # fmt: skip


def test_of_a_full_object() -> None:
    """Each reader returns its field."""
    assert meta.name_of(POD) == "p"
    assert meta.namespace_of(POD) == "ns"
    assert meta.uid_of(POD) == "u-1"
    assert meta.generation_of(POD) == 3
    assert meta.resource_version_of(POD) == "17"
    assert meta.revision_of(POD) == 17
    assert meta.labels_of(POD) == {"a": "b"}
    assert meta.annotations_of(POD) == {"c": "d"}
    assert meta.finalizers_of(POD) == ["f"]
    assert meta.kind_of(POD) == "Pod"
    assert meta.api_version_of(POD) == "v1"
    assert meta.creation_time_of(POD) == 10**9
    assert meta.deletion_time_of(POD) == 2 * 10**9
    assert meta.is_being_deleted(POD)
    assert meta.metadata_of(POD)["name"] == "p"


def test_of_an_empty_object() -> None:
    """What is missing, or null, reads as empty."""
    for empty in ({}, {"metadata": None, "status": None}):
        assert meta.name_of(empty) == meta.namespace_of(empty) == meta.uid_of(empty) == ""
        assert meta.key_of(empty) == meta.kind_of(empty) == meta.api_version_of(empty) == ""
        assert meta.labels_of(empty) == meta.annotations_of(empty) == {}
        assert not meta.finalizers_of(empty)
        assert not meta.owners_of(empty)
        assert meta.generation_of(empty) == meta.revision_of(empty) == 0
        assert meta.creation_time_of(empty) == 0
        assert meta.deletion_time_of(empty) is None
        assert not meta.is_being_deleted(empty)
        assert meta.owner_of_controller(empty) is None
        assert meta.get_condition(empty, "Ready") is None
        assert meta.metadata_of(empty) == {}


def test_keys() -> None:
    """A key is taken apart into what it was made of."""
    assert meta.key_of(POD) == "ns/p"
    assert meta.split_key("ns/p") == ("ns", "p")
    assert meta.split_key("p") == ("", "p")


def test_owners() -> None:
    """The controller is the owner that says so, and is known by its uid."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "r", "uid": "u-3"}}
    assert meta.owner_of_controller(POD) == {"uid": "u-3", "controller": True}
    assert meta.is_controlled_by(POD, owner)
    assert not meta.is_controlled_by({}, owner)
    reference = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u-3"}
    assert meta.owner_reference(owner) == reference
    assert meta.controller_ref(owner) == {
        **reference, "controller": True, "blockOwnerDeletion": True,
    }  # fmt: skip


def test_object_reference() -> None:
    """A reference has what identifies the object, and leaves out what is empty."""
    assert meta.object_reference({"kind": "Node", "metadata": {"name": "n"}}) == {
        "kind": "Node", "name": "n",
    }  # fmt: skip
    assert meta.object_reference(POD)["resourceVersion"] == "17"


def test_conditions() -> None:
    """A condition is found by its type; the time of its last change stays until it changes."""
    assert meta.is_true(POD, "Ready")
    assert not meta.is_true(POD, "Initialized")
    before = [{"type": "A", "status": "True", "lastTransitionTime": "t1"}, {"type": "B"}]
    same = meta.with_condition(before, {"type": "A", "status": "True", "lastTransitionTime": "t2"})
    assert same == before
    other = {"type": "A", "status": "False", "lastTransitionTime": "t2"}
    assert meta.with_condition(before, other) == [other, {"type": "B"}]
    assert meta.with_condition([], other) == [other]
