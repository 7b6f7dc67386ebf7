"""The order and the shapes of a class's fields: what is on the wire, and where."""

import typing
from collections.abc import Callable, Mapping
from typing import Any

import attrs

from kactors.wire.annotations import Parser
from kactors.wire.errors import DeclarationError, UnresolvedName, UnsupportedField
from kactors.wire.shapes import Shape


@attrs.frozen
class Field:
    """One field of a message or of a NamedTuple.

    Attributes:
        name: how to read it.
        argument: what the constructor calls it.
        keyword: whether the constructor takes it by name only.
        default: how the constructor fills it, for people to read; ``None`` if it must be given.
        shape: what stands in it.
        where: ``Class.field``, for errors.
    """

    name: str
    argument: str
    keyword: bool
    default: str | None
    shape: Shape
    where: str


@attrs.frozen
class Layout:
    """A class as its encoded form knows it: ``[tag, field, ...]``, a NamedTuple without the tag.

    Attributes:
        cls: the class.
        tag: its tag, ``None`` for a NamedTuple.
        fields: in wire order, which is the order of declaration, base classes first.
    """

    cls: type
    tag: str | None
    fields: tuple[Field, ...]

    @property
    def head(self) -> int:
        """How many places of the array stand before the first field."""
        return 0 if self.tag is None else 1

    @property
    def required(self) -> int:
        """How many fields must be there: all up to the last one without a default."""
        needed = (index for index, field in enumerate(self.fields, 1) if field.default is None)
        return max(needed, default=0)

    def __str__(self) -> str:
        fields = ", ".join(
            f"{field.name}: {field.shape}"
            + ("" if field.default is None else f" = {field.default}")
            for field in self.fields
        )
        return f"({fields})" if self.tag is None else f"{self.tag}({fields})"


def message_layout(cls: type, tag: str, is_message: Callable[[type], bool]) -> Layout:
    """Return the layout of an attrs class.

    Raises:
        DeclarationError: a field has no wire form, or a name in an annotation means nothing.
    """
    hints = _hints(cls)
    fields: list[Field] = []
    for attribute in attrs.fields(cls):
        where = f"{cls.__qualname__}.{attribute.name}"
        if not attribute.init:
            raise DeclarationError(
                f"{where} has init=False, but a message is made from its fields alone: make it "
                f"a property"
            )
        if attribute.name not in hints:
            raise UnsupportedField(where, found="not at all", instead="annotate it with its type")
        fields.append(
            Field(
                name=attribute.name,
                argument=attribute.alias or attribute.name,
                keyword=bool(attribute.kw_only),
                default=_describe_default(attribute.default),
                shape=Parser(where, is_message).parse(hints[attribute.name]),
                where=where,
            )
        )
    return Layout(cls, tag, tuple(fields))


def record_layout(cls: type, is_message: Callable[[type], bool]) -> Layout:
    """Return the layout of a NamedTuple.

    Raises:
        DeclarationError: a field has no wire form, or a name in an annotation means nothing.
    """
    hints = _hints(cls)
    names: tuple[str, ...] = getattr(cls, "_fields")  # noqa: B009 - known to tuples with names only
    defaults: Mapping[str, object] = getattr(cls, "_field_defaults")  # noqa: B009 - as above
    fields: list[Field] = []
    for name in names:
        where = f"{cls.__qualname__}.{name}"
        if name not in hints:
            raise UnsupportedField(where, found="not at all", instead="use typing.NamedTuple")
        fields.append(
            Field(
                name=name,
                argument=name,
                keyword=False,
                default=repr(defaults[name]) if name in defaults else None,
                shape=Parser(where, is_message).parse(hints[name]),
                where=where,
            )
        )
    return Layout(cls, None, tuple(fields))


def _hints(cls: type) -> dict[str, Any]:
    try:
        return typing.get_type_hints(cls)
    except NameError as error:
        raise UnresolvedName(cls.__qualname__, cls.__module__, reason=str(error)) from error


def _describe_default(default: object) -> str | None:
    if default is attrs.NOTHING:
        return None
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type] # typed as a function
        factory = default.factory  # type: ignore[attr-defined] # as above
        return f"{getattr(factory, '__qualname__', factory)}()"
    return repr(default)
