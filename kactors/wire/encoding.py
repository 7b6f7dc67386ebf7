"""Writes the encoder of a class: one function that returns what msgpack shall pack.

For ``class Put: key: bytes; entries: list[Entry]`` under the tag ``put`` it reads about so::

    def encode(message, depth):
        if depth < 1:
            raise TooDeep("Put")
        f_key = message.key
        f_entries = message.entries
        return (
            "put",
            (f_key if type(f_key) is bytes else as_bytes(f_key)),
            ([... for v2 in f_entries] if type(f_entries) is list and depth >= 2 else ...),
        )

Every shape is one expression over the name of a value, so that shapes nest freely. Types are
checked here already: a mistake is found where it was made, and not by whoever reads it.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any, Final, NoReturn

from msgpack import Packer

from kactors.wire.coercion import COERCE, refuse
from kactors.wire.errors import EncodeError, TooDeep, WireError
from kactors.wire.layout import Layout
from kactors.wire.plain import PLAIN, checked_plain
from kactors.wire.shapes import (
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
)
from kactors.wire.source import Source
from kactors.wire.tables import Encoder, Tables

#: Packs whatever an encoder returned. A packer holds no state between calls but its buffer.
pack: Final[Callable[[object], bytes]] = Packer().pack


def compile_encoder(layout: Layout, tables: Tables) -> Encoder:
    """Generate the encoder of one class."""
    return _EncoderWriter(layout, tables).compile()


class _EncoderWriter:
    """Writes one encoder; ``level`` counts the arrays and maps already open around a value."""

    def __init__(self, layout: Layout, tables: Tables) -> None:
        self._layout = layout
        self._tables = tables
        self._source = Source(f"encode {layout.cls.__module__}.{layout.cls.__qualname__}")
        self._encoders = self._source.name("encoders", tables.encoders)
        self._records = self._source.name("records", tables.record_encoders)

    def compile(self) -> Encoder:
        layout = self._layout
        too_deep = self._source.name("too_deep", partial(_too_deep, layout.cls.__qualname__))
        lines = ["def encode(message, depth):", "    if depth < 1:", f"        {too_deep}()"]
        lines += [f"    f_{field.name} = message.{field.name}" for field in layout.fields]
        lines.append("    return (")
        if layout.tag is not None:
            lines.append(f"        {layout.tag!r},")
        lines += [
            f"        {self.expression(field.shape, f'f_{field.name}', 1, field.where)},"
            for field in layout.fields
        ]
        lines.append("    )")
        return self._source.function("encode", lines)

    def expression(self, shape: Shape, x: str, level: int, where: str) -> str:
        """Return an expression for the packable form of the value called ``x``."""
        match shape:
            case Nothing():
                text = f"(None if {x} is None else {self._refuse(shape, where)}({x}))"
            case Scalar(scalar):
                coerce = self._source.name("as", partial(COERCE[scalar], where))
                text = f"({x} if type({x}) is {scalar.__name__} else {coerce}({x}))"
            case Choice(enum):
                name = self._source.name("enum", enum)
                text = (
                    f"({x}._value_ if type({x}) is {name} else {self._refuse(shape, where)}({x}))"
                )
            case Constant(scalar, values):
                name = self._source.name("values", values)
                text = (
                    f"({x} if type({x}) is {scalar.__name__} and {x} in {name}"
                    f" else {self._refuse(shape, where)}({x}))"
                )
            case Plain():
                fail = partial(refuse, where, PLAIN)
                plain = self._source.name("plain", partial(checked_plain, fail, where))
                text = f"{plain}({x}, depth - {level})"
            case Record(cls):
                name = self._source.name("record", cls)
                text = (
                    f"({self._records}[{name}]({x}, depth - {level}) if type({x}) is {name}"
                    f" else {self._refuse(shape, where)}({x}))"
                )
            case Message():
                text = self._message(shape, x, level, where)
            case Union():
                text = self._union(shape, x, level, where)
            case Sequence() | FixedTuple() | Mapping():
                text = self._container(shape, x, level, where)
        return text

    def _message(self, shape: Message, x: str, level: int, where: str) -> str:
        any_of = self._source.name("any_of", partial(_encode_any, self._tables, shape, where))
        slow = f"{any_of}({x}, depth - {level})"
        if self._tables.only_tag(shape.bases) is None:
            return slow
        name = self._source.name("message", shape.bases[0])
        return (
            f"({self._encoders}[{name}]({x}, depth - {level}) if type({x}) is {name} else {slow})"
        )

    def _messages(self, shape: Message, x: str, level: int, where: str) -> str:
        """Return the list of many messages, of which most are of one class: looked up once."""
        any_of = self._source.name("any_of", partial(_encode_any, self._tables, shape, where))
        name = self._source.name("message", shape.bases[0])
        v, e, d = f"v{level}", f"e{level}", f"d{level}"
        each = f"{e}({v}, {d}) if type({v}) is {name} else {any_of}({v}, {d})"
        once = f"for {e}, {d} in (({self._encoders}[{name}], depth - {level}),)"
        return f"[{each} {once} for {v} in {x}]"

    def _union(self, shape: Union, x: str, level: int, where: str) -> str:
        members = [member for member in shape.members if member != Nothing()]
        if len(members) == 1:
            text = self.expression(members[0], x, level, where)
        else:
            text = self._choose(shape, members, x, level, where)
        return f"(None if {x} is None else {text})" if len(members) < len(shape.members) else text

    def _choose(
        self, shape: Union, members: Iterable[Shape], x: str, level: int, where: str
    ) -> str:
        text = f"{self._refuse(shape, where)}({x})"
        # Enumerations first and bool before int: their members are instances of int and str too.
        for member in sorted(members, key=_precedence, reverse=True):
            text = (
                f"({self.expression(member, x, level, where)}"
                f" if {self._holds(member, shape, x)} else {text})"
            )
        return text

    def _holds(self, member: Shape, union: Union, x: str) -> str:
        """Return a condition: ``x`` is meant for ``member``, rightly or not."""
        match member:
            case Scalar(scalar) if scalar is float and Scalar(int) not in union.members:
                return f"isinstance({x}, (float, int))"
            case Scalar(scalar) | Constant(scalar):
                return f"isinstance({x}, {scalar.__name__})"
            case Message(bases):
                return f"isinstance({x}, {self._source.name('bases', bases)})"
            case Choice(cls) | Record(cls) | Sequence(cls):
                exact = cls
            case _:
                exact = dict if isinstance(member, Mapping) else tuple
        return f"type({x}) is {self._source.name('cls', exact)}"

    def _container(
        self, shape: Sequence | FixedTuple | Mapping, x: str, level: int, where: str
    ) -> str:
        refuse = self._source.name("refuse", partial(_refuse_container, shape, where))
        inside, v, k = f"{where}[]", f"v{level}", f"k{level}"
        deeper = level + 1
        match shape:
            case Sequence(container, element):
                kind, condition = container, ""
                if isinstance(element, Message) and self._tables.only_tag(element.bases):
                    text = self._messages(element, x, deeper, inside)
                else:
                    text = f"[{self.expression(element, v, deeper, inside)} for {v} in {x}]"
                if container is frozenset:
                    text = f"sorted({text}, key={self._source.name('pack', pack)})"
            case FixedTuple(elements):
                kind, condition = tuple, f" and len({x}) == {len(elements)}"
                parts = (
                    self.expression(element, f"{x}[{index}]", deeper, f"{where}[{index}]")
                    for index, element in enumerate(elements)
                )
                text = f"[{', '.join(parts)}]"
            case Mapping(key, value):
                kind, condition = dict, ""
                keys = self.expression(key, k, deeper, inside)
                values = self.expression(value, v, deeper, inside)
                if shape.by_map:
                    text = f"{{{keys}: {values} for {k}, {v} in {x}.items()}}"
                else:
                    text = f"[y for {k}, {v} in {x}.items() for y in ({keys}, {values})]"
        condition = f"type({x}) is {kind.__name__}{condition} and depth >= {deeper}"
        return f"({text} if {condition} else {refuse}({x}))"

    def _refuse(self, shape: Shape, where: str) -> str:
        return self._source.name("refuse", partial(refuse, where, str(shape)))


def _precedence(shape: Shape) -> int:
    match shape:
        case Choice():
            return 1
        case Scalar(scalar) | Constant(scalar) if scalar is bool:
            return 2
        case Message():
            return 4
        case _:
            return 3


def _encode_any(tables: Tables, shape: Message, where: str, message: Any, depth: int) -> Any:
    """Encode a message of any registered class below one of ``shape.bases``."""
    if type(message) not in tables.tags or not isinstance(message, shape.bases):
        refuse(where, f"a registered message that is a {shape}", message)
    return tables.encoders[type(message)](message, depth)


def _refuse_container(
    shape: Sequence | FixedTuple | Mapping, where: str, value: object
) -> NoReturn:
    match shape:
        case Sequence(container):
            right = type(value) is container
        case FixedTuple(elements):
            right = type(value) is tuple and len(value) == len(elements)
        case Mapping():
            right = type(value) is dict
    if right:
        raise TooDeep(where)
    refuse(where, str(shape), value)


def _too_deep(where: str) -> NoReturn:
    raise TooDeep(where)


#: What msgpack may raise for the outcome of an encoder, and Python for one that has no end.
FAILURES: Final = (ValueError, OverflowError, RecursionError)


def unpackable(where: str, error: Exception) -> WireError:
    """Return the `WireError` for one of `FAILURES`."""
    if isinstance(error, RecursionError) or "recursion limit" in str(error):
        return TooDeep(where)
    if isinstance(error, OverflowError):
        return EncodeError(f"{where} holds an integer beyond 64 bits: send it as str or bytes")
    if isinstance(error, UnicodeEncodeError):
        return EncodeError(f"{where} holds text that is not Unicode ({error}): send it as bytes")
    return EncodeError(f"{where} cannot be packed: {error}")
