"""Histories as text: JSON lines, one operation each, as ``docs/histories.md`` defines them."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO

from kactors.checking import fields
from kactors.checking.actions import (
    Action,
    Cas,
    Compare,
    Delete,
    Get,
    Key,
    Put,
    Result,
    Simple,
    Txn,
    TxnResult,
)
from kactors.checking.errors import MalformedHistory
from kactors.checking.fields import Found, Json
from kactors.checking.operation import Operation

__all__ = ["parse_history", "read_history", "to_json", "write_history"]


def read_history(path: Path) -> list[Operation]:
    """Read the history in the file at ``path``.

    Raises:
        MalformedHistory: a line is not an operation.
        OSError: the file cannot be read.
    """
    with path.open("rb") as lines:
        return list(parse_history(lines))


def parse_history(lines: Iterable[bytes]) -> Iterator[Operation]:
    """Yield the operation of each line; lines of white space alone are skipped.

    Raises:
        MalformedHistory: a line is not an operation.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            try:
                yield _operation(fields.decode(line))
            except Found as problem:
                raise MalformedHistory(number, problem.found, problem.remedy) from None


def write_history(operations: Iterable[Operation], file: IO[str]) -> None:
    """Write each operation as one line of JSON.

    Raises:
        TypeError: an operation's action is not one of `kactors.checking.actions`.
    """
    for operation in operations:
        file.write(json.dumps(to_json(operation), separators=(",", ":")) + "\n")


# Reading ------------------------------------------------------------------------------------


def _operation(line: dict[str, Json]) -> Operation:
    action = _action(line)
    call = fields.time(line, "call")
    if "return" not in line:
        raise Found("'return' is missing", "give the time of the answer, or null if none came")
    returned = None if line["return"] is None else fields.time(line, "return")
    if returned is not None and returned < call:
        raise Found(
            f"'return' {returned} is before 'call' {call}",
            "give both in nanoseconds of one clock that does not go back",
        )
    result = line.get("result")
    error = None
    if isinstance(result, dict) and "error" in result:
        error, result = fields.text(result, "error"), None
    elif returned is None and result is not None:
        raise Found(
            "'return' is null but there is a 'result'",
            "leave the result of an unknown outcome null",
        )
    return Operation(
        client=fields.client(line),
        action=action,
        result=None if returned is None or error is not None else _result(action, result),
        call_ns=call,
        return_ns=returned,
        error=error,
        revision=fields.optional_count(line, "revision"),
        serializable=fields.flag(line, "serializable"),
    )


def _action(line: dict[str, Json]) -> Action:
    match line.get("op"):
        case "cas":
            pair = line.get("value")
            if not isinstance(pair, list) or len(pair) != 2:
                raise Found(
                    f"the value of a cas is {fields.show(pair)}",
                    'write ["expected", "new"], with null for an expected absence',
                )
            new = fields.present(pair[1], "the new value of a cas")
            return Cas(fields.key(line), fields.value(pair[0], "the expected value"), new)
        case "txn":
            return _txn(line.get("value"))
        case _:
            return _simple(line, "'op'")


def _simple(line: dict[str, Json], where: str) -> Simple:
    match line.get("op"):
        case "put":
            return Put(fields.key(line), fields.present(line.get("value"), "the value of a put"))
        case "get":
            fields.no_value(line)
            return Get(fields.key(line))
        case "delete":
            fields.no_value(line)
            return Delete(fields.key(line))
        case other:
            one_of = "put, get, delete" if where != "'op'" else "put, get, delete, cas, txn"
            raise Found(f"{where} is {fields.show(other)}", f"use one of {one_of}")


def _txn(body: Json) -> Txn:
    if not isinstance(body, dict):
        raise Found(
            f"the value of a txn is {fields.show(body)}",
            'write {"compare": [...], "success": [...], "failure": [...]}',
        )
    return Txn(
        compare=tuple([_compare(item) for item in fields.objects(body, "compare")]),
        success=tuple(
            [_simple(i, "an 'op' in 'success'") for i in fields.objects(body, "success")]
        ),
        failure=tuple(
            [_simple(i, "an 'op' in 'failure'") for i in fields.objects(body, "failure")]
        ),
    )


def _compare(item: dict[str, Json]) -> Compare:
    sign = item.get("is", "=")
    if sign not in ("=", "!="):
        raise Found(f"'is' in a compare is {fields.show(sign)}", 'use "=" or "!="')
    return Compare(
        fields.key(item), fields.value(item.get("value"), "the value of a compare"), sign == "="
    )


def _result(action: Action, result: Json) -> Result:
    match action:
        case Put():
            if result not in (None, "ok", True):
                raise Found(f"the result of a put is {fields.show(result)}", 'write null or "ok"')
            return None
        case Get():
            return fields.value(result, "the result of a get")
        case Delete():
            return _deleted(result)
        case Cas():
            if not isinstance(result, bool):
                raise Found(f"the result of a cas is {fields.show(result)}", "write true or false")
            return result
        case Txn():
            return _txn_result(action, result)


def _deleted(result: Json) -> int | None:
    if result is None or result == "ok":
        return None
    if isinstance(result, bool | int) and int(result) in (0, 1):
        return int(result)
    raise Found(
        f"the result of a delete is {fields.show(result)}",
        "write how many keys it removed, 0 or 1, or null if that is not known",
    )


def _txn_result(action: Txn, result: Json) -> TxnResult:
    succeeded = result.get("succeeded") if isinstance(result, dict) else None
    if not isinstance(result, dict) or not isinstance(succeeded, bool):
        raise Found(
            f"the result of a txn is {fields.show(result)}",
            'write {"succeeded": true or false, "results": [...]}',
        )
    branch = action.success if succeeded else action.failure
    results = result.get("results", [])
    if not isinstance(results, list) or len(results) not in (0, len(branch)):
        raise Found(
            f"'results' of a txn is {fields.show(results)}, its branch has {len(branch)} parts",
            "list one answer for each, or none at all",
        )
    answers = [_result(part, answer) for part, answer in zip(branch, results, strict=False)]
    return TxnResult(succeeded, tuple(fields.plain(answers)))


# Writing ------------------------------------------------------------------------------------


def to_json(operation: Operation) -> dict[str, Json]:
    """Return the JSON object that stands for ``operation``.

    Raises:
        TypeError: its action is not one of `kactors.checking.actions`.
    """
    action = operation.action
    if not isinstance(action, Put | Get | Delete | Cas | Txn):
        raise TypeError(f"a history holds put, get, delete, cas and txn, not {action!r}")
    line: dict[str, Json] = {
        "client": operation.client,
        **_action_json(action),
        "call": operation.call_ns,
        "return": operation.return_ns,
        "result": _result_json(operation),
    }
    if operation.revision is not None:
        line["revision"] = operation.revision
    if operation.serializable:
        line["serializable"] = True
    return line


def _action_json(action: Action) -> dict[str, Json]:
    match action:
        case Put():
            return _line("put", action.key, fields.scalar(action.value))
        case Get():
            return _line("get", action.key, None)
        case Delete():
            return _line("delete", action.key, None)
        case Cas():
            pair: list[Json] = [fields.scalar(action.expected), fields.scalar(action.new)]
            return _line("cas", action.key, pair)
        case Txn():
            body: dict[str, Json] = {
                "compare": [_compare_json(item) for item in action.compare],
                "success": [_action_json(item) for item in action.success],
                "failure": [_action_json(item) for item in action.failure],
            }
            return {"op": "txn", "key": None, "value": body}


def _line(name: str, key: Key, value: Json) -> dict[str, Json]:
    return {"op": name, "key": fields.scalar(key), "value": value}


def _compare_json(item: Compare) -> Json:
    return {
        "key": fields.scalar(item.key),
        "is": "=" if item.equal else "!=",
        "value": fields.scalar(item.value),
    }


def _result_json(operation: Operation) -> Json:
    if operation.error is not None:
        return {"error": operation.error}
    match operation.result:
        case TxnResult(succeeded=succeeded, results=results):
            return {"succeeded": succeeded, "results": [fields.scalar(item) for item in results]}
        case bool() as done:
            return done
        case None | str() | int() | bytes() as value:
            return fields.scalar(value)
        case other:
            raise TypeError(f"a history's results are JSON, not {other!r}")
