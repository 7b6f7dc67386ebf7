"""Tags, and what encode and decode promise about whole messages."""

from typing import Any, NamedTuple

import msgpack
import pytest

from kactors.wire import (
    DeclarationError,
    DuplicateTag,
    EncodeError,
    FrameTooLarge,
    Limits,
    Malformed,
    Registry,
    TooDeep,
    UnexpectedMessage,
    UnknownTag,
    UnresolvedName,
    UnsupportedField,
    message,
)
from tests.wire.zoo import ZOO, Asks, Containers, Done, Nested, Place, Put, Scalars, Tree


def test_the_wire_form_is_an_array_that_begins_with_the_tag() -> None:
    """Other languages can read it without us."""
    assert msgpack.unpackb(ZOO.encode(Put(b"k", b"v", 3))) == ["zoo.put", b"k", b"v", 3]


def test_nested_messages_carry_their_tags_and_namedtuples_do_not() -> None:
    """A NamedTuple is known by where it stands."""
    nested = Nested(Put(b"", b""), (Place("h", "n"),), [], {})
    assert msgpack.unpackb(ZOO.encode(nested)) == [
        "zoo.nested",
        ["zoo.put", b"", b"", 0],
        [["h", "n", None]],
        [],
        {},
        None,
    ]


def test_frozensets_are_sorted_and_other_keys_than_text_make_an_array() -> None:
    """Equal messages have equal bytes, whatever order a set has in this process."""
    containers = Containers(
        numbers=[],
        texts=(),
        pair=(1, "x"),
        empty=(),
        names=frozenset({"b", "a", "c"}),
        places=frozenset({Place("b", ""), Place("a", "")}),
        labels={"z": "1", "a": "2"},
        blobs={b"k": (1,)},
        counts={7: []},
        owners={},
        matrix=[],
        nested=((1, ("x", Place("h", "n"))), {}),
    )
    fields = msgpack.unpackb(ZOO.encode(containers))
    assert fields[5] == ["a", "b", "c"]
    assert fields[6] == [["a", "", None], ["b", "", None]]
    assert list(fields[7]) == ["z", "a"]
    assert fields[9] == [7, []]


def test_decoding_accepts_whatever_holds_bytes() -> None:
    """A slice of a receive buffer need not be copied first."""
    encoded = ZOO.encode(Put(b"k", b"v"))
    assert ZOO.decode(bytearray(encoded)) == Put(b"k", b"v")
    assert ZOO.decode(memoryview(b"xx" + encoded)[2:]) == Put(b"k", b"v")


def test_two_classes_cannot_have_one_tag() -> None:
    """The error names both."""
    registry = Registry()

    @message("test.taken", registry=registry)
    class First:
        pass

    with pytest.raises(DuplicateTag, match=r"Second.*First.*choose another"):

        @message("test.taken", registry=registry)
        class Second:
            pass

    assert registry.registered() == {"test.taken": First}


def test_a_module_may_be_loaded_again() -> None:
    """The newer class of the same name takes the tag; the older can still be encoded."""
    registry = Registry()

    def load() -> type:
        @message("test.reloaded", registry=registry)
        class Reloaded:
            number: int

        return Reloaded

    first = load()
    data = registry.encode(first(1))
    assert isinstance(registry.decode(data), first)
    second = load()

    assert registry.registered()["test.reloaded"] is second
    assert isinstance(registry.decode(data), second)
    assert registry.encode(first(1)) == data


@pytest.mark.parametrize("tag", ["", "Put", "etcd put", ".put", "x" * 65, "put\n"])
def test_a_tag_is_short_and_plain(tag: str) -> None:
    """Tags stand in logs, in counters and in file names."""
    with pytest.raises(DeclarationError, match="lower case"):
        Registry().add(Put, tag)


def test_a_refused_class_leaves_its_tag_free() -> None:
    """After the mistake is corrected the declaration works."""
    registry = Registry()

    with pytest.raises(UnsupportedField):

        @message("test.corrected", registry=registry)
        class Wrong:
            numbers: set[int]

    @message("test.corrected", registry=registry)
    class Right:
        numbers: frozenset[int]

    assert registry.registered() == {"test.corrected": Right}


def test_registered_lists_classes_by_tag_in_order() -> None:
    """The listing does not depend on the order of imports."""
    registered = ZOO.registered()
    assert list(registered) == sorted(registered)
    assert registered["zoo.put"] is Put


def test_only_registered_classes_have_tags_and_are_encoded() -> None:
    """A subclass is another class, and needs a tag of its own."""

    class Sub(Put):
        """A message without a decorator."""

    for stranger in (5, "text", Place("h", "n"), Sub(b"", b"")):
        with pytest.raises(EncodeError, match="is not registered"):
            ZOO.encode(stranger)
    with pytest.raises(EncodeError, match="is not registered"):
        ZOO.tag_of(Sub)


def test_what_is_expected_may_be_a_base_class() -> None:
    """A reader can ask for any message of a family."""
    data = ZOO.encode(Put(b"k", b"v"))
    assert ZOO.decode(data, Asks) == Put(b"k", b"v")
    assert ZOO.decode(data, object) == Put(b"k", b"v")
    with pytest.raises(UnexpectedMessage, match="Done was expected, Put was found") as caught:
        ZOO.decode(data, expect=Done)
    assert caught.value.message == Put(b"k", b"v")


def test_messages_are_limited_in_size_both_ways() -> None:
    """The limit is exact, and nothing beyond it is looked at."""
    put = Put(b"k", b"v" * 100)
    size = len(ZOO.encode(put))
    assert ZOO.decode(ZOO.encode(put, Limits(size_bytes=size)), None, Limits(size_bytes=size))

    with pytest.raises(FrameTooLarge) as caught:
        ZOO.encode(put, Limits(size_bytes=size - 1))
    assert (caught.value.size_bytes, caught.value.limit_bytes) == (size, size - 1)
    with pytest.raises(FrameTooLarge):
        ZOO.decode(b"\xc1" * size, None, Limits(size_bytes=size - 1))


def test_messages_are_limited_in_depth_both_ways() -> None:
    """Every array counts: a message, and the tuple that it stands in."""
    tree = Tree("root", (Tree("child"),))
    wide = Limits(depth=4)
    assert ZOO.decode(ZOO.encode(tree, wide), None, wide) == tree
    for depth in (0, 1, 2, 3):
        with pytest.raises(TooDeep, match="Tree"):
            ZOO.encode(tree, Limits(depth=depth))
        with pytest.raises(TooDeep, match="Tree"):
            ZOO.decode(ZOO.encode(tree), None, Limits(depth=depth))


@pytest.mark.parametrize("number", [2**64, -(2**63) - 1])
def test_an_integer_beyond_64_bits_is_an_error_that_names_its_field(number: int) -> None:
    """Msgpack has no form for it."""
    with pytest.raises(EncodeError, match=r"Scalars\.lease holds an integer beyond 64 bits"):
        ZOO.encode(Scalars(1, 1.0, False, "", b"", None, number))  # type: ignore[arg-type] # a NewType


def test_an_integer_beyond_64_bits_in_a_frozenset_is_an_error() -> None:
    """Elements are packed early, to sort them."""
    registry = Registry()

    @message("test.numbers", registry=registry)
    class Numbers:
        numbers: frozenset[int]

    with pytest.raises(EncodeError, match="beyond 64 bits"):
        registry.encode(Numbers(frozenset({2**70})))


def test_half_a_character_is_an_error_that_names_its_field() -> None:
    """UTF-8 has no form for it."""
    with pytest.raises(EncodeError, match=r"Scalars\.text holds text that is not Unicode"):
        ZOO.encode(Scalars(1, 1.0, False, "\ud800", b"", None, 1))  # type: ignore[arg-type] # a NewType


def test_after_a_failure_the_next_message_is_whole() -> None:
    """Nothing is left in the packer's buffer."""
    with pytest.raises(EncodeError):
        ZOO.encode(Put(b"k", b"v", 2**70))
    assert ZOO.decode(ZOO.encode(Done(1))) == Done(1)


class Span(NamedTuple):
    """A record with a default."""

    first: int
    last: int
    label: str = "none"


def test_a_namedtuple_can_travel_alone() -> None:
    """The reader must know its class: there is no tag."""
    data = ZOO.encode_record(Span(1, 2))
    assert msgpack.unpackb(data) == [1, 2, "none"]
    assert ZOO.decode_record(data, Span) == Span(1, 2)
    assert ZOO.decode_record(msgpack.packb([1, 2]), Span) == Span(1, 2)
    assert ZOO.decode_record(msgpack.packb([1, 2, "x", "more"]), Span) == Span(1, 2, "x")


def test_a_lone_namedtuple_is_checked_as_messages_are() -> None:
    """The same errors, the same limits."""
    with pytest.raises(EncodeError, match=r"Span\.last must be int"):
        ZOO.encode_record(Span(1, "x"))  # type: ignore[arg-type] # the point of the test
    with pytest.raises(EncodeError, match="beyond 64 bits"):
        ZOO.encode_record(Span(1, 2**70))
    with pytest.raises(FrameTooLarge):
        ZOO.encode_record(Span(1, 2), Limits(size_bytes=2))
    for data, what in ((b"\x01", "the array of a Span"), (b"\x91\x01", r"Span\.last is missing")):
        with pytest.raises(Malformed, match=what):
            ZOO.decode_record(data, Span)


def test_names_in_annotations_are_looked_up_at_first_use() -> None:
    """A class may mention one that is declared later, but not one that never is."""
    registry = Registry()

    @message("test.dangling", registry=registry)
    class Dangling:
        other: "Missing"  # type: ignore[name-defined] # noqa: F821 - the point of the test

    dangling: Any = Dangling
    with pytest.raises(UnresolvedName, match=r"Missing.*test_registry"):
        registry.encode(dangling(1))
    with pytest.raises(UnresolvedName, match=r"Missing.*test_registry"):
        registry.decode(msgpack.packb(["test.dangling", 1]))


def test_a_tag_that_is_no_text_is_no_message() -> None:
    """Arrays of other things are told apart from unknown tags."""
    for data in ([], [1], [None, 2], [["x"]], {"zoo.put": 1}, "zoo.put", 7):
        with pytest.raises(Malformed, match="begins with a tag") as caught:
            ZOO.decode(msgpack.packb(data))
        assert not isinstance(caught.value, UnknownTag)
