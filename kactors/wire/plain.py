"""Plain values: what JSON could hold, and bytes."""

from collections.abc import Callable
from types import NoneType
from typing import Any, Final, NoReturn

from kactors.wire.errors import TooDeep

Fail = Callable[[object], NoReturn]
"""Raises the error that suits the caller, about the value given."""

#: What errors call it.
PLAIN: Final = "None, bool, int, float, str, bytes, or a list or a dict with str keys of these"

#: What a plain value is made of, beside lists and dicts with keys of type ``str``.
LEAVES: Final = frozenset({NoneType, bool, int, float, str, bytes})

#: The first bytes of msgpack's arrays and maps, and of its bytes and extension types.
_CONTAINERS: Final = bytes([*range(0x80, 0xA0), *range(0xDC, 0xE0)])
_UNUSUAL: Final = bytes([*range(0xC4, 0xCA), *range(0xD4, 0xD9)])
_ORDINARY: Final = bytes(sorted({*range(256)} - {*_CONTAINERS, *_UNUSUAL}))
_TO_UNUSUAL: Final = bytes.maketrans(_UNUSUAL, b"!" * len(_UNUSUAL))


def checked_plain(fail: Fail, where: str, value: Any, depth: int) -> Any:
    """Return ``value`` if it is plain and nests at most ``depth`` lists and dicts.

    Types are exact: a subclass, and a tuple, would come back as something else.

    Raises:
        TooDeep: it nests deeper.
    """
    if type(value) not in LEAVES:
        _check(fail, where, value, depth)
    return value


def _check(fail: Fail, where: str, value: Any, depth: int) -> None:
    if depth < 1:
        raise TooDeep(where)
    if type(value) is dict:
        for key, child in value.items():
            if type(key) is not str:
                fail(key)
            if type(child) is not str and type(child) not in LEAVES:
                _check(fail, where, child, depth - 1)
    elif type(value) is list:
        for child in value:
            if type(child) is not str and type(child) not in LEAVES:
                _check(fail, where, child, depth - 1)
    else:
        fail(value)


def surely_plain(data: bytes, depth: int) -> bool:
    """Whether ``data`` alone shows that what is decoded from it is plain and nests little.

    What msgpack decodes is plain but for extension types and for keys of type ``bytes``, and
    nests no deeper than there are bytes that can begin an array or a map. Looking for such
    bytes takes a tenth of the time of a walk over the value; text in some scripts, and bytes,
    contain them too, and then the walk must decide.
    """
    telling = data.translate(_TO_UNUSUAL, _ORDINARY)
    return len(telling) <= depth and b"!" not in telling
