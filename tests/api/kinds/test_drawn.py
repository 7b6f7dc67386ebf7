"""Whatever clients send, an apiserver accepts it or says what is wrong: it never stumbles."""

import contextlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.errors import ApiError, Cause, Invalid
from kactors.api.objects import Object, deep_copy
from kactors.api.patch import apply_strategic_patch, create_strategic_patch
from kactors.api.registry import REGISTRY
from kactors.api.resource import Resource
from kactors.api.rest import before_create, before_update, fill_namespace, fill_system_fields
from kactors.api.schema import conform
from tests.api.kinds.drawn import drawn

EVERY = pytest.mark.parametrize("resource", tuple(REGISTRY), ids=lambda resource: resource.plural)


def _prepared(resource: Resource, sent: Object) -> Object:
    """Return what a client sent, named and filled in."""
    obj = conform(resource.schema, sent).obj
    meta = obj.setdefault("metadata", {})
    meta["name"] = "x"
    meta.pop("namespace", None)
    fill_namespace(resource, obj, "ns" if resource.namespaced else "")
    resource.strategy.default(obj)
    fill_system_fields(obj, uid="u-1", now_ns=0)
    return obj


@EVERY
@settings(max_examples=15)
@given(st.data())
def test_anything_is_accepted_or_refused(resource: Resource, data: st.DataObject) -> None:
    """Creation ends well or in an error with causes; what is accepted keeps its form."""
    obj = _prepared(resource, data.draw(drawn(resource.schema)))
    causes = _causes(resource, obj)
    assert all(cause.message for cause in causes)
    assert conform(resource.schema, obj).unknown == ()


def _causes(resource: Resource, obj: Object) -> tuple[Cause, ...]:
    """Return why an object is refused; nothing, if it is accepted."""
    try:
        before_create(resource, obj)
    except Invalid as error:
        return error.details.causes
    return ()


@EVERY
@settings(max_examples=15)
@given(st.data())
def test_any_change_is_accepted_or_refused(resource: Resource, data: st.DataObject) -> None:
    """So are updates, of the object and of its status; the old object is left alone."""
    old = _prepared(resource, data.draw(drawn(resource.schema)))
    new = _prepared(resource, data.draw(drawn(resource.schema)))
    before = deep_copy(old)
    for status in (False, True):
        with contextlib.suppress(ApiError):
            before_update(resource, deep_copy(new), old, status=status)
    assert old == before


@EVERY
@settings(max_examples=10)
@given(st.data())
def test_form_and_defaults_are_final(resource: Resource, data: st.DataObject) -> None:
    """What has its form keeps it, and what is filled in stays as it is."""
    obj = _prepared(resource, data.draw(drawn(resource.schema)))
    once = conform(resource.schema, obj).obj
    assert conform(resource.schema, once).obj == once
    again: Object = deep_copy(obj)
    resource.strategy.default(again)
    assert again == obj


@EVERY
@settings(max_examples=10)
@given(st.data())
def test_patches_lead_from_any_object_to_any(resource: Resource, data: st.DataObject) -> None:
    """The strategic merge patch made of two objects makes the second of the first."""
    old = conform(resource.schema, data.draw(drawn(resource.schema))).obj
    new = conform(resource.schema, data.draw(drawn(resource.schema))).obj
    patch = create_strategic_patch(old, new, resource.schema)
    assert apply_strategic_patch(old, patch, resource.schema) == new
