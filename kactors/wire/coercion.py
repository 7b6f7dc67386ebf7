"""The slow paths: a refusal, or a scalar's subclass where its base is declared."""

from collections.abc import Callable, Mapping
from typing import Final, NoReturn

from kactors.wire.errors import EncodeError, Malformed


def described(value: object) -> str:
    """Name the type of ``value``, and the value itself as far as it is short."""
    kind = type(value).__qualname__
    if isinstance(value, str | bytes):
        return f"{kind} {value[:40]!r}" + ("..." if len(value) > 40 else "")
    if isinstance(value, bool | float) or (isinstance(value, int) and value.bit_length() <= 64):
        return f"{kind} {value!r}"
    return "None" if value is None else kind


def refuse(where: str, expected: str, value: object) -> NoReturn:
    """Raise the `EncodeError` for a value that is not what its field declares."""
    raise EncodeError(f"{where} must be {expected}, found {described(value)}")


def malformed(where: str, expected: str, found: object) -> NoReturn:
    """Raise the `Malformed` for something received that is not what its field declares."""
    raise Malformed(f"{where} must be {expected}, found {described(found)}")


def _as_bool(where: str, value: object) -> NoReturn:
    refuse(where, "bool", value)


def _as_int(where: str, value: object) -> int:
    """Let a member of an ``IntEnum`` stand where an int is declared, but not a bool."""
    if not isinstance(value, int) or isinstance(value, bool):
        refuse(where, "int", value)
    return int(value)


def _as_float(where: str, value: object) -> float:
    """Let an int stand where a float is declared, as the typing rules do."""
    if not isinstance(value, float | int) or isinstance(value, bool):
        refuse(where, "float", value)
    try:
        return float(value)
    except OverflowError:
        refuse(where, "float", value)


def _as_str(where: str, value: object) -> str:
    """Let a member of a ``StrEnum`` stand where a str is declared."""
    if not isinstance(value, str):
        refuse(where, "str", value)
    return str.__str__(value)


def _as_bytes(where: str, value: object) -> NoReturn:
    refuse(where, "bytes", value)


#: By declared type: returns the value as exactly that type, or raises `EncodeError`.
COERCE: Final[Mapping[type, Callable[[str, object], object]]] = {
    bool: _as_bool,
    int: _as_int,
    float: _as_float,
    str: _as_str,
    bytes: _as_bytes,
}
