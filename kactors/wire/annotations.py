"""From an annotation to a shape, or to an error that says what to write instead."""

import sys
import types
import typing
from collections.abc import Callable, Iterable
from enum import Enum, Flag
from typing import Any, Literal, NewType

import attrs

from kactors.wire.errors import UnsupportedField
from kactors.wire.shapes import (
    SCALAR_KINDS,
    Choice,
    Constant,
    FixedTuple,
    Mapping,
    Message,
    Nothing,
    Plain,
    Record,
    Scalar,
    Sequence,
    Shape,
    Union,
    unhashable_part,
)

_INSTEAD: dict[object, str] = {
    list: "say of what, as in list[int]",
    tuple: "say of what, as in tuple[int, ...]",
    dict: "say of what, as in dict[str, int]; what JSON could hold is Any",
    frozenset: "say of what, as in frozenset[str]",
    set: "messages are frozen, use frozenset[X]",
    bytearray: "use bytes",
    memoryview: "use bytes",
    complex: "use tuple[float, float]",
}

#: An alias that mentions itself is parsed no deeper than this.
_NESTING_MAX = 50


@attrs.frozen
class Parser:
    """Parses the annotation of one field.

    Attributes:
        where: the field, as ``Class.field``, for errors.
        is_message: whether a class is registered.
    """

    where: str
    is_message: Callable[[type], bool]

    def parse(self, annotation: object, nesting: int = 0) -> Shape:
        """Return the shape of ``annotation``, whose forward references are resolved.

        Raises:
            UnsupportedField: it has no wire form.
        """
        if nesting > _NESTING_MAX:
            raise self._unsupported(annotation, "it contains itself, use Any or a message class")
        deeper = nesting + 1
        origin, arguments = typing.get_origin(annotation), typing.get_args(annotation)
        if isinstance(annotation, NewType):
            shape = self.parse(annotation.__supertype__, deeper)
        elif type(annotation).__name__ == "TypeAliasType":  # `type X = ...`, Python 3.12
            shape = self.parse(getattr(annotation, "__value__", None), deeper)
        elif origin in (typing.Union, types.UnionType):
            shape = self._union(annotation, [self.parse(each, deeper) for each in arguments])
        elif origin is Literal:
            shape = self._literal(annotation, arguments)
        elif origin is not None and annotation != tuple[()]:
            shape = self._generic(annotation, origin, arguments, deeper)
        else:
            shape = self._single(annotation)
        return shape

    def _single(self, annotation: object) -> Shape:
        if annotation is None or annotation is types.NoneType:
            return Nothing()
        if annotation is Any:
            return Plain()
        if annotation == tuple[()]:
            return FixedTuple(())
        if isinstance(annotation, type):
            return self._class(annotation)
        raise self._unsupported(annotation, "use a class, a union or a container of these")

    def _class(self, cls: type) -> Shape:
        if cls in SCALAR_KINDS:
            return Scalar(cls)
        if cls in _INSTEAD:
            raise self._unsupported(cls, _INSTEAD[cls])
        if issubclass(cls, Enum):
            return self._choice(cls)
        if issubclass(cls, tuple) and hasattr(cls, "_fields"):
            return Record(cls)
        if cls is object or self.is_message(cls) or issubclass(cls, BaseException) or _marks(cls):
            return Message((cls,))
        if attrs.has(cls):
            raise self._unsupported(cls, "decorate that class with @message")
        raise self._unsupported(
            cls,
            "use int, float, bool, str, bytes, an Enum, a NamedTuple, a @message class, or for any "
            "message of a family a base class with `__slots__ = ()` and nothing else",
        )

    def _generic(
        self, annotation: object, origin: object, arguments: tuple[Any, ...], deeper: int
    ) -> Shape:
        if origin is list or origin is frozenset:
            element = self.parse(arguments[0], deeper)
            return Sequence(
                origin, element if origin is list else self._hashed(annotation, element)
            )
        if origin is tuple and len(arguments) == 2 and arguments[1] is Ellipsis:
            return Sequence(tuple, self.parse(arguments[0], deeper))
        if origin is tuple:
            return FixedTuple(tuple(self.parse(each, deeper) for each in arguments))
        if origin is dict:
            key, value = (self.parse(each, deeper) for each in arguments)
            return Mapping(self._hashed(annotation, key), value)
        if origin is set:
            raise self._unsupported(annotation, _INSTEAD[set])
        if isinstance(origin, type) and origin.__module__ != "collections.abc":
            return self._class(origin)
        raise self._unsupported(annotation, "use list, tuple, dict or frozenset")

    def _choice(self, enum: type[Enum]) -> Shape:
        values = [member.value for member in enum]
        scalars = {type(value) for value in values}
        if issubclass(enum, Flag):
            raise self._unsupported(enum, "flags combine into values without a name, use int")
        if scalars not in ({int}, {str}):
            raise self._unsupported(enum, "the values of its members must be all int or all str")
        return Choice(enum, type(values[0]))

    def _literal(self, annotation: object, values: tuple[Any, ...]) -> Shape:
        shapes: list[Shape] = [
            Constant(scalar, mine)
            for scalar in (bool, int, str, bytes)
            if (mine := tuple(value for value in values if type(value) is scalar))
        ]
        if None in values:
            shapes.append(Nothing())
        if any(isinstance(value, Enum) for value in values):
            raise self._unsupported(annotation, "use the enumeration itself")
        return self._union(annotation, shapes)

    def _union(self, annotation: object, members: Iterable[Shape]) -> Shape:
        shapes: list[Shape] = []
        bases: list[type] = []
        for member in members:
            for shape in member.members if isinstance(member, Union) else (member,):
                if isinstance(shape, Message):
                    bases += shape.bases
                elif shape not in shapes:
                    shapes.append(shape)
        if bases:
            shapes.append(Message(tuple(dict.fromkeys(bases))))
        carried: dict[str, Shape] = {}
        for shape in shapes:
            for kind in shape.kinds:
                if (other := carried.setdefault(kind, shape)) is not shape:
                    raise self._unsupported(
                        annotation,
                        f"{other} and {shape} are both a msgpack {kind}, and a reader could not "
                        f"tell which is meant; wrap one of them in a @message class",
                    )
        return shapes[0] if len(shapes) == 1 else Union(tuple(shapes))

    def _hashed(self, annotation: object, shape: Shape) -> Shape:
        if (part := unhashable_part(shape)) is not None:
            raise self._unsupported(
                annotation, f"{part} has no hash; use scalars, tuples or NamedTuples of them"
            )
        return shape

    def _unsupported(self, annotation: object, instead: str) -> UnsupportedField:
        plain = isinstance(annotation, type) and not typing.get_args(annotation)
        found = str(getattr(annotation, "__qualname__", annotation) if plain else annotation)
        return UnsupportedField(self.where, found=found, instead=instead)


def _marks(cls: type) -> bool:
    """Whether ``cls`` is a marker: a base class without state, written to be inherited from.

    The standard library's (``Hashable``, ``Sized``, ...) mean something else than messages.
    """
    stateless = cls.__basicsize__ == object.__basicsize__ and cls.__dictoffset__ == 0
    return stateless and cls.__module__.partition(".")[0] not in sys.stdlib_module_names
