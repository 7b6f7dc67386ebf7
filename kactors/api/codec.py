"""Objects and their bytes.

The apiserver that accepts a write encodes the object once, without
``metadata.resourceVersion``: the revision is not known before the write. The bytes then travel
unopened, with the revision beside them, and whoever decodes puts the two together.

Decoded objects are shared within a process: the same bytes at the same revision give the same
object, which nobody may change. In the paranoid mode everyone gets an own copy; a run that then
ends differently has somewhere changed what was not its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import msgpack

from kactors.api.errors import BadRequest
from kactors.api.objects import Object
from kactors.wire import (
    DEFAULT_LIMITS,
    Limits,
    WireError,
    decode_value,
    encode_decoded,
    encode_value,
)

__all__ = [
    "decode",
    "decode_patch",
    "decode_request",
    "encode",
    "encode_value",
    "is_paranoid",
    "paranoid",
]

_SHARED_OBJECTS = 32768
"""How many decoded objects a process keeps for sharing; the least recently used go first."""


class _Mode:
    paranoid = False


def encode(obj: Object, limits: Limits = DEFAULT_LIMITS, *, conformed: bool = False) -> bytes:
    """Return the bytes of ``obj``, without its resource version.

    Args:
        obj: what to encode.
        limits: how long and deep it may be.
        conformed: it was decoded, and has the form of its kind: its keys need no further look.

    Raises:
        EncodeError: the object holds what JSON could not.
        TooDeep, FrameTooLarge: it is beyond ``limits``.
    """
    metadata = obj.get("metadata")
    if metadata and "resourceVersion" in metadata:
        kept = {key: value for key, value in metadata.items() if key != "resourceVersion"}
        obj = {**obj, "metadata": kept}
    return encode_decoded(obj, limits) if conformed else encode_value(obj, limits)


def decode(body: bytes, revision: int = 0) -> Object:
    """Return the object of ``body``, with ``revision`` as its resource version unless that is 0.

    The bytes are trusted: they come from `encode`. The object is shared and must not be changed.
    """
    return _decoded(body, revision) if _Mode.paranoid else _shared(body, revision)


def decode_request(body: bytes, limits: Limits = DEFAULT_LIMITS) -> Object:
    """Return the object that a client sent; it belongs to the caller alone.

    Raises:
        BadRequest: the bytes are no object, or too many, or too deep.
    """
    value = decode_patch(body, limits)
    if not isinstance(value, dict):
        found = type(value).__name__
        raise BadRequest(f"the body of the request must be an object, {found} was found")
    return value


def decode_patch(body: bytes, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Return what a client sent as a patch: an object, or a list of operations.

    Raises:
        BadRequest: the bytes are no value, or too many, or too deep.
    """
    try:
        return decode_value(body, limits)
    except WireError as error:
        raise BadRequest(f"the body of the request could not be read: {error}") from error


@contextmanager
def paranoid() -> Iterator[None]:
    """Decode separately for everyone, as long as the context is open."""
    before, _Mode.paranoid = _Mode.paranoid, True
    try:
        yield
    finally:
        _Mode.paranoid = before


def is_paranoid() -> bool:
    """Tell whether objects are decoded separately for everyone."""
    return _Mode.paranoid


def _decoded(body: bytes, revision: int) -> Object:
    obj: Any = msgpack.unpackb(body, strict_map_key=False)
    if revision:
        metadata = obj.get("metadata")
        if metadata is None:
            metadata = obj["metadata"] = {}
        metadata["resourceVersion"] = str(revision)
    found: Object = obj
    return found


_shared = lru_cache(maxsize=_SHARED_OBJECTS)(_decoded)
