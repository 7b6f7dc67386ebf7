"""Writes the decoder of a class: one function from what msgpack unpacked to the object.

For ``class Put: key: bytes; lease: int = 0`` under the tag ``put`` it reads about so::

    def decode(raw, depth):
        if depth < 1:
            raise TooDeep("Put")
        try:
            _, f_key, f_lease = raw
        except ValueError:
            return other_length(raw, depth)
        blank = Twin()
        blank.key = f_key if type(f_key) is bytes else malformed(f_key)
        blank.lease = f_lease if type(f_lease) is int else malformed(f_lease)
        blank.__class__ = Put
        return blank

The caller has seen that ``raw`` is a list and that the tag is right. A shorter list gets
a decoder of its own, made when the first one comes: it leaves the missing fields to the
constructor's defaults. What a longer list has too much is skipped.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any, NoReturn

from kactors.wire.coercion import described, malformed
from kactors.wire.construct import only_sets_fields, twin_of
from kactors.wire.errors import Malformed, TooDeep, WireError
from kactors.wire.layout import Field, Layout
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
from kactors.wire.tables import Decoder, Tables

#: The Python type that `msgpack` makes of each kind.
_UNPACKED = {
    "bool": "bool",
    "int": "int",
    "float": "float",
    "str": "str",
    "bin": "bytes",
    "array": "list",
    "map": "dict",
}


def compile_decoder(layout: Layout, tables: Tables) -> Decoder:
    """Generate the decoder of one class."""
    shorter: dict[int, Decoder] = {}

    def other_length(raw: list[Any], depth: int) -> Any:
        found = len(raw) - layout.head
        if found > len(layout.fields):
            return full(raw[: layout.head + len(layout.fields)], depth)
        if found < layout.required:
            field = layout.fields[max(found, 0)]
            raise Malformed(f"{field.where} is missing and has no default: the bytes are cut short")
        if found not in shorter:
            shorter[found] = _DecoderWriter(layout, found, tables, other_length).compile()
        return shorter[found](raw, depth)

    full = _DecoderWriter(layout, len(layout.fields), tables, other_length).compile()
    return full


class _DecoderWriter:
    """Writes one decoder; ``level`` counts the arrays and maps already open around a value."""

    def __init__(self, layout: Layout, count: int, tables: Tables, other_length: Decoder) -> None:
        cls = layout.cls
        self._layout = layout
        self._fields = layout.fields[:count]
        self._tables = tables
        missing = len(layout.fields) - count
        self._source = Source(
            f"decode {cls.__module__}.{cls.__qualname__}" + (f" without {missing}" * bool(missing))
        )
        self._other_length = self._source.name("other_length", other_length)
        self._decoders = self._source.name("decoders", tables.decoders)
        self._records = self._source.name("records", tables.record_decoders)
        self._cls = self._source.name("cls", cls)

    def compile(self) -> Decoder:
        too_deep = self._source.name("too_deep", partial(_too_deep, self._layout.cls.__qualname__))
        places = ["_"] * self._layout.head + [f"f_{field.name}" for field in self._fields]
        lines = ["def decode(raw, depth):", "    if depth < 1:", f"        {too_deep}()"]
        lines += self._unpacking(places)
        whole = len(self._fields) == len(self._layout.fields)
        twin = twin_of(self._layout.cls) if whole and self._layout.tag is not None else None
        lines += self._filling(twin) if twin is not None else self._calling()
        return self._source.function("decode", lines)

    def _unpacking(self, places: list[str]) -> list[str]:
        return [
            "    try:",
            f"        [{', '.join(places)}] = raw",
            "    except ValueError:",
            f"        return {self._other_length}(raw, depth)",
        ]

    def _filling(self, twin: type) -> list[str]:
        lines = [f"    blank = {self._source.name('Twin', twin)}()"]
        lines += [f"    blank.{field.name} = {self._value(field)}" for field in self._fields]
        return [*lines, f"    blank.__class__ = {self._cls}", "    return blank"]

    def _calling(self) -> list[str]:
        arguments = (
            f"{field.argument}={self._value(field)}" if field.keyword else self._value(field)
            for field in sorted(self._fields, key=lambda field: field.keyword)
        )
        call = f"return {self._cls}({', '.join(arguments)})"
        if self._layout.tag is None or only_sets_fields(self._layout.cls):
            return [f"    {call}"]
        # Whatever a validator or a converter does not like came from outside.
        ours = self._source.name("ours", (WireError, RecursionError))
        refused = self._source.name("refused", partial(_refused, self._layout.cls))
        return [
            "    try:",
            f"        {call}",
            f"    except {ours}:",
            "        raise",
            "    except Exception as error:",
            f"        {refused}(error)",
        ]

    def _value(self, field: Field) -> str:
        return self.expression(field.shape, f"f_{field.name}", 1, field.where)

    def expression(self, shape: Shape, x: str, level: int, where: str) -> str:
        """Return an expression for the value whose unpacked form is called ``x``."""
        match shape:
            case Nothing():
                text = f"(None if {x} is None else {self._malformed(shape, where)}({x}))"
            case Scalar(scalar):
                text = (
                    f"({x} if type({x}) is {scalar.__name__}"
                    f" else {self._malformed(shape, where)}({x}))"
                )
            case Choice(enum, scalar):
                members = self._source.name("members", {each.value: each for each in enum})
                text = (
                    f"({members}[{x}] if type({x}) is {scalar.__name__} and {x} in {members}"
                    f" else {self._malformed(shape, where)}({x}))"
                )
            case Constant(scalar, values):
                name = self._source.name("values", values)
                text = (
                    f"({x} if type({x}) is {scalar.__name__} and {x} in {name}"
                    f" else {self._malformed(shape, where)}({x}))"
                )
            case Plain():
                fail = partial(malformed, where, PLAIN)
                plain = self._source.name("plain", partial(checked_plain, fail, where))
                text = f"{plain}({x}, depth - {level})"
            case Record(cls):
                name = self._source.name("record", cls)
                text = (
                    f"({self._records}[{name}]({x}, depth - {level}) if type({x}) is list"
                    f" else {self._malformed(shape, where)}({x}))"
                )
            case Message():
                text = self._message(shape, x, level, where)
            case Union():
                text = self._union(shape, x, level, where)
            case Sequence() | FixedTuple() | Mapping():
                text = self._container(shape, x, level, where)
        return text

    def _message(self, shape: Message, x: str, level: int, where: str) -> str:
        any_of = self._source.name("any_of", partial(_decode_any, self._tables, shape, where))
        slow = f"{any_of}({x}, depth - {level})"
        tag = self._tables.only_tag(shape.bases)
        if tag is None:
            return slow
        return (
            f"({self._decoders}[{tag!r}]({x}, depth - {level})"
            f" if type({x}) is list and {x} and {x}[0] == {tag!r} else {slow})"
        )

    def _messages(self, shape: Message, x: str, level: int, where: str) -> str:
        """Return the list of many messages, of which most have one tag: looked up once."""
        any_of = self._source.name("any_of", partial(_decode_any, self._tables, shape, where))
        tag = repr(self._tables.tags[shape.bases[0]])
        v, e, d = f"v{level}", f"e{level}", f"d{level}"
        ours = f"type({v}) is list and {v} and {v}[0] == {tag}"
        each = f"{e}({v}, {d}) if {ours} else {any_of}({v}, {d})"
        once = f"for {e}, {d} in (({self._decoders}[{tag}], depth - {level}),)"
        return f"[{each} {once} for {v} in {x}]"

    def _union(self, shape: Union, x: str, level: int, where: str) -> str:
        members = [member for member in shape.members if member != Nothing()]
        if len(members) == 1:
            text = self.expression(members[0], x, level, where)
        else:
            text = f"{self._malformed(shape, where)}({x})"
            for member in reversed(members):
                inner = self.expression(member, x, level, where)
                text = f"({inner} if type({x}) is {_UNPACKED[member.kinds[0]]} else {text})"
        return f"(None if {x} is None else {text})" if len(members) < len(shape.members) else text

    def _container(
        self, shape: Sequence | FixedTuple | Mapping, x: str, level: int, where: str
    ) -> str:
        malformed = self._source.name("malformed", partial(_malformed_container, shape, where))
        inside, v, k = f"{where}[]", f"v{level}", f"k{level}"
        deeper = level + 1
        unpacked, condition = "list", ""
        match shape:
            case Sequence(container, element):
                if isinstance(element, Message) and self._tables.only_tag(element.bases):
                    text = self._messages(element, x, deeper, inside)
                else:
                    text = f"[{self.expression(element, v, deeper, inside)} for {v} in {x}]"
                if container is tuple:
                    text = f"tuple({text})"
                elif container is frozenset:
                    text = f"{self._source.name('distinct', partial(_distinct, where))}({text})"
            case FixedTuple(elements):
                condition = f" and len({x}) == {len(elements)}"
                parts = (
                    f"{self.expression(element, f'{x}[{index}]', deeper, f'{where}[{index}]')},"
                    for index, element in enumerate(elements)
                )
                text = f"({' '.join(parts)})"
            case Mapping(key, value):
                keys = self.expression(key, k, deeper, inside)
                values = self.expression(value, v, deeper, inside)
                if shape.by_map:
                    unpacked = "dict"
                    text = f"{{{keys}: {values} for {k}, {v} in {x}.items()}}"
                else:
                    condition = f" and len({x}) % 2 == 0"
                    pairs = f"zip({x}[::2], {x}[1::2])"
                    mapping = self._source.name("mapping", partial(_mapping, where))
                    text = f"{mapping}([({keys}, {values}) for {k}, {v} in {pairs}])"
        condition = f"type({x}) is {unpacked}{condition} and depth >= {deeper}"
        return f"({text} if {condition} else {malformed}({x}, depth < {deeper}))"

    def _malformed(self, shape: Shape, where: str) -> str:
        return self._source.name("malformed", partial(malformed, where, str(shape)))


def _malformed_container(shape: Shape, where: str, found: object, too_deep: bool) -> NoReturn:
    if too_deep and isinstance(found, list | dict):
        raise TooDeep(where)
    malformed(where, str(shape), found)


def _too_deep(where: str) -> NoReturn:
    raise TooDeep(where)


def _refused(cls: type, error: Exception) -> NoReturn:
    raise Malformed(f"{cls.__qualname__} does not accept what was received: {error}") from error


def _distinct(where: str, elements: list[Any]) -> frozenset[Any]:
    try:
        found = frozenset(elements)
    except TypeError as error:
        raise Malformed(f"{where} holds something that has no hash: {error}") from error
    if len(found) != len(elements):
        raise Malformed(f"{where} holds an element twice")
    return found


def _mapping(where: str, pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    found: dict[Any, Any] = {}
    for key, value in pairs:
        try:
            if key in found:
                raise Malformed(f"{where} holds the key {described(key)} twice")
        except TypeError as error:
            raise Malformed(f"{where} holds a key that has no hash: {error}") from error
        found[key] = value
    return found


def _decode_any(tables: Tables, shape: Message, where: str, raw: Any, depth: int) -> Any:
    """Decode a message of any registered class below one of ``shape.bases``."""
    if type(raw) is not list or not raw or type(raw[0]) is not str:
        malformed(where, str(shape), raw)
    decoder = tables.decoders[raw[0]]
    cls = tables.classes[raw[0]]
    if not issubclass(cls, shape.bases):
        raise Malformed(f"{where} must be {shape}, found {cls.__qualname__}")
    return decoder(raw, depth)
