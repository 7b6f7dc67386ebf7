"""Frames: how envelopes become a stream of bytes, and bytes envelopes. Does no I/O.

A frame is a length (4 bytes, big-endian, of the body alone) and a body. There are three
bodies, all msgpack:

* the first frame of each direction is a *hello* (`kactors.transport.hello`);
* an *envelope* is the array of its fields, addresses being arrays of two strings;
* a *control* is a single small integer, a `Control`.

Nothing is taken on trust: lengths are bounded before a byte is stored, every field is
checked for type and range, and a decoder that has met a bad frame never goes past it.
"""

from collections.abc import Sequence
from enum import IntEnum
from struct import Struct
from typing import Any, Final

import msgpack

from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.errors import FrameTooLarge, InvalidEnvelopeError, MalformedFrame

HEADER: Final = Struct(">I")
FRAME_BYTES_MAX: Final = 16 * 2**20
"""The default bound of a frame's body."""

HOST_LENGTH_MAX: Final = 253
"""In characters; what DNS allows."""

NAME_LENGTH_MAX: Final = 1024
"""In characters, of an actor's name."""

# Wide enough for nanoseconds and counters, and a signed 64-bit integer in every language.
_INTEGER_MAX: Final = 2**63 - 1
_KIND_MAX: Final = max(Kind)
_FIELDS: Final = len(Envelope._fields)
_STRING_BYTES_MAX: Final = 4 * NAME_LENGTH_MAX
_KNOWN_ADDRESSES_MAX: Final = 4096

_pack = msgpack.Packer().pack
_new_envelope = tuple.__new__  # the class's own __new__ would unpack and repack its arguments


class Control(IntEnum):
    """A frame that keeps the connection and carries no envelope; numbers are wire format."""

    PING = 1
    PONG = 2
    GOODBYE = 3


def frame(body: bytes) -> bytes:
    """Return ``body`` with its length before it."""
    return HEADER.pack(len(body)) + body


PING: Final = frame(_pack(int(Control.PING)))
PONG: Final = frame(_pack(int(Control.PONG)))
GOODBYE: Final = frame(_pack(int(Control.GOODBYE)))


def unpack(body: bytes, *, fields_max: int) -> Any:
    """Return what ``body`` says in msgpack: integers, strings, bytes and tuples of them.

    The bounds keep a body from claiming arrays that would take memory which it did not
    send: an unpacker allocates an array when it reads its length, not its members.

    Raises:
        MalformedFrame: it is not msgpack, or not exactly one value, or out of bounds.
    """
    try:
        return msgpack.unpackb(
            body,
            use_list=False,
            max_array_len=fields_max,
            max_map_len=0,
            max_ext_len=0,
            max_str_len=_STRING_BYTES_MAX,
            max_bin_len=len(body),
        )
    except (ValueError, TypeError) as error:  # what msgpack raises has no common base below these
        raise MalformedFrame(f"{len(body)} bytes are no frame: {error}") from error


def address_fault(pair: object) -> str | None:
    """Say what keeps ``pair`` from being an `Address`, or nothing."""
    if not (isinstance(pair, tuple) and len(pair) == 2):
        return f"an address is an array of host and name, not {pair!r:.80}"
    host, name = pair
    if type(host) is not str or type(name) is not str:
        return f"an address is two strings, not {pair!r:.80}"
    if not 0 < len(host) <= HOST_LENGTH_MAX or "/" in host:
        return f"a host has 1 to {HOST_LENGTH_MAX} characters and no slash, not {host!r:.80}"
    if not 0 < len(name) <= NAME_LENGTH_MAX:
        return f"an actor's name has 1 to {NAME_LENGTH_MAX} characters, not {name!r:.80}"
    return None


def _scalars_fit(fields: Sequence[Any]) -> bool:
    """Whether the fields beside the addresses have their types and ranges; no bool is an int."""
    kind, _, source_incarnation, _, target_incarnation, id_, number, deadline_ns, payload = fields
    return (
        (type(kind) is int or type(kind) is Kind)
        and 0 <= kind <= _KIND_MAX
        and type(source_incarnation) is int
        and 0 <= source_incarnation <= _INTEGER_MAX
        and type(target_incarnation) is int
        and 0 <= target_incarnation <= _INTEGER_MAX
        and type(id_) is int
        and 0 <= id_ <= _INTEGER_MAX
        and type(number) is int
        and 0 <= number <= _INTEGER_MAX
        and type(deadline_ns) is int
        and -1 <= deadline_ns <= _INTEGER_MAX
        and type(payload) is bytes
    )


def _scalar_fault(fields: Sequence[Any]) -> str:
    """Say which of the fields beside the addresses is out of its range; one is."""
    names = Envelope._fields
    kind, payload = fields[0], fields[8]
    if not (type(kind) in (int, Kind) and 0 <= kind <= _KIND_MAX):
        return f"kind is 0 to {_KIND_MAX}, not {kind!r:.80}"
    if type(payload) is not bytes:
        return f"payload is bytes, not {payload!r:.80}"
    for place in (2, 4, 5, 6):
        if not (type(fields[place]) is int and 0 <= fields[place] <= _INTEGER_MAX):
            return f"{names[place]} is 0 to {_INTEGER_MAX}, not {fields[place]!r:.80}"
    return f"deadline_ns is -1 to {_INTEGER_MAX}, not {fields[7]!r:.80}"


class FrameEncoder:
    """Turns envelopes into frames, and refuses those that a decoder would refuse."""

    __slots__ = ("_known",)

    def __init__(self) -> None:
        self._known: dict[Address, None] = {}  # addresses found good; bounded

    def encode(self, envelope: Envelope) -> bytes:
        """Return the frame of ``envelope``.

        Raises:
            InvalidEnvelopeError: a field has the wrong type or is out of its range.
        """
        if envelope.source not in self._known:
            self._learn(envelope.source)
        if envelope.target not in self._known:
            self._learn(envelope.target)
        if not _scalars_fit(envelope):
            raise InvalidEnvelopeError(f"{_scalar_fault(envelope)}: build the envelope accordingly")
        body: bytes = _pack(envelope)
        return HEADER.pack(len(body)) + body

    def _learn(self, address: Address) -> None:
        fault = address_fault(address)
        if fault is not None:
            raise InvalidEnvelopeError(f"{fault}: build the envelope accordingly")
        if len(self._known) >= _KNOWN_ADDRESSES_MAX:
            self._known.clear()
        self._known[address] = None


class FrameDecoder:
    """Turns bytes, in whatever pieces they come, into frames.

    Feed it, then ask for frames until there is none. What comes out does not depend on
    how the bytes were cut. Each byte is copied a bounded number of times, even when they
    come one by one, and no more is held than one frame and the last piece fed.

    Attributes:
        frame_bytes_max: the bound of the next frames' bodies; may be set at any time.
    """

    __slots__ = ("_data", "_known", "_need", "_offset", "_tail", "frame_bytes_max")

    def __init__(self, *, frame_bytes_max: int = FRAME_BYTES_MAX) -> None:
        self.frame_bytes_max = frame_bytes_max
        self._data = b""  # where frames are cut from, beginning at _offset
        self._offset = 0
        self._tail = bytearray()  # an incomplete frame, while _data is used up
        self._need = 0  # how long _tail must be before it is worth looking at
        self._known: dict[tuple[str, str], Address] = {}  # addresses found good; bounded

    @property
    def held_bytes(self) -> int:
        """How much was fed and has not come out as frames."""
        return len(self._data) - self._offset + len(self._tail)

    def feed(self, data: bytes) -> None:
        """Take the next piece of the stream."""
        if self._tail:
            self._tail += data
            if len(self._tail) < self._need:
                return
            data = bytes(self._tail)
            self._tail.clear()
        elif self._offset < len(self._data):
            data = self._data[self._offset :] + data
        self._data = data
        self._offset = 0

    def next_body(self) -> bytes | None:
        """Return the body of the next frame, or nothing until more is fed.

        Raises:
            FrameTooLarge: it announces more than ``frame_bytes_max``.
        """
        data, start = self._data, self._offset + HEADER.size
        if start > len(data):
            self._wait_for(HEADER.size)
            return None
        (length,) = HEADER.unpack_from(data, self._offset)
        if length > self.frame_bytes_max:
            raise FrameTooLarge(
                f"a frame announces {length} bytes where {self.frame_bytes_max} are allowed: "
                "send less at once, or raise frame_bytes_max on both sides"
            )
        end: int = start + length
        if end > len(data):
            self._wait_for(HEADER.size + length)
            return None
        self._offset = end
        return data[start:end]

    def _wait_for(self, need: int) -> None:
        self._tail += self._data[self._offset :]
        self._data, self._offset, self._need = b"", 0, need

    def next_frame(self) -> Envelope | Control | None:
        """Return the next envelope or control, or nothing until more is fed.

        Raises:
            FrameTooLarge: it announces more than ``frame_bytes_max``.
            MalformedFrame: it is neither an envelope nor a control.
        """
        begin = self._offset
        body = self.next_body()
        if body is None:
            return None
        try:
            fields = unpack(body, fields_max=_FIELDS)
            if type(fields) is tuple:
                return self._envelope(fields)
            return self._control(fields)
        except MalformedFrame:
            self._offset = begin  # a bad frame is never got past
            raise

    def _envelope(self, fields: tuple[Any, ...]) -> Envelope:
        if len(fields) != _FIELDS:
            raise MalformedFrame(f"an envelope has {_FIELDS} fields, this one {len(fields)}")
        if not _scalars_fit(fields):
            raise MalformedFrame(_scalar_fault(fields))
        kind, source, source_life, target, target_life, id_, number, deadline, payload = fields
        known = self._known
        try:
            source = known.get(source) or self._learn(source)
            target = known.get(target) or self._learn(target)
        except TypeError as error:  # an empty map is msgpack too, and not hashable
            raise MalformedFrame(f"an address is an array of strings: {error}") from error
        return _new_envelope(
            Envelope,
            (kind, source, source_life, target, target_life, id_, number, deadline, payload),
        )

    def _control(self, value: object) -> Control:
        if type(value) is int and Control.PING <= value <= Control.GOODBYE:
            return Control(value)
        raise MalformedFrame(f"a frame is an envelope or a control, not {value!r:.80}")

    def _learn(self, pair: object) -> Address:
        fault = address_fault(pair)
        if fault is not None:
            raise MalformedFrame(fault)
        assert isinstance(pair, tuple), "address_fault lets only pairs of strings pass"
        if len(self._known) >= _KNOWN_ADDRESSES_MAX:
            self._known.clear()
        address = self._known[pair] = Address(*pair)
        return address
