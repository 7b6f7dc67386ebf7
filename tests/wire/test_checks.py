"""For every kind of field: what does not fit is refused, by the encoder and by the decoder."""

from typing import Any, NamedTuple

import msgpack
import pytest

from kactors.wire import EncodeError, Malformed, Registry, TooDeep, evolve, message
from kactors.wire.limits import Limits
from tests.wire.zoo import (
    ZOO,
    Based,
    Choices,
    Colour,
    Containers,
    Done,
    Empty,
    LeaseId,
    Mood,
    Nested,
    NotLeader,
    Open,
    Place,
    PlainValues,
    Put,
    Scalars,
    Size,
    Tree,
    Unions,
)

PUT = Put(b"k", b"v")
HOME = Place("h", "n")

#: One proper message of each class, to be spoilt in one field.
GOOD: dict[type, Any] = {
    Scalars: Scalars(1, 1.0, True, "t", b"d", None, LeaseId(1)),
    Choices: Choices(Colour.RED, Size.SMALL, Mood.CALM, "get", 1),
    Containers: Containers(
        [1],
        ("t",),
        (1, "x"),
        (),
        frozenset({"n"}),
        frozenset({HOME}),
        {"a": "b"},
        {b"a": (1,)},
        {1: [Colour.RED]},
        {("a", Size.SMALL): HOME},
        [[1.0]],
        ((1, ("x", HOME)), {}),
    ),
    Unions: Unions(1, 1, Done(1), "x", HOME, 1.0, Mood.CALM, (1,)),
    Nested: Nested(PUT, (HOME,), [PUT], {"a": PUT}, HOME),
    Open: Open(PUT, PUT, None, None),
    PlainValues: PlainValues([1], {}, ()),
    Based: Based(ZOO.registered()["zoo.base"](1), ()),
}


@pytest.mark.parametrize("cls", GOOD)
def test_the_messages_to_be_spoilt_are_good(cls: type) -> None:
    """Otherwise the tests below would show nothing."""
    assert ZOO.decode(ZOO.encode(GOOD[cls])) == GOOD[cls]


@pytest.mark.parametrize(
    ("cls", "field", "value"),
    [
        (Scalars, "number", True),
        (Scalars, "number", 1.0),
        (Scalars, "number", "1"),
        (Scalars, "real", "1.0"),
        (Scalars, "real", True),
        (Scalars, "real", 10**400),
        (Scalars, "flag", 1),
        (Scalars, "text", b"t"),
        (Scalars, "text", None),
        (Scalars, "data", "d"),
        (Scalars, "data", bytearray(b"d")),
        (Scalars, "nothing", 0),
        (Scalars, "lease", "1"),
        (Choices, "colour", "red"),
        (Choices, "colour", Mood.CALM),
        (Choices, "size", 1),
        (Choices, "mood", "calm"),
        (Choices, "verb", "delete"),
        (Choices, "verb", []),
        (Choices, "mixed", 2),
        (Choices, "mixed", False),
        (Choices, "mixed", 1.0),
        (Containers, "numbers", (1,)),
        (Containers, "numbers", [1, "2"]),
        (Containers, "numbers", {1}),
        (Containers, "texts", ["t"]),
        (Containers, "texts", "text"),
        (Containers, "pair", (1,)),
        (Containers, "pair", (1, "x", 2)),
        (Containers, "pair", ("x", 1)),
        (Containers, "empty", (1,)),
        (Containers, "names", {"n"}),
        (Containers, "names", frozenset({1})),
        (Containers, "places", frozenset({("h", "n", None)})),
        (Containers, "labels", {"a": 1}),
        (Containers, "labels", {1: "a"}),
        (Containers, "labels", [("a", "b")]),
        (Containers, "blobs", {"a": (1,)}),
        (Containers, "counts", {True: []}),
        (Containers, "counts", {1: ["red"]}),
        (Containers, "owners", {("a", 1): HOME}),
        (Containers, "matrix", [[1.0], 1.0]),
        (Containers, "nested", ((1, ("x", ("h", "n", None))), {})),
        (Unions, "maybe", "1"),
        (Unions, "scalar", None),
        (Unions, "scalar", ()),
        (Unions, "answer", Empty()),
        (Unions, "answer", "put"),
        (Unions, "either", PUT),
        (Unions, "either", 1),
        (Unions, "several", ("h", "n", None)),
        (Unions, "several", {"a": "b"}),
        (Unions, "real", None),
        (Unions, "named", "calm"),
        (Unions, "items", (None,)),
        (Nested, "put", Done(1)),
        (Nested, "put", None),
        (Nested, "put", ["zoo.put", b"", b"", 0]),
        (Nested, "puts", [PUT, Done(1)]),
        (Nested, "places", (HOME, None)),
        (Nested, "by_name", {"a": HOME}),
        (Nested, "home", PUT),
        (Open, "request", Done(1)),
        (Open, "anything", "text"),
        (Open, "anything", None),
        (Open, "anything", ValueError("not registered")),
        (Open, "problem", PUT),
        (Open, "problem", ValueError("not registered")),
        (PlainValues, "value", (1,)),
        (PlainValues, "value", {1: 2}),
        (PlainValues, "value", [{"a": {b"b": 1}}]),
        (PlainValues, "value", {"a": [object()]}),
        (PlainValues, "value", Size.SMALL),
        (PlainValues, "value", Mood.CALM),
        (PlainValues, "table", [1]),
        (PlainValues, "rows", ({1},)),
        (Based, "base", Done(1)),
        (Based, "bases", (Done(1),)),
    ],
)
def test_the_encoder_refuses_what_does_not_fit(cls: type, field: str, value: object) -> None:
    """A mistake is found where it was made, and the error names the field."""
    spoilt = evolve(GOOD[cls], **{field: value})
    with pytest.raises(EncodeError, match=rf"{cls.__name__}\.{field}.* must be .*found"):
        ZOO.encode(spoilt)


@pytest.mark.parametrize(
    ("cls", "field", "raw"),
    [
        (Scalars, "number", True),
        (Scalars, "number", 1.0),
        (Scalars, "number", None),
        (Scalars, "real", 1),
        (Scalars, "flag", 1),
        (Scalars, "flag", None),
        (Scalars, "text", b"t"),
        (Scalars, "data", "d"),
        (Scalars, "nothing", 0),
        (Scalars, "nothing", False),
        (Choices, "colour", "blue"),
        (Choices, "colour", 1),
        (Choices, "size", 3),
        (Choices, "size", True),
        (Choices, "size", 1.0),
        (Choices, "verb", "delete"),
        (Choices, "verb", ["get"]),
        (Choices, "mixed", 2),
        (Choices, "mixed", False),
        (Choices, "mixed", 1.0),
        (Containers, "numbers", {"a": 1}),
        (Containers, "numbers", [True]),
        (Containers, "texts", "text"),
        (Containers, "texts", [b"t"]),
        (Containers, "pair", [1]),
        (Containers, "pair", [1, "x", 2]),
        (Containers, "pair", ["x", 1]),
        (Containers, "empty", [1]),
        (Containers, "names", ["n", "n"]),
        (Containers, "names", ["n", 1]),
        (Containers, "places", [["h", 1]]),
        (Containers, "places", ["h"]),
        (Containers, "labels", [["a", "b"]]),
        (Containers, "labels", {"a": 1}),
        (Containers, "labels", {b"a": "b"}),
        (Containers, "blobs", {"a": [1]}),
        (Containers, "counts", {"1": []}),
        (Containers, "counts", [1]),
        (Containers, "counts", [1, [], 1, []]),
        (Containers, "counts", [True, []]),
        (Containers, "counts", [1, ["blue"]]),
        (Containers, "owners", [["a", 3], ["h", "n"]]),
        (Containers, "matrix", [[1]]),
        (Containers, "nested", [[1, ["x", "h"]], {}]),
        (Containers, "nested", [[1, ["x", ["h", "n"]]], {"glum": True}]),
        (Unions, "maybe", "1"),
        (Unions, "scalar", None),
        (Unions, "scalar", []),
        (Unions, "answer", ["zoo.empty"]),
        (Unions, "answer", ["zoo.done"]),
        (Unions, "answer", []),
        (Unions, "answer", [1]),
        (Unions, "answer", "zoo.done"),
        (Unions, "either", ["zoo.put", b"", b""]),
        (Unions, "either", 1.0),
        (Unions, "several", ["h"]),
        (Unions, "several", {"a": "b"}),
        (Unions, "real", 1),
        (Unions, "named", "glum"),
        (Unions, "items", [None]),
        (Nested, "put", ["zoo.done", 1]),
        (Nested, "put", ["zoo.put", b""]),
        (Nested, "put", []),
        (Nested, "put", None),
        (Nested, "put", {"zoo.put": 1}),
        (Nested, "puts", [["zoo.put", b"", ""]]),
        (Nested, "places", [["h"]]),
        (Nested, "by_name", {"a": ["h", "n"]}),
        (Nested, "home", "h/n"),
        (Open, "request", ["zoo.done", 1]),
        (Open, "anything", ["zoo.unknown"]),
        (Open, "anything", 1),
        (Open, "problem", ["zoo.done", 1]),
        (PlainValues, "value", {b"a": 1}),
        (PlainValues, "value", msgpack.ExtType(1, b"")),
        (PlainValues, "value", [{"a": msgpack.Timestamp(1)}]),
        (PlainValues, "table", {b"a": 1}),
        (Based, "base", ["zoo.done", 1]),
        (Based, "bases", [["zoo.done", 1]]),
    ],
)
def test_the_decoder_refuses_what_does_not_fit(cls: type, field: str, raw: object) -> None:
    """Whatever arrives under a known tag is held to the declared types."""
    names = [each.name for each in ZOO.layout(cls).fields]
    fields = msgpack.unpackb(ZOO.encode(GOOD[cls]))
    fields[1 + names.index(field)] = raw
    with pytest.raises(Malformed):
        ZOO.decode(msgpack.packb(fields))


def test_an_error_names_the_field_what_was_expected_and_what_was_found() -> None:
    """Long values are cut short, for errors go to logs."""
    with pytest.raises(EncodeError, match=r"Put\.key must be bytes, found str 'k'$"):
        ZOO.encode(evolve(PUT, key="k"))
    with pytest.raises(Malformed, match=r"Put\.value must be bytes, found str 'x{40}'\.\.\.$"):
        ZOO.decode(msgpack.packb(["zoo.put", b"", "x" * 1000, 0]))
    with pytest.raises(Malformed, match=r"Nested\.places\[\] must be Place, found None"):
        ZOO.decode(msgpack.packb(["zoo.nested", ["zoo.put", b"", b""], [None], [], {}]))


@pytest.mark.parametrize(
    ("message", "equal"),
    [
        (evolve(GOOD[Scalars], number=Size.LARGE), evolve(GOOD[Scalars], number=2)),
        (evolve(GOOD[Scalars], real=3), evolve(GOOD[Scalars], real=3.0)),
        (evolve(GOOD[Scalars], text=Mood.WILD), evolve(GOOD[Scalars], text="wild")),
        (evolve(GOOD[Unions], scalar=Size.LARGE), evolve(GOOD[Unions], scalar=2)),
        (evolve(GOOD[Unions], real=3), evolve(GOOD[Unions], real=3.0)),
    ],
)
def test_what_type_checkers_allow_is_encoded(message: object, equal: object) -> None:
    """An int where a float is declared, a member of an IntEnum where an int is."""
    decoded = ZOO.decode(ZOO.encode(message))
    assert decoded == equal
    assert ZOO.encode(message) == ZOO.encode(equal)


@pytest.mark.parametrize(
    ("message", "depth"),
    [
        (Empty(), 1),
        (GOOD[Scalars], 1),
        (evolve(GOOD[Unions], several=None), 2),
        (GOOD[Nested], 3),
        (PlainValues([[1], {"a": [2]}], {}), 4),
        (PlainValues(1, {"a": 1}, ([],)), 3),
        (GOOD[Containers], 5),
    ],
)
def test_depth_is_counted_in_arrays_and_maps(message: object, depth: int) -> None:
    """The limit is exact, and the same for both sides."""
    data = ZOO.encode(message, Limits(depth=depth))
    assert ZOO.decode(data, None, Limits(depth=depth)) == message
    with pytest.raises(TooDeep):
        ZOO.encode(message, Limits(depth=depth - 1))
    with pytest.raises(TooDeep):
        ZOO.decode(data, None, Limits(depth=depth - 1))


def test_a_message_that_does_not_like_its_values_is_malformed() -> None:
    """Validators are for peers, too."""
    with pytest.raises(Malformed, match=r"Checked does not accept what was received: .*<= 100"):
        ZOO.decode(msgpack.packb(["zoo.checked", 101, 1]))
    with pytest.raises(Malformed, match="must not be negative"):
        ZOO.decode(msgpack.packb(["zoo.checked", 1, -1]))
    with pytest.raises(Malformed, match=r"Checked\.percent must be int"):
        ZOO.decode(msgpack.packb(["zoo.checked", "1", 1]))


class Holder(NamedTuple):
    """A record that has no hash, whatever its annotation in a frozenset says."""

    numbers: list[int]


#: Not in the zoo, where every message can be made.
APART = Registry()


@message("test.unhashable", registry=APART)
class Unhashable:
    """Declares sets that cannot exist."""

    holders: frozenset[Holder] = frozenset()
    by_holder: dict[Holder, int] = {}  # noqa: RUF012 - never changed


@pytest.mark.parametrize("fields", [[[[[1]]]], [[], [[[1]], 1]]])
def test_elements_without_a_hash_are_malformed(fields: list[Any]) -> None:
    """A NamedTuple in a frozenset was believed to have one."""
    with pytest.raises(Malformed, match="has no hash"):
        APART.decode(msgpack.packb(["test.unhashable", *fields]))


def test_messages_that_contain_themselves_end_in_an_error() -> None:
    """A list in a frozen message can still be changed."""
    value: list[Any] = []
    value.append(value)
    with pytest.raises(TooDeep):
        ZOO.encode(PlainValues(value, {}))
    assert ZOO.decode(ZOO.encode(Tree("a", (Tree("b"),)))) == Tree("a", (Tree("b"),))
    assert isinstance(ZOO.decode(ZOO.encode(Open(PUT, PUT, NotLeader(1)))), Open)
