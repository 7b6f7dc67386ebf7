"""What may stand in a field, as data: annotations after parsing.

A shape knows its *kinds*: the msgpack types by which a reader recognises it. Two shapes with
a kind in common cannot stand in one union.
"""

from enum import Enum
from typing import TypeAlias

import attrs

#: The msgpack type that carries each Python scalar.
SCALAR_KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    float: "float",
    str: "str",
    bytes: "bin",
}


@attrs.frozen
class Nothing:
    """``None``."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Only nil."""
        return ("nil",)

    def __str__(self) -> str:
        return "None"


@attrs.frozen
class Scalar:
    """A ``bool``, ``int``, ``float``, ``str`` or ``bytes``."""

    type: type

    @property
    def kinds(self) -> tuple[str, ...]:
        """The scalar's own msgpack type."""
        return (SCALAR_KINDS[self.type],)

    def __str__(self) -> str:
        return self.type.__name__


@attrs.frozen
class Choice:
    """A member of an enumeration, carried by its value.

    Attributes:
        enum: the enumeration.
        scalar: the type of all its values.
    """

    enum: type[Enum]
    scalar: type

    @property
    def kinds(self) -> tuple[str, ...]:
        """The msgpack type of the values."""
        return (SCALAR_KINDS[self.scalar],)

    def __str__(self) -> str:
        return self.enum.__qualname__


@attrs.frozen
class Constant:
    """One of the values of a ``Literal``, all of one type.

    Attributes:
        scalar: their type.
        values: the values, in the order written.
    """

    scalar: type
    values: tuple[bool | int | str | bytes, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """The msgpack type of the values."""
        return (SCALAR_KINDS[self.scalar],)

    def __str__(self) -> str:
        return f"Literal[{', '.join(map(repr, self.values))}]"


@attrs.frozen
class Sequence:
    """Any number of elements of one shape.

    Attributes:
        container: ``list``, ``tuple`` or ``frozenset``.
        element: the shape of each.
    """

    container: type
    element: "Shape"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Carried by an array; a frozenset's is sorted by encoded form."""
        return ("array",)

    def __str__(self) -> str:
        more = ", ..." if self.container is tuple else ""
        return f"{self.container.__name__}[{self.element}{more}]"


@attrs.frozen
class FixedTuple:
    """A tuple with one shape for each position."""

    elements: "tuple[Shape, ...]"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Carried by an array."""
        return ("array",)

    def __str__(self) -> str:
        return f"tuple[{', '.join(map(str, self.elements)) or '()'}]"


@attrs.frozen
class Mapping:
    """A ``dict``: a map if its keys are str or bytes, else the array ``[key, value, key, ...]``."""

    key: "Shape"
    value: "Shape"

    @property
    def by_map(self) -> bool:
        """Whether msgpack readers accept the keys in a map."""
        return set(self.key.kinds) <= {"str", "bin"}

    @property
    def kinds(self) -> tuple[str, ...]:
        """A map or an array."""
        return ("map",) if self.by_map else ("array",)

    def __str__(self) -> str:
        return f"dict[{self.key}, {self.value}]"


@attrs.frozen
class Record:
    """A NamedTuple, carried by the array of its fields."""

    cls: type

    @property
    def kinds(self) -> tuple[str, ...]:
        """Carried by an array."""
        return ("array",)

    def __str__(self) -> str:
        return self.cls.__qualname__


@attrs.frozen
class Message:
    """A registered message that is an instance of one of ``bases``, carried with its tag."""

    bases: tuple[type, ...]

    @property
    def kinds(self) -> tuple[str, ...]:
        """Carried by an array; its tag tells it from other messages, but not from other arrays."""
        return ("array",)

    def __str__(self) -> str:
        return " | ".join(base.__qualname__ for base in self.bases)


@attrs.frozen
class Plain:
    """``Any``: what JSON could hold, and bytes; the keys of dicts are strings."""

    @property
    def kinds(self) -> tuple[str, ...]:
        """Every one."""
        return ("nil", *SCALAR_KINDS.values(), "array", "map")

    def __str__(self) -> str:
        return "Any"


@attrs.frozen
class Union:
    """One of several shapes, of which no two have a kind in common."""

    members: "tuple[Shape, ...]"

    @property
    def kinds(self) -> tuple[str, ...]:
        """Those of all members."""
        return tuple(kind for member in self.members for kind in member.kinds)

    def __str__(self) -> str:
        return " | ".join(map(str, self.members))


Shape: TypeAlias = (
    Nothing
    | Scalar
    | Choice
    | Constant
    | Sequence
    | FixedTuple
    | Mapping
    | Record
    | Message
    | Plain
    | Union
)


def unhashable_part(shape: Shape) -> Shape | None:
    """Return the first part of ``shape`` that cannot be a key or in a frozenset, or ``None``.

    Messages cannot, because most hold something that has no hash. A NamedTuple is believed:
    one with a list in it cannot be in a set in the first place.
    """
    match shape:
        case Plain() | Mapping() | Message():
            return shape
        case Sequence():
            return shape if shape.container is list else unhashable_part(shape.element)
        case FixedTuple():
            return _first_unhashable(shape.elements)
        case Union():
            return _first_unhashable(shape.members)
        case _:
            return None


def _first_unhashable(shapes: tuple[Shape, ...]) -> Shape | None:
    return next((found for shape in shapes if (found := unhashable_part(shape)) is not None), None)
