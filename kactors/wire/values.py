"""Plain values without a class: Kubernetes objects and other JSON-shaped data."""

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from msgpack import Packer

from kactors.wire.coercion import malformed, refuse
from kactors.wire.encoding import FAILURES, pack, unpackable
from kactors.wire.errors import FrameTooLarge, TooDeep
from kactors.wire.limits import DEFAULT_LIMITS, Limits
from kactors.wire.plain import PLAIN, checked_plain, surely_plain
from kactors.wire.unpacking import Buffer, unpack

_WHERE = "a plain value"
#: Refuses tuples and subclasses, which would come back as something else.
_pack_strictly: Final[Callable[[object], bytes]] = Packer(strict_types=True).pack
_to_encode = partial(checked_plain, partial(refuse, _WHERE, PLAIN), _WHERE)
_decoded = partial(checked_plain, partial(malformed, _WHERE, PLAIN), _WHERE)


def encode_value(value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return the bytes from which `decode_value` makes an equal value.

    Raises:
        EncodeError: the value holds something that JSON could not, other than bytes.
        TooDeep, FrameTooLarge: it is beyond ``limits``.
    """
    try:
        data = pack(_to_encode(value, limits.depth))
    except FAILURES as error:
        raise unpackable(_WHERE, error) from error
    if len(data) > limits.size_bytes:
        raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
    return data


def encode_decoded(value: Any, limits: Limits = DEFAULT_LIMITS) -> bytes:
    """Return what `encode_value` does, for a value that was decoded and then added to.

    Its dicts have no other keys than text: that is not looked at again. Whether it is plain and
    flat enough is mostly seen from the bytes.

    Raises:
        EncodeError, TooDeep, FrameTooLarge: as `encode_value`.
    """
    try:
        data = _pack_strictly(value)
    except (TypeError, *FAILURES):
        return encode_value(value, limits)  # which says what is wrong
    if not surely_plain(data, limits.depth):
        return encode_value(value, limits)
    if len(data) > limits.size_bytes:
        raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
    return data


def decode_value(data: Buffer, limits: Limits = DEFAULT_LIMITS) -> Any:
    """Return the value that ``data`` holds; it belongs to the caller alone.

    Raises:
        Malformed: ``data`` is not one plain value.
        TooDeep, FrameTooLarge: it is beyond ``limits``.
    """
    value = unpack(data, limits)
    if surely_plain(bytes(data), limits.depth):
        return value
    try:
        return _decoded(value, limits.depth)
    except RecursionError:
        raise TooDeep(_WHERE) from None
