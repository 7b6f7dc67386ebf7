"""JSON patches."""

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedPatch, PatchFailed, RequestEntityTooLarge
from kactors.api.objects import Object, deep_copy
from kactors.api.patch import apply_json_patch, create_json_patch
from tests.api.patch.values import OBJECTS, VALUES

OLD = {"metadata": {"finalizers": ["a", "b"]}, "spec": {"x": 1}}


def test_operations() -> None:
    """They are applied one after another; the object is not changed."""
    before = deep_copy(OLD)
    patch = [
        {"op": "test", "path": "/metadata/finalizers/0", "value": "a"},
        {"op": "remove", "path": "/metadata/finalizers/0"},
        {"op": "add", "path": "/metadata/finalizers/-", "value": "c"},
        {"op": "replace", "path": "/spec/x", "value": {"y": 2}},
        {"op": "copy", "from": "/spec/x", "path": "/spec/z"},
    ]
    assert apply_json_patch(OLD, patch) == {
        "metadata": {"finalizers": ["b", "c"]},
        "spec": {"x": {"y": 2}, "z": {"y": 2}},
    }
    assert before == OLD


@pytest.mark.parametrize(
    "patch",
    [
        [{"op": "test", "path": "/spec/x", "value": 2}],
        [{"op": "remove", "path": "/spec/y"}],
        [{"op": "replace", "path": "/spec/x/y/z", "value": 1}],
        [{"op": "add", "path": "/metadata/finalizers/9", "value": 1}],
        [{"op": "add", "path": "/metadata/finalizers/x", "value": 1}],
    ],
)
def test_what_does_not_apply(patch: Any) -> None:
    """A failed test, and a path that is not there, fail the whole patch."""
    with pytest.raises(PatchFailed, match="does not apply"):
        apply_json_patch(OLD, patch)


@pytest.mark.parametrize(
    "patch", [{}, "x", [{"op": "sing", "path": "/a"}], [{"path": "/a"}], [1], [{"op": "add"}]]
)
def test_what_is_no_patch(patch: Any) -> None:
    """Anything but a list of known operations is refused."""
    with pytest.raises((MalformedPatch, PatchFailed)):
        apply_json_patch(OLD, patch)


def test_too_many_operations() -> None:
    """There is a limit."""
    with pytest.raises(RequestEntityTooLarge, match="10000, got 10001"):
        apply_json_patch(OLD, [{"op": "test", "path": "", "value": OLD}] * 10_001)


PATHS = st.sampled_from(["", "/", "/a", "/a/b", "/a/0", "/a/-", "/a/0/b", "/b/-1", "a", "/~"])
OPERATIONS = st.fixed_dictionaries(
    {"op": st.sampled_from(["add", "remove", "replace", "move", "copy", "test", "sing"])},
    optional={"path": PATHS, "from": PATHS, "value": VALUES},
)


@given(OBJECTS, st.lists(OPERATIONS, max_size=4))
def test_any_operations_apply_or_fail(old: Object, patch: list[Object]) -> None:
    """Nothing but the two errors comes out, and the object is never changed."""
    before = deep_copy(old)
    with contextlib.suppress(MalformedPatch, PatchFailed):
        apply_json_patch(old, patch)
    assert old == before


@given(OBJECTS, OBJECTS)
def test_round_trip(old: Object, new: Object) -> None:
    """The patch that was made of two objects leads from one to the other."""
    assert apply_json_patch(old, create_json_patch(old, new)) == new
