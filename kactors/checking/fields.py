"""The fields of a line of a history: each read, checked and, if wrong, named."""

import base64
import binascii
import json
from collections.abc import Iterable
from typing import TypeAlias

from kactors.checking.actions import Key, Result, TxnResult, Value

Json: TypeAlias = "str | int | float | bool | list[Json] | dict[str, Json] | None"

_TIME_BOUND = 1 << 63
_SHOWN = 60


class Found(Exception):
    """What is wrong with a line, and what to do about it; the reader adds the line's number."""

    def __init__(self, found: str, remedy: str) -> None:
        super().__init__(found)
        self.found = found
        self.remedy = remedy


def decode(line: bytes) -> dict[str, Json]:
    """Decode one line to a JSON object.

    Raises:
        Found: it is not one.
    """
    try:
        found = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Found("bytes that are not UTF-8", "write the history as UTF-8") from None
    except json.JSONDecodeError as error:
        where = f"at column {error.colno}" if error.lineno == 1 else "past its end"
        raise Found(
            f"not JSON: {error.msg.lower()} {where}", "write one JSON object on each line"
        ) from None
    except (ValueError, RecursionError):
        raise Found(
            "a number or a nesting beyond any sense", "write one operation on each line"
        ) from None
    if not isinstance(found, dict):
        raise Found(f"JSON, but {show(found)}", "write one JSON object on each line")
    return found


def show(item: Json) -> str:
    """Return ``item`` as short JSON text for a message."""
    text = json.dumps(item, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 3] + "..."


def _well_formed(text: str, name: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Found(
            f"{name} holds half of a surrogate pair", 'write bytes as {"base64": "..."}'
        ) from None
    return text


def client(line: dict[str, Json]) -> str:
    """Return who asked; a number counts as its digits."""
    found = line.get("client")
    if isinstance(found, bool) or not isinstance(found, str | int):
        raise Found(f"'client' is {show(found)}", "name the client by a string or an integer")
    return _well_formed(str(found), "'client'")


def time(line: dict[str, Json], name: str) -> int:
    """Return a time in nanoseconds."""
    found = line.get(name)
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found < _TIME_BOUND:
        given = f"is {show(found)}" if name in line else "is missing"
        raise Found(f"'{name}' {given}", "give the time in nanoseconds, an integer from 0 to 2**63")
    return found


def optional_count(line: dict[str, Json], name: str) -> int | None:
    """Return a number that may be left out."""
    return None if line.get(name) is None else time(line, name)


def flag(line: dict[str, Json], name: str) -> bool:
    """Return a truth value that is False if it is left out."""
    found = line.get(name, False)
    if not isinstance(found, bool):
        raise Found(f"'{name}' is {show(found)}", "write true or false")
    return found


def text(line: dict[str, Json], name: str) -> str:
    """Return a string."""
    found = line.get(name)
    if not isinstance(found, str):
        raise Found(f"'{name}' is {show(found)}", "write a string")
    return _well_formed(found, f"'{name}'")


def objects(line: dict[str, Json], name: str) -> list[dict[str, Json]]:
    """Return a list of objects; nothing if it is left out."""
    found = line.get(name, [])
    if isinstance(found, list):
        items = [item for item in found if isinstance(item, dict)]
        if len(items) == len(found):
            return items
    raise Found(f"'{name}' is {show(found)}", "write a list of objects")


def key(line: dict[str, Json]) -> Key:
    """Return the key of an operation."""
    found = line.get("key")
    if isinstance(found, int) or found is None:
        given = f"is {show(found)}" if "key" in line else "is missing"
        raise Found(f"'key' {given}", 'write a string or {"base64": "..."}')
    held = value(found, "'key'")
    assert isinstance(held, str | bytes)
    return held


def present(found: Json, name: str) -> Value:
    """Return a value that is not null."""
    held = value(found, name)
    if held is None:
        raise Found(f"{name} is null", "give a value; to remove a key write a delete")
    return held


def value(found: Json, name: str) -> Value | None:
    """Return a value, or None for null."""
    match found:
        case None:
            return None
        case str():
            return _well_formed(found, name)
        case int() if not isinstance(found, bool):
            return found
        case {"base64": str(encoded), **others} if not others:
            try:
                return base64.b64decode(encoded, validate=True)
            except (binascii.Error, ValueError):
                raise Found(f"{name} is not base64", "encode the bytes with padding") from None
        case _:
            raise Found(
                f"{name} is {show(found)}", 'write a string, an integer or {"base64": "..."}'
            )


def no_value(line: dict[str, Json]) -> None:
    """Refuse a value where none belongs, unless it only repeats the result."""
    found = line.get("value")
    if found is not None and found != line.get("result"):
        raise Found(
            f"a {line.get('op')} has the value {show(found)}",
            "leave it null: what was read belongs in 'result'",
        )


def plain(answers: Iterable[Result]) -> Iterable[Value | None]:
    """Narrow the answers of a transaction's branch to plain values."""
    for answer in answers:
        assert not isinstance(answer, TxnResult)
        yield answer


def scalar(held: Value | None) -> Json:
    """Return the JSON of a value or key; bytes become ``{"base64": "..."}``."""
    return {"base64": base64.b64encode(held).decode()} if isinstance(held, bytes) else held
