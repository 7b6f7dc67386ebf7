"""The order of fields, their defaults, and what cannot be a field."""

from collections import namedtuple
from typing import Any

import attrs
import pytest

from kactors.wire import DeclarationError, Registry, UnsupportedField, message
from kactors.wire.layout import record_layout
from tests.wire.zoo import ZOO, ByKeyword, Empty, NotLeader, Place, Scalars


@pytest.mark.parametrize(
    ("cls", "schema"),
    [
        (Empty, "zoo.empty()"),
        (NotLeader, "zoo.not-leader(member: int, hint: Place | None = None)"),
        (
            ByKeyword,
            "zoo.by-keyword(first: int, _private: str = 'p', last: int, extra: list[int] = list())",
        ),
    ],
)
def test_a_schema_reads_like_a_signature(cls: type, schema: str) -> None:
    """Fields come in the order of declaration, also those taken by keyword."""
    assert ZOO.schema(cls) == schema


@pytest.mark.parametrize(
    ("cls", "required"), [(Empty, 0), (Scalars, 7), (NotLeader, 1), (ByKeyword, 3)]
)
def test_what_must_be_there_goes_up_to_the_last_field_without_a_default(
    cls: type, required: int
) -> None:
    """A default before it is of no use to a reader."""
    assert ZOO.layout(cls).required == required


def test_a_namedtuple_has_no_tag() -> None:
    """It is known by where it stands."""
    layout = record_layout(Place, lambda _cls: False)
    assert str(layout) == "(host: str, name: str, zone: str | None = None)"
    assert (layout.tag, layout.head, layout.required) == (None, 0, 2)


def test_a_namedtuple_without_annotations_is_refused() -> None:
    """``collections.namedtuple`` does not say what is in it."""
    untyped = namedtuple("untyped", "host name")
    with pytest.raises(UnsupportedField, match=r"use typing\.NamedTuple"):
        record_layout(untyped, lambda _cls: False)


def test_a_field_that_the_constructor_does_not_take_is_refused() -> None:
    """The decoder could not set it."""
    with pytest.raises(DeclarationError, match=r"Derived\.length has init=False.*property"):

        @message("test.derived", registry=Registry())
        class Derived:
            length: int = attrs.field(init=False, default=0)


def test_a_field_without_an_annotation_is_refused() -> None:
    """There is nothing to check it against."""
    bare: Any = attrs.make_class("Bare", ["number"])
    with pytest.raises(UnsupportedField, match="annotate it"):
        Registry().add(bare, "test.bare")
