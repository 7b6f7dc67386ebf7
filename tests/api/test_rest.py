"""The steps of every write."""

from typing import Any

import pytest

from kactors.api.errors import BadRequest, Invalid
from kactors.api.objects import Object, deep_copy
from kactors.api.registry import REGISTRY
from kactors.api.rest import (
    before_create,
    before_update,
    fill_name,
    fill_namespace,
    fill_system_fields,
)

LEASE = REGISTRY.by_name("leases")
NODE = REGISTRY.by_name("nodes")


def _lease(**meta: Any) -> Object:
    found = {"name": "l", "namespace": "ns", "uid": "u", "creationTimestamp": "t0", **meta}
    return {"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "metadata": found, "spec": {}}


def test_the_namespace_of_the_request() -> None:
    """It is given to an object that has none; another one is refused."""
    obj: Object = {}
    fill_namespace(LEASE, obj, "ns")
    assert obj["metadata"] == {"namespace": "ns"}
    with pytest.raises(BadRequest, match="does not match the namespace sent on the request"):
        fill_namespace(LEASE, obj, "other")


def test_kinds_without_namespaces() -> None:
    """Objects lose a namespace that they should not have."""
    obj: Object = {"metadata": {"namespace": "ns"}}
    fill_namespace(NODE, obj, "")
    assert obj["metadata"] == {}


def test_generated_names() -> None:
    """Five characters are added to the prefix, which is cut; a name that is there stays."""
    obj: Object = {"metadata": {"generateName": "a" * 80}}
    assert fill_name(obj, lambda below: below - 1)
    assert obj["metadata"]["name"] == "a" * 58 + "99999"
    assert not fill_name(obj, lambda _: 0)
    assert not fill_name({"metadata": {}}, lambda _: 0)


def test_system_fields() -> None:
    """A client cannot choose them."""
    obj: Object = {"metadata": {"uid": "mine", "deletionTimestamp": "t", "resourceVersion": "9"}}
    fill_system_fields(obj, uid="u-1", now_ns=0)
    assert obj["metadata"] == {"uid": "u-1", "creationTimestamp": "1970-01-01T00:00:00Z"}


def test_creation() -> None:
    """What breaks the rules is refused with a cause for each fault."""
    assert before_create(LEASE, _lease()) == []
    with pytest.raises(Invalid) as caught:
        before_create(LEASE, _lease(name="No", labels={"-": "x"}))
    fields = [error.field for error in caught.value.errors]
    assert fields == ["metadata.name", "metadata.labels"]
    assert caught.value.details.group == "coordination.k8s.io"


def test_an_update_keeps_what_is_the_servers() -> None:
    """Uid and times are those of before, whatever the client sent."""
    old = _lease(deletionTimestamp="t1", deletionGracePeriodSeconds=0)
    new = _lease()
    del new["metadata"]["uid"]
    new["metadata"]["creationTimestamp"] = "t9"
    before_update(LEASE, new, old)
    assert new["metadata"] == old["metadata"]


def test_an_update_cannot_begin_the_deletion() -> None:
    """A deletion timestamp that was not there is dropped."""
    new = _lease(deletionTimestamp="t1", deletionGracePeriodSeconds=3)
    before_update(LEASE, new, _lease())
    assert new == _lease()


@pytest.mark.parametrize(
    ("meta", "field"), [({"uid": "other"}, "metadata.uid"), ({"name": "b"}, "metadata.name")]
)
def test_identity_is_immutable(meta: Object, field: str) -> None:
    """Another uid or another name is another object."""
    with pytest.raises(Invalid) as caught:
        before_update(LEASE, _lease(**meta), _lease())
    assert [error.field for error in caught.value.errors] == [field]
    assert "field is immutable" in str(caught.value)


def test_no_new_finalizers_during_deletion() -> None:
    """Finalizers may only go."""
    old = _lease(deletionTimestamp="t", finalizers=["a/b", "a/c"])
    before_update(LEASE, _lease(finalizers=["a/c"]), old)
    with pytest.raises(Invalid, match=r'found new finalizers \[\]string{"a/d"}'):
        before_update(LEASE, _lease(finalizers=["a/d"]), old)


def test_the_status_is_apart() -> None:
    """An update leaves the status, an update of the status leaves the rest."""
    old: Object = {"metadata": {"name": "n", "uid": "u"}, "spec": {"podCIDR": "10.0.0.0/24"},
                   "status": {"phase": "a"}}  # fmt: skip
    new = deep_copy(old)
    new["spec"]["unschedulable"] = True
    new["status"]["phase"] = "b"
    by_spec, by_status = deep_copy(new), deep_copy(new)
    before_update(NODE, by_spec, old)
    assert by_spec == {**new, "status": old["status"]}
    before_update(NODE, by_status, old, status=True)
    assert by_status == {**new, "spec": old["spec"]}


def test_generations_count_changes_of_the_spec() -> None:
    """They start at 1, whatever the client says, and ignore metadata and status."""
    resource = REGISTRY.by_name("endpointslices")
    old: Object = {"metadata": {"name": "s", "namespace": "ns", "generation": 9},
                   "addressType": "IPv4", "endpoints": [], "ports": []}  # fmt: skip
    before_create(resource, old)
    assert old["metadata"]["generation"] == 1
    relabelled = deep_copy(old)
    relabelled["metadata"]["labels"] = {"a": "b"}
    before_update(resource, relabelled, old)
    assert relabelled["metadata"]["generation"] == 1
    changed = {**deep_copy(old), "endpoints": [{"addresses": ["10.0.0.1"]}]}
    changed["metadata"]["generation"] = 7
    before_update(resource, changed, old)
    assert changed["metadata"]["generation"] == 2
