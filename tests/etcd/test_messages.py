"""Messages survive the wire, the unusual ones too."""

import pytest

from kactors.etcd import messages
from kactors.etcd.messages import (
    Compare,
    CompareResult,
    CompareTarget,
    DeleteRange,
    Event,
    EventType,
    Header,
    KeyValue,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Txn,
    TxnResponse,
    WatchResponse,
)
from kactors.wire import decode, encode, registered

KV = KeyValue(b"k", 1, 2, 3, b"v", 4)
NESTED = Txn(
    (
        Compare(b"a", CompareTarget.VALUE, CompareResult.EQUAL, b"x"),
        Compare(b"a", CompareTarget.MOD, CompareResult.LESS, 7, b"b"),
    ),
    (Put(b"a", b"1", 5), Txn(success=(Range(b"\0", b"\0"),))),
    (DeleteRange(b"a", b"b", prev_kv=True),),
)


@pytest.mark.parametrize(
    "message",
    [
        NESTED,
        RangeResponse(Header(1, 2, 3, 4), (KV, KV), more=True, count=9),
        TxnResponse(Header(), True, (PutResponse(Header(), KV), TxnResponse(Header(), False))),
        WatchResponse(Header(), 1, events=(Event(EventType.DELETE, KV, KV),)),
    ],
    ids=lambda message: type(message).__name__,
)
def test_a_round_trip(message: object) -> None:
    """Decoding inverts encoding."""
    assert decode(encode(message)) == message


def test_everything_that_is_exported_has_a_docstring_and_is_known() -> None:
    """The package shows messages, and the values that they are made of."""
    known = set(registered().values())
    for name in dir(messages):
        cls = getattr(messages, name)
        if isinstance(cls, type):
            assert cls.__doc__, name
            assert cls in known or issubclass(cls, int | tuple), name


def test_a_create_event_is_one_of_a_first_version() -> None:
    """A deletion is none, nor is a later put."""
    created = Event(EventType.PUT, KeyValue(b"k", 2, 2, 1))
    updated = Event(EventType.PUT, KeyValue(b"k", 2, 3, 2))
    deleted = Event(EventType.DELETE, KeyValue(b"k", 0, 4))

    assert [event.is_create for event in (created, updated, deleted)] == [True, False, False]


def test_progress_says_nothing_else() -> None:
    """A response with events, or about the watch itself, is no progress notification."""
    assert WatchResponse(Header()).is_progress
    assert not WatchResponse(Header(), created=True).is_progress
    assert not WatchResponse(Header(), canceled=True).is_progress
    assert not WatchResponse(Header(), events=(Event(EventType.PUT, KV),)).is_progress
