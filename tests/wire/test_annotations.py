"""Which annotations have a wire form, and what the others are told."""

import collections.abc
import datetime as dt
import enum
from typing import Any, Generic, List, Literal, NamedTuple, NewType, Optional, TypeVar  # noqa: UP035 - old spellings are annotations too

import attrs
import pytest

from kactors.wire import UnsupportedField
from kactors.wire.annotations import Parser
from kactors.wire.shapes import Shape
from tests.wire.zoo import Asks, Colour, Done, Mood, Place, Put, Size

T = TypeVar("T")
Revision = NewType("Revision", int)
Recursive = list["Recursive"]


class Letters(enum.Flag):
    """Combines."""

    A = 1
    B = 2


class Mixed(enum.Enum):
    """Values of two types."""

    ONE = 1
    TWO = "two"


class Void(enum.Enum):
    """No member."""


@attrs.frozen
class Undecorated:
    """An attrs class that is no message."""

    number: int


class Stateful:
    """Not a marker: instances have a ``__dict__``."""


class Untyped(NamedTuple):
    """A record that is fine."""

    number: int


def parse(annotation: object) -> Shape:
    """Parse as the field of a class for which `Put` and `Done` are the only messages."""
    return Parser("Demo.field", lambda cls: cls in (Put, Done)).parse(annotation)


@pytest.mark.parametrize(
    ("annotation", "shape"),
    [
        (int, "int"),
        (None, "None"),
        (type(None), "None"),
        (Any, "Any"),
        (Revision, "int"),
        (Optional[int], "int | None"),  # noqa: UP045 - as the import
        (int | None | str, "int | None | str"),
        (List[int], "list[int]"),  # noqa: UP006 - as the import
        (tuple[int, ...], "tuple[int, ...]"),
        (tuple[int, str], "tuple[int, str]"),
        (tuple[()], "tuple[()]"),
        (frozenset[str], "frozenset[str]"),
        (frozenset[tuple[int, Place]], "frozenset[tuple[int, Place]]"),
        (dict[str, Any], "dict[str, Any]"),
        (dict[Place, int], "dict[Place, int]"),
        (dict[int | Mood, int], "dict[int | Mood, int]"),
        (Colour, "Colour"),
        (Size, "Size"),
        (Literal["a", "b"], "Literal['a', 'b']"),
        (Literal["a", 1, None, "b"], "Literal[1] | Literal['a', 'b'] | None"),
        (Literal[None], "None"),
        (Place, "Place"),
        (Put, "Put"),
        (Put | None | Done, "None | Put | Done"),
        (object, "object"),
        (Asks[Done], "Asks"),
        (Asks[Any] | Put | str, "str | Asks | Put"),
        (Exception, "Exception"),
    ],
)
def test_an_annotation_has_a_shape(annotation: object, shape: str) -> None:
    """Shapes print as annotations do."""
    assert str(parse(annotation)) == shape


@pytest.mark.parametrize(
    ("annotation", "instead"),
    [
        (list, r"as in list\[int\]"),
        (tuple, r"as in tuple\[int, \.\.\.\]"),
        (dict, r"as in dict\[str, int\]"),
        (frozenset, r"as in frozenset\[str\]"),
        (set, r"use frozenset\[X\]"),
        (set[int], r"use frozenset\[X\]"),
        (bytearray, "use bytes"),
        (memoryview, "use bytes"),
        (complex, "use tuple"),
        (dt.datetime, "use int, float"),
        (collections.abc.Sequence, "use int, float"),
        (collections.abc.Sequence[int], "use list, tuple"),
        (collections.abc.Mapping[str, int], "use list, tuple"),
        (collections.abc.Callable[[int], int], "use list, tuple"),
        (Letters, "use int"),
        (Mixed, "all int or all str"),
        (Void, "all int or all str"),
        (Literal[Colour.RED], "use the enumeration itself"),
        (Undecorated, "decorate that class with @message"),
        (Stateful, "__slots__"),
        (T, "use a class"),
        ("forward", "use a class"),
        (Recursive, "use a class"),
        (dict[list[int], int], "has no hash"),
        (dict[Put, int], "has no hash"),
        (dict[Any, int], "has no hash"),
        (frozenset[Put], "has no hash"),
        (frozenset[tuple[int, dict[str, int]]], "has no hash"),
        (frozenset[int | tuple[list[int], ...]], "has no hash"),
        (int | set[int], "use frozenset"),
    ],
)
def test_other_annotations_are_told_what_to_use(annotation: object, instead: str) -> None:
    """The error names the field, what was found, and what to write."""
    with pytest.raises(UnsupportedField, match=rf"Demo\.field is annotated .*{instead}") as caught:
        parse(annotation)
    assert caught.value.where == "Demo.field"


@pytest.mark.parametrize(
    ("annotation", "kind"),
    [
        (list[int] | tuple[int, ...], "array"),
        (list[int] | list[str], "array"),
        (Put | list[int], "array"),
        (Put | Place, "array"),
        (Place | dict[int, int], "array"),
        (dict[str, int] | dict[bytes, int], "map"),
        (str | Colour, "str"),
        (Mood | Colour, "str"),
        (Literal["a"] | str, "str"),
        (int | Size, "int"),
        (Revision | Literal[1], "int"),
        (Any | int, "int"),
        (Any | None, "nil"),
    ],
)
def test_a_union_that_readers_cannot_tell_apart_is_refused(annotation: object, kind: str) -> None:
    """Members are told apart by their msgpack type, and messages by their tags."""
    with pytest.raises(UnsupportedField, match=f"both a msgpack {kind}.*wrap one of them"):
        parse(annotation)


def test_the_same_member_twice_is_no_ambiguity() -> None:
    """A NewType of an int is an int."""
    assert str(parse(int | Revision | None)) == "int | None"


def test_an_alias_that_contains_itself_ends_in_an_error() -> None:
    """``type X = list[X]`` of Python 3.12 would be parsed for ever."""

    class TypeAliasType:
        """Looks like an alias to Python 3.11."""

        @property
        def __value__(self) -> object:
            return list[self]  # type: ignore[valid-type] # a value, not a type

    with pytest.raises(UnsupportedField, match="contains itself"):
        parse(TypeAliasType())


def test_an_alias_is_looked_through() -> None:
    """``type X = int`` of Python 3.12 is an int."""

    class TypeAliasType:
        """Looks like an alias to Python 3.11."""

        __value__ = int | None

    assert str(parse(TypeAliasType())) == "int | None"


def test_a_marker_is_a_base_class_without_state() -> None:
    """Anything that could hold something is not."""

    class Marker(Generic[T]):
        __slots__ = ()

    assert str(parse(Marker)).endswith("Marker")
