"""The JSON-lines format: what it means, and what is said of a line that means nothing."""

import io
import json
from pathlib import Path

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.checking.actions import Cas, Compare, Delete, Get, Put, Txn, TxnResult
from kactors.checking.errors import MalformedHistory
from kactors.checking.fields import Json
from kactors.checking.history import parse_history, read_history, to_json, write_history
from kactors.checking.operation import Operation
from kactors.runtime.random import Random, stream
from tests.checking.histories import op, small_history

GOOD: dict[str, Json] = {
    "client": "a",
    "op": "put",
    "key": "x",
    "value": "1",
    "call": 1,
    "return": 2,
    "result": None,
}


def text(*operations: Operation) -> bytes:
    """The history of ``operations`` as a file holds it."""
    out = io.StringIO()
    write_history(operations, out)
    return out.getvalue().encode()


def parse(raw: bytes) -> list[Operation]:
    """Read a history from bytes."""
    return list(parse_history(io.BytesIO(raw)))


def parse_one(**fields: Json) -> Operation:
    """Read the good line with some fields replaced."""
    (operation,) = parse(json.dumps({**GOOD, **fields}).encode())
    return operation


@pytest.mark.parametrize("seed", range(100))
def test_what_is_written_is_read(seed: int) -> None:
    """Reading inverts writing."""
    history = small_history(stream(seed))

    assert parse(text(*history)) == history


@settings(max_examples=200)
@given(
    st.binary(max_size=8),
    st.one_of(st.binary(max_size=8), st.text(max_size=8), st.integers()),
    st.text(max_size=8),
)
def test_any_key_and_value_survive(key: bytes, value: bytes | str | int, client: str) -> None:
    """Bytes, text and integers of any kind come back as what they were."""
    written = Operation(
        client=client,
        action=Cas(key, value, value),
        result=True,
        call_ns=0,
        return_ns=5,
        revision=7,
        serializable=True,
    )

    assert parse(text(written)) == [written]


def test_every_kind_of_operation_has_its_form(tmp_path: Path) -> None:
    """The forms that docs/histories.md shows are read as it says."""
    lines: list[dict[str, Json]] = [
        {"client": 1, "op": "put", "key": "x", "value": "1", "call": 0, "return": 5},
        {"client": 1, "op": "get", "key": "x", "call": 6, "return": 7, "result": "1"},
        {"client": 1, "op": "delete", "key": "x", "call": 8, "return": 9, "result": 1},
        {"client": 1, "op": "cas", "key": "x", "value": [None, "2"], "call": 10, "return": None},
        {
            "client": "b",
            "op": "txn",
            "key": None,
            "value": {
                "compare": [{"key": "x", "is": "!=", "value": None}],
                "success": [{"op": "get", "key": "x"}],
                "failure": [{"op": "put", "key": "x", "value": 3}],
            },
            "call": 11,
            "return": 12,
            "result": {"succeeded": True, "results": ["2"]},
            "revision": 4,
        },
        {
            "client": "b",
            "op": "put",
            "key": {"base64": "AP8="},
            "value": "1",
            "call": 13,
            "return": 14,
            "result": {"error": "etcdserver: too many requests"},
            "anything else": "is left alone",
        },
    ]
    file = tmp_path / "history.jsonl"
    file.write_text("\n\n".join(map(json.dumps, lines)))

    history = read_history(file)

    swap = Txn(
        compare=(Compare("x", None, equal=False),), success=(Get("x"),), failure=(Put("x", 3),)
    )
    moved = op(swap, 11, 12, TxnResult(succeeded=True, results=("2",)), client="b")
    refused = op(Put(b"\0\xff", "1"), 13, 14, client="b")
    assert history == [
        op(Put("x", "1"), 0, 5, client="1"),
        op(Get("x"), 6, 7, "1", client="1"),
        op(Delete("x"), 8, 9, 1, client="1"),
        op(Cas("x", None, "2"), 10, None, client="1"),
        attrs.evolve(moved, revision=4),
        attrs.evolve(refused, error="etcdserver: too many requests"),
    ]


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"op": "put", "result": "ok"}, None),
        ({"op": "put", "result": True}, None),
        ({"op": "get", "value": None, "result": "v"}, "v"),
        ({"op": "get", "value": "v", "result": "v"}, "v"),
        ({"op": "delete", "value": None, "result": True}, 1),
        ({"op": "delete", "value": None, "result": 0}, 0),
        ({"op": "delete", "value": None, "result": "ok"}, None),
        ({"op": "delete", "value": None, "result": None}, None),
    ],
)
def test_answers_that_mean_the_same_read_the_same(fields: dict[str, Json], expected: Json) -> None:
    """What other tools write for an answer is understood where it is clear."""
    assert parse_one(**fields).result == expected


TXN: dict[str, Json] = {"success": [{"op": "get", "key": "x"}]}
MALFORMED: list[tuple[dict[str, Json], str]] = [
    ({"client": None}, "'client' is null"),
    ({"client": True}, "'client' is true"),
    ({"client": "\ud800"}, "half of a surrogate pair"),
    ({"op": "scan"}, "'op' is \"scan\""),
    ({"op": None}, "'op' is null"),
    ({"key": None}, "'key' is null"),
    ({"key": 5}, "'key' is 5"),
    ({"key": ["x"]}, r"'key' is \[\"x\"\]"),
    ({"key": {"base64": "?"}}, "'key' is not base64"),
    ({"value": None}, "the value of a put is null"),
    ({"value": 1.5}, "the value of a put is 1.5"),
    ({"value": True}, "the value of a put is true"),
    ({"value": {"base64": "AA==", "more": 1}}, "the value of a put is {"),
    ({"call": -1}, "'call' is -1"),
    ({"call": 1.0}, "'call' is 1.0"),
    ({"call": True}, "'call' is true"),
    ({"call": 1 << 63}, "'call' is 9223372036854775808"),
    ({"return": 0}, "'return' 0 is before 'call' 1"),
    ({"return": "2"}, "'return' is \"2\""),
    ({"return": None, "result": "ok"}, "'return' is null but there is a 'result'"),
    ({"result": 5}, "the result of a put is 5"),
    ({"result": {"error": 5}}, "'error' is 5"),
    ({"revision": "1"}, "'revision' is \"1\""),
    ({"serializable": 1}, "'serializable' is 1"),
    ({"op": "get"}, 'a get has the value "1"'),
    ({"op": "delete"}, 'a delete has the value "1"'),
    ({"op": "get", "value": None, "result": [1]}, r"the result of a get is \[1\]"),
    ({"op": "delete", "value": None, "result": 2}, "the result of a delete is 2"),
    ({"op": "cas", "value": "1"}, 'the value of a cas is "1"'),
    ({"op": "cas", "value": ["1"]}, "the value of a cas is"),
    ({"op": "cas", "value": ["1", None]}, "the new value of a cas is null"),
    ({"op": "cas", "value": [1.5, "1"]}, "the expected value is 1.5"),
    ({"op": "cas", "value": ["1", "2"], "result": None}, "the result of a cas is null"),
    ({"op": "txn", "value": "1"}, 'the value of a txn is "1"'),
    ({"op": "txn", "value": {"success": {}}}, "'success' is {}"),
    ({"op": "txn", "value": {"compare": [5]}}, r"'compare' is \[5\]"),
    ({"op": "txn", "value": {"compare": [{"key": "x", "is": "<"}]}}, "'is' in a compare is \"<\""),
    ({"op": "txn", "value": {"failure": [{"op": "cas", "key": "x"}]}}, "'op' in 'failure'"),
    ({"op": "txn", "value": TXN, "result": None}, "the result of a txn is null"),
    ({"op": "txn", "value": TXN, "result": {"succeeded": 1}}, "the result of a txn is"),
    (
        {"op": "txn", "value": TXN, "result": {"succeeded": True, "results": [1, 2]}},
        "its branch has 1 parts",
    ),
]


@pytest.mark.parametrize(("fields", "found"), MALFORMED)
def test_a_malformed_line_is_named(fields: dict[str, Json], found: str) -> None:
    """The error says which line, what stands there, and what to do."""
    good = json.dumps(GOOD)
    raw = f"{good}\n\n{json.dumps({**GOOD, **fields})}\n{good}\n".encode()

    with pytest.raises(MalformedHistory, match=found) as caught:
        parse(raw)

    assert caught.value.line == 3
    assert str(caught.value) == f"line 3: {caught.value.found}; {caught.value.remedy}"


@pytest.mark.parametrize("name", ["client", "op", "key", "value", "call", "return"])
def test_a_missing_field_is_named(name: str) -> None:
    """A field that says what happened, and when, may not be left out."""
    line = {field: value for field, value in GOOD.items() if field != name}

    with pytest.raises(MalformedHistory, match=name):
        parse(json.dumps(line).encode())


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (b"put x 1", "not JSON: expecting value at column 1"),
        (b'{"client": "a",', "not JSON"),
        (b"[1, 2]", r"JSON, but \[1, 2\]"),
        (b"\xff\xfe", "not UTF-8"),
        (b"9" * 5000, "beyond any sense"),
        (b"[" * 100_000, "beyond any sense"),
    ],
)
def test_a_line_that_is_not_an_object_is_named(raw: bytes, found: str) -> None:
    """Whatever the bytes, the answer is the one typed error."""
    with pytest.raises(MalformedHistory, match=found):
        parse(raw)


@settings(max_examples=500, deadline=None)
@given(st.randoms(use_true_random=False), st.data())
def test_damaged_text_never_raises_anything_else(chance: Random, data: st.DataObject) -> None:
    """Bytes cut out of, or put into, a good history end in operations or in the typed error."""
    raw = bytearray(text(*small_history(Random(chance.getrandbits(64)))))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(raw)))
        raw[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=3))

    try:
        history = parse(bytes(raw))
    except MalformedHistory as problem:
        assert problem.remedy  # noqa: PT017 - either outcome is fine, a third is not
    else:
        assert parse(text(*history)) == history


def test_an_action_without_a_form_is_not_written() -> None:
    """A model of one's own has to bring a format of its own."""
    with pytest.raises(TypeError, match="pop"):
        to_json(Operation(client="a", action="pop", call_ns=0, return_ns=1))
    with pytest.raises(TypeError, match=r"1\.5"):
        to_json(op(Get("x"), 0, 1, 1.5))
