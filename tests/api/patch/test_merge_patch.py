"""Merge patches: the table and the laws of RFC 7386."""

from typing import Any

import pytest
from hypothesis import given

from kactors.api.errors import MalformedPatch
from kactors.api.objects import Object
from kactors.api.patch import apply_merge_patch, create_merge_patch
from tests.api.patch.values import OBJECTS, OBJECTS_WITH_NULL


@pytest.mark.parametrize(
    ("old", "patch", "new"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_the_table_of_the_rfc(old: Object, patch: Object, new: Object) -> None:
    """The examples of appendix A that are about objects."""
    assert apply_merge_patch(old, patch) == new


def test_only_objects_are_patches() -> None:
    """A list would replace the object."""
    patch: Any = [1]
    with pytest.raises(MalformedPatch, match="a merge patch is an object, list was found"):
        apply_merge_patch({}, patch)


@given(OBJECTS, OBJECTS)
def test_round_trip(old: Object, new: Object) -> None:
    """The patch that was made of two objects leads from one to the other, and is then empty."""
    found = apply_merge_patch(old, create_merge_patch(old, new))
    assert repr(_sorted(found)) == repr(_sorted(new))
    assert create_merge_patch(found, new) == {}


@pytest.mark.parametrize("other", [1, 1.0])
def test_values_that_are_equal_only_to_python(other: Any) -> None:
    """True is not 1, nor in a list, nor in an object in a list."""
    for old, new in ((True, other), ([True], [other]), ([{"a": [True]}], [{"a": [other]}])):
        assert create_merge_patch({"x": old}, {"x": new}) == {"x": new}


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(each) for each in value] if isinstance(value, list) else value


@given(OBJECTS, OBJECTS_WITH_NULL)
def test_twice_is_once(old: Object, patch: Object) -> None:
    """A patch that was applied changes nothing when it is applied again."""
    once = apply_merge_patch(old, patch)
    assert apply_merge_patch(once, patch) == once


@given(OBJECTS)
def test_the_empty_patch_changes_nothing(old: Object) -> None:
    """An empty object says nothing."""
    assert apply_merge_patch(old, {}) == old
