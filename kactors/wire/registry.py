"""Which class has which tag, and the way between messages and their bytes."""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, Final, TypeVar, overload

from msgpack import unpackb

from kactors.wire.decoding import compile_decoder
from kactors.wire.encoding import FAILURES as PACK_FAILURES
from kactors.wire.encoding import compile_encoder, pack, unpackable
from kactors.wire.errors import (
    DeclarationError,
    DuplicateTag,
    EncodeError,
    FrameTooLarge,
    Malformed,
    TooDeep,
    UnexpectedMessage,
    UnknownTag,
    UnresolvedName,
    WireError,
)
from kactors.wire.layout import Layout, message_layout, record_layout
from kactors.wire.limits import DEFAULT_LIMITS, Limits
from kactors.wire.tables import Decoder, Encoder, Tables
from kactors.wire.unpacking import FAILURES as UNPACK_FAILURES
from kactors.wire.unpacking import Buffer, explained, unpack

T = TypeVar("T")
K = TypeVar("K")
F = TypeVar("F", Encoder, Decoder)

_TAG: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")


class _Compiled(dict[K, F]):
    """Generated functions, each made when it is first asked for."""

    def __init__(self, make: Callable[[K], F]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: K) -> F:
        self[key] = function = self._make(key)
        return function


class Registry:
    """The messages of a program, by tag. Almost every program has one: `kactors.wire.REGISTRY`.

    Another one stands for another version of a program, for instance in a test that lets
    two versions talk.
    """

    def __init__(self) -> None:
        self._tables = Tables(
            classes={},
            tags={},
            encoders=_Compiled(self._message_encoder),
            decoders=_Compiled(self._message_decoder),
            record_encoders=_Compiled(self._record_encoder),
            record_decoders=_Compiled(self._record_decoder),
        )
        self._encoders = self._tables.encoders
        self._decoders = self._tables.decoders

    def add(self, cls: type, tag: str) -> None:
        """Register an attrs class under ``tag``.

        A class of the same module and name takes the place of the one that has the tag: so it
        is when a module is loaded again. What is left of the old class can still be encoded.

        Raises:
            DuplicateTag: another class has the tag.
            DeclarationError: the tag, or a field's annotation, is no good. Annotations that
                mention later names are looked at when the class is first used.
        """
        if not _TAG.fullmatch(tag):
            raise DeclarationError(
                f"{tag!r} cannot be the tag of {cls.__qualname__}: up to 64 lower case letters, "
                f"digits, dots, dashes and underscores, as in 'etcd.put'"
            )
        before = self._tables.classes.get(tag)
        if before is not None and _name(before) != _name(cls):
            raise DuplicateTag(tag, first=_name(before), second=_name(cls))
        self._tables.classes[tag] = cls
        self._tables.tags[cls] = tag
        self._decoders.pop(tag, None)
        try:
            self.layout(cls)
        except UnresolvedName:
            return
        except DeclarationError:
            del self._tables.classes[tag], self._tables.tags[cls]
            raise

    def registered(self) -> Mapping[str, type]:
        """Return the classes by tag, in the order of the tags."""
        return MappingProxyType(dict(sorted(self._tables.classes.items())))

    def tag_of(self, cls: type) -> str:
        """Return the tag of a message class.

        Raises:
            EncodeError: it is not registered.
        """
        try:
            return self._tables.tags[cls]
        except KeyError:
            raise EncodeError(
                f"{_name(cls)} is not registered: decorate it with @message or @remote_error"
            ) from None

    def layout(self, cls: type) -> Layout:
        """Return what is on the wire for a message class.

        Raises:
            EncodeError: it is not registered.
            DeclarationError: an annotation is no good.
        """
        return message_layout(cls, self.tag_of(cls), self._tables.tags.__contains__)

    def schema(self, cls: type) -> str:
        """Describe the wire form of a message class in one line, ``tag(field: type, ...)``."""
        return str(self.layout(cls))

    def encode(self, message: object, limits: Limits = DEFAULT_LIMITS) -> bytes:
        """Return the bytes from which `decode` makes an equal message.

        Raises:
            EncodeError: it is not registered, or a field holds something else than declared.
            TooDeep, FrameTooLarge: it is beyond ``limits``.
        """
        try:
            data = pack(self._encoders[type(message)](message, limits.depth))
        except PACK_FAILURES as error:
            raise self._blamed(message, limits, error) from error
        if len(data) > limits.size_bytes:
            raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
        return data

    @overload
    def decode(self, data: Buffer, expect: None = None, limits: Limits = ...) -> object: ...

    @overload
    def decode(self, data: Buffer, expect: type[T], limits: Limits = ...) -> T: ...

    def decode(
        self, data: Buffer, expect: type | None = None, limits: Limits = DEFAULT_LIMITS
    ) -> object:
        """Return the message that ``data`` holds, which belongs to the caller alone.

        Whatever is in ``data``, nothing but the errors listed is raised.

        Args:
            data: what `encode` returned, here or elsewhere, or anything else.
            expect: the class, or a base class, that the message must be of.
            limits: what the reader puts up with.

        Raises:
            Malformed: it is no message, or a field holds something else than declared.
            UnknownTag: it is a message that is not registered here.
            UnexpectedMessage: it is not what was expected.
            TooDeep, FrameTooLarge: it is beyond ``limits``.
        """
        if len(data) > limits.size_bytes:
            raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
        try:
            raw = unpackb(data)
        except UNPACK_FAILURES as error:
            raise explained(data, error) from error
        if type(raw) is not list or not raw or type(tag := raw[0]) is not str:
            raise Malformed(
                f"{len(data)} bytes are msgpack, but not an array that begins with a tag"
            )
        try:
            message = self._decoders[tag](raw, limits.depth)
        except RecursionError:
            raise TooDeep(f"a message with the tag {raw[0]!r}") from None
        if expect is not None and not isinstance(message, expect):
            raise UnexpectedMessage(message, expected=expect)
        return message

    def encode_record(self, record: tuple[Any, ...], limits: Limits = DEFAULT_LIMITS) -> bytes:
        """Return the bytes from which `decode_record` makes an equal NamedTuple; as `encode`."""
        try:
            data = pack(self._tables.record_encoders[type(record)](record, limits.depth))
        except PACK_FAILURES as error:
            raise unpackable(type(record).__qualname__, error) from error
        if len(data) > limits.size_bytes:
            raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
        return data

    def decode_record(self, data: Buffer, cls: type[T], limits: Limits = DEFAULT_LIMITS) -> T:
        """Return the NamedTuple of class ``cls`` that ``data`` holds; as `decode`."""
        raw = unpack(data, limits)
        if type(raw) is not list:
            raise Malformed(
                f"{len(data)} bytes are msgpack, but not the array of a {cls.__qualname__}"
            )
        try:
            record: T = self._tables.record_decoders[cls](raw, limits.depth)
        except RecursionError:
            raise TooDeep(cls.__qualname__) from None
        return record

    def _message_encoder(self, cls: type) -> Encoder:
        return compile_encoder(self.layout(cls), self._tables)

    def _message_decoder(self, tag: str) -> Decoder:
        try:
            cls = self._tables.classes[tag]
        except KeyError:
            raise UnknownTag(tag) from None
        return compile_decoder(self.layout(cls), self._tables)

    def _record_encoder(self, cls: type) -> Encoder:
        return compile_encoder(record_layout(cls, self._tables.tags.__contains__), self._tables)

    def _record_decoder(self, cls: type) -> Decoder:
        return compile_decoder(record_layout(cls, self._tables.tags.__contains__), self._tables)

    def _blamed(self, message: object, limits: Limits, error: Exception) -> WireError:
        """Say which field it was that msgpack could not pack."""
        layout = self.layout(type(message))
        try:
            packable = self._encoders[type(message)](message, limits.depth)
        except PACK_FAILURES:
            # The stack ended; or it is in a frozenset, whose elements are packed to sort them.
            return unpackable(layout.cls.__qualname__, error)
        for field, part in zip(layout.fields, packable[layout.head :], strict=True):
            try:
                pack(part)
            except PACK_FAILURES:
                return unpackable(field.where, error)
        return unpackable(layout.cls.__qualname__, error)  # one array less was just not too deep


def _name(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


#: The messages of this program.
REGISTRY: Final = Registry()
