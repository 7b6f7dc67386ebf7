"""What holds for every kind: valid objects are stored, and stay valid."""

import pytest

from kactors.api.objects import Object, deep_copy
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.api.rest import before_update
from kactors.api.schema import conform
from tests.api.kinds.objects import VALID, created

EVERY = pytest.mark.parametrize("resource", tuple(REGISTRY), ids=lambda resource: resource.plural)


def test_every_kind_has_an_example() -> None:
    """A further kind needs one, too."""
    assert sorted(VALID) == sorted(resource.kind for resource in REGISTRY)


@EVERY
def test_a_valid_object_is_accepted(resource: Resource) -> None:
    """It gets its metadata, and nothing that the structure does not know."""
    obj = created(resource.kind)
    assert conform(resource.schema, obj).unknown == ()
    generation = obj["metadata"].get("generation")
    assert generation == (1 if resource.strategy.has_generation else None)
    assert obj["metadata"].get("namespace") == ("ns" if resource.namespaced else None)


@EVERY
def test_defaults_are_filled_in_once(resource: Resource) -> None:
    """Filling in what was filled in changes nothing."""
    obj = created(resource.kind)
    again = conform(resource.schema, obj).obj
    resource.strategy.default(again)
    assert again == obj


@EVERY
def test_an_update_that_changes_nothing(resource: Resource) -> None:
    """It is accepted, and leaves the object equal: no generation is counted."""
    old = created(resource.kind)
    new: Object = deep_copy(old)
    before_update(resource, new, old)
    assert new == old
    if resource.strategy.has_status:
        before_update(resource, new, old, status=True)
        assert new == old


@EVERY
def test_an_update_of_the_client_s_object(resource: Resource) -> None:
    """What a client sent first can be sent again: it says nothing else than what is stored."""
    old = created(resource.kind)
    new = created(resource.kind)
    new.pop("status", None)
    for name in ("uid", "creationTimestamp", "generation"):
        new["metadata"].pop(name, None)
    before_update(resource, new, old)
    assert new == old


@EVERY
def test_old_objects_are_left_alone(resource: Resource) -> None:
    """The object that is stored may be shared: no step of an update changes it."""
    old = created(resource.kind)
    kept = deep_copy(old)
    new: Object = deep_copy(old)
    new["metadata"]["labels"] = {"a": "b"}
    before_update(resource, new, old)
    if resource.strategy.has_status:
        before_update(resource, new, old, status=True)
    new["metadata"].pop("labels", None)
    for name in ("spec", "status"):
        new.get(name, {}).clear()
    assert old == kept
