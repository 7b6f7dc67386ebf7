"""From bytes to what msgpack makes of them, with every failure as a `WireError`."""

from typing import Any, Final

from msgpack import ExtraData, StackError, UnpackException, unpackb

from kactors.wire.errors import FrameTooLarge, Malformed, TooDeep, WireError
from kactors.wire.limits import Limits

Buffer = bytes | bytearray | memoryview

#: What msgpack may raise for bytes from outside.
FAILURES: Final = (ValueError, UnpackException, MemoryError)


def unpack(data: Buffer, limits: Limits) -> Any:
    """Return the one value that ``data`` holds.

    The lengths that ``data`` declares are bounded by its own: msgpack sees to that.

    Raises:
        FrameTooLarge: it has more bytes than ``limits`` allow; none of them was looked at.
        TooDeep: it nests deeper than msgpack goes, which is 1024.
        Malformed: it is no msgpack, cut short, or has something behind its end.
    """
    if len(data) > limits.size_bytes:
        raise FrameTooLarge(len(data), limit_bytes=limits.size_bytes)
    try:
        return unpackb(data)
    except FAILURES as error:
        raise explained(data, error) from error


def explained(data: Buffer, error: Exception) -> WireError:
    """Return the `WireError` for one of `FAILURES`."""
    if isinstance(error, StackError):
        return TooDeep("the encoded form")
    if isinstance(error, ExtraData):
        return Malformed(f"{len(data)} bytes hold more than one message")
    return Malformed(f"{len(data)} bytes are no msgpack: {str(error) or type(error).__name__}")
