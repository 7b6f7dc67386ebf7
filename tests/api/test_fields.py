"""Field selectors."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.api.errors import MalformedSelector
from kactors.api.fields import EVERY_FIELD, FieldSelector, FieldTerm
from kactors.api.meta import name_of


def test_terms() -> None:
    """Every term must hold; a field that is missing is empty."""
    selector = FieldSelector.parse("status.phase=Running,spec.nodeName!=n1,x==")
    assert selector.matches({"status.phase": "Running", "spec.nodeName": "n2"})
    assert not selector.matches({"status.phase": "Running", "spec.nodeName": "n1"})
    assert not selector.matches({"status.phase": "Running", "x": "1"})
    assert selector.fields() == ("status.phase", "spec.nodeName", "x")


def test_required_value() -> None:
    """An index can be asked when a field must have one value."""
    selector = FieldSelector.parse("a=1,b!=2")
    assert selector.required_value("a") == "1"
    assert selector.required_value("b") is None
    assert selector.required_value("c") is None


def test_objects_are_read_through_getters() -> None:
    """Only the fields that are compared are read of an object."""
    selector = FieldSelector.of("metadata.name", "n1")
    assert selector.matches_object({"metadata": {"name": "n1"}}, {"metadata.name": name_of})
    assert not selector.matches_object({"metadata": {"name": "n2"}}, {"metadata.name": name_of})


def test_nothing_is_everything() -> None:
    """Empty text, and commas alone, compare nothing."""
    assert FieldSelector.parse("") == FieldSelector.parse(",") == EVERY_FIELD
    assert EVERY_FIELD.everything


@pytest.mark.parametrize("text", ["a", "a=b=c", r"a=\x", "a=b\\"])
def test_malformed(text: str) -> None:
    """Text without an operator, or with a bad escape, is refused."""
    with pytest.raises(MalformedSelector, match="invalid"):
        FieldSelector.parse(text)


@given(st.lists(st.builds(FieldTerm, st.sampled_from(["a", "b.c"]), st.text(), st.booleans())))
def test_round_trip(terms: list[FieldTerm]) -> None:
    """Whatever the values, the text of a selector is parsed to the same selector."""
    selector = FieldSelector(tuple(terms))
    assert FieldSelector.parse(str(selector)) == selector
