"""Hello: the first frame of each direction, by which two hosts get to know each other.

The dialler says hello first, the other one answers. The first two fields, magic and
version, keep their places in every version of the protocol, so that hosts of different
versions part with a reason that both can read.
"""

from typing import Any, Final, NamedTuple

import msgpack

from kactors.transport.errors import FrameTooLarge, MalformedFrame, NotKactors, VersionMismatch
from kactors.transport.framing import FrameDecoder, address_fault, frame, unpack

MAGIC: Final = "kactors"
VERSION: Final = 1
HELLO_BYTES_MAX: Final = 4096
"""The bound of a hello's body, also of later versions; nobody is trusted with more before it."""

_FIELDS_MAX: Final = 32  # of later versions, whose hellos must still be readable up to the version
_INTEGER_MAX: Final = 2**63 - 1


class Hello(NamedTuple):
    """Who speaks, and to whom.

    Attributes:
        host: the speaker.
        incarnation: which life of the speaker.
        target: the host that is meant to hear it.
    """

    host: str
    incarnation: int
    target: str


def encode_hello(hello: Hello, *, version: int = VERSION) -> bytes:
    """Return the frame of ``hello``; another ``version`` than ours only serves tests."""
    body: bytes = msgpack.packb((MAGIC, version, *hello))
    return frame(body)


def next_hello(decoder: FrameDecoder) -> Hello | None:
    """Return the hello that ``decoder`` holds first, or nothing until more is fed.

    Raises:
        NotKactors: the first bytes are no hello.
        VersionMismatch: the peer speaks another version.
    """
    try:
        body = decoder.next_body()
        fields = None if body is None else unpack(body, fields_max=_FIELDS_MAX)
    except (FrameTooLarge, MalformedFrame) as error:
        raise NotKactors(f"the peer began with something that is no hello: {error}") from error
    return None if body is None else _read(fields)


def _read(fields: Any) -> Hello:
    if not (isinstance(fields, tuple) and len(fields) >= 2 and fields[0] == MAGIC):
        raise NotKactors(f"a hello begins with {MAGIC!r} and a version, not {fields!r:.80}")
    version = fields[1]
    if type(version) is not int or version != VERSION:
        raise VersionMismatch(
            f"the peer speaks version {version!r:.20} of the protocol, this host version "
            f"{VERSION}: run releases on both that share a version"
        )
    if len(fields) != 5:
        raise NotKactors(f"a hello of version {VERSION} has 5 fields, this one {len(fields)}")
    _, _, host, incarnation, target = fields
    for name in (host, target):
        if (fault := address_fault((name, "*"))) is not None:
            raise NotKactors(f"a hello names a host badly: {fault}")
    if type(incarnation) is not int or not 0 <= incarnation <= _INTEGER_MAX:
        raise NotKactors(f"an incarnation is 0 to {_INTEGER_MAX}, not {incarnation!r:.80}")
    return Hello(host, incarnation, target)
