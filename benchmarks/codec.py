"""Encoding and decoding of messages: ours, cattrs's msgpack converter, and no classes at all.

The budget: a small message takes at most twice what hand-written tuples take, and nothing is
slower than cattrs. Three baselines, from the most to the least like ours:

* *cattrs* turns the same attrs classes into msgpack and back; it looks at no tags, and turns
  what it finds into what was declared instead of refusing it;
* *by hand* is what one would write for the same classes without a library: a tuple with the
  tag, and the constructor, with no check of any type;
* *bare tuples* are ``packb`` and ``unpackb`` of the same data, without a class.

Run with ``python -m benchmarks.codec [--quick] [--json]``.
"""

from collections.abc import Callable, Iterator
from typing import Any

import attrs
import msgpack
from cattrs.preconf.msgpack import make_converter

from benchmarks.report import Row, command, compare, cpu_ns_per_call
from kactors.wire import Registry, decode_value, encode_value, message

Baselines = tuple[tuple[str, Callable[[], object]], ...]

REGISTRY = Registry()


@message("put", registry=REGISTRY)
class Put:
    """A small flat message."""

    key: bytes
    value: bytes
    lease: int
    prev: bool


@message("entry", registry=REGISTRY)
class Entry:
    """What the list holds."""

    term: int
    index: int
    data: bytes


@message("append", registry=REGISTRY)
class Append:
    """A list of a hundred entries, or of one."""

    term: int
    leader: str
    entries: tuple[Entry, ...]


@message("answer", registry=REGISTRY)
class Answer:
    """A nested message with an optional part."""

    put: Put
    previous: Put | None
    revision: int


@message("chunk", registry=REGISTRY)
class Chunk:
    """Mostly bytes."""

    offset: int
    data: bytes


@attrs.frozen
class Case:
    """One message, and how one would write its codec by hand.

    Attributes:
        what: in a few words.
        message: the message.
        to_tuple: the tuple that stands for it.
        from_list: the message from what msgpack made of the tuple.
    """

    what: str
    message: Any
    to_tuple: Callable[[Any], object]
    from_list: Callable[[Any], object]


def _put_to_tuple(put: Put) -> object:
    return ("put", put.key, put.value, put.lease, put.prev)


def _put_from_list(raw: Any) -> Put:
    _tag, key, value, lease, prev = raw
    return Put(key, value, lease, prev)


def _append_to_tuple(append: Append) -> object:
    entries = [("entry", entry.term, entry.index, entry.data) for entry in append.entries]
    return ("append", append.term, append.leader, entries)


def _append_from_list(raw: Any) -> Append:
    _tag, term, leader, entries = raw
    return Append(term, leader, tuple([Entry(*fields) for _tag, *fields in entries]))


def _answer_to_tuple(answer: Answer) -> object:
    previous = None if answer.previous is None else _put_to_tuple(answer.previous)
    return ("answer", _put_to_tuple(answer.put), previous, answer.revision)


def _answer_from_list(raw: Any) -> Answer:
    _tag, put, previous, revision = raw
    old = None if previous is None else _put_from_list(previous)
    return Answer(_put_from_list(put), old, revision)


def _chunk_from_list(raw: Any) -> Chunk:
    _tag, offset, data = raw
    return Chunk(offset, data)


PUT = Put(b"/registry/pods/default/web-0", b"v" * 20, 7, prev=False)

CASES = (
    Case("small flat message", PUT, _put_to_tuple, _put_from_list),
    Case("nested message", Answer(PUT, PUT, 12), _answer_to_tuple, _answer_from_list),
    Case(
        "list of 100 entries",
        Append(3, "etcd-1", tuple(Entry(3, index, b"x" * 40) for index in range(100))),
        _append_to_tuple,
        _append_from_list,
    ),
    Case(
        "64 KiB of bytes",
        Chunk(0, bytes(65536)),
        lambda chunk: ("chunk", chunk.offset, chunk.data),
        _chunk_from_list,
    ),
)

POD = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "web-0", "namespace": "default", "labels": {"app": "web", "tier": "a"}},
    "spec": {
        "nodeName": "node-1",
        "containers": [
            {"name": name, "image": "web:1", "resources": {"requests": {"cpu": "100m"}}}
            for name in ("web", "proxy", "log")
        ],
    },
    "status": {
        "phase": "Running",
        "conditions": [{"type": each, "status": "True"} for each in ("Ready", "Initialized")],
    },
}


def rows(quick: bool) -> Iterator[Row]:
    """Measure every case, one way and the other, against every baseline."""
    for case in CASES:
        yield from _case_rows(case, quick)
    packed = encode_value(POD)
    for way, ours, baseline in (
        ("encode", lambda: encode_value(POD), lambda: msgpack.packb(POD)),
        ("decode", lambda: decode_value(packed), lambda: msgpack.unpackb(packed)),
    ):
        yield _row(f"plain pod, {way}", ours, baseline, "bare msgpack", quick)


def _case_rows(case: Case, quick: bool) -> Iterator[Row]:
    subject, cls = case.message, type(case.message)
    converter = make_converter()
    ours, theirs = REGISTRY.encode(subject), converter.dumps(subject)
    bare = case.to_tuple(subject)
    assert REGISTRY.decode(ours) == converter.loads(theirs, cls) == subject
    assert msgpack.packb(bare) == ours
    assert case.from_list(msgpack.unpackb(ours)) == subject
    encoders: Baselines = (
        ("cattrs", lambda: converter.dumps(subject)),
        ("by hand", lambda: msgpack.packb(case.to_tuple(subject))),
        ("bare tuples", lambda: msgpack.packb(bare)),
    )
    decoders: Baselines = (
        ("cattrs", lambda: converter.loads(theirs, cls)),
        ("by hand", lambda: case.from_list(msgpack.unpackb(ours))),
        ("bare tuples", lambda: msgpack.unpackb(ours)),
    )
    both_ways: Baselines = (
        ("cattrs", lambda: converter.loads(converter.dumps(subject), cls)),
        ("by hand", lambda: case.from_list(msgpack.unpackb(msgpack.packb(case.to_tuple(subject))))),
        ("bare tuples", lambda: msgpack.unpackb(msgpack.packb(bare))),
    )
    for way, function, baselines in (
        ("encode", lambda: REGISTRY.encode(subject), encoders),
        ("decode", lambda: REGISTRY.decode(ours), decoders),
        ("both", lambda: REGISTRY.decode(REGISTRY.encode(subject)), both_ways),
    ):
        for name, baseline in baselines:
            yield _row(f"{case.what}, {way}", function, baseline, name, quick)


def _row(
    what: str, ours: Callable[[], object], baseline: Callable[[], object], name: str, quick: bool
) -> Row:
    seconds, rounds = (0.002, 3) if quick else (0.05, 9)
    return compare(
        what,
        cpu_ns_per_call(ours, seconds=seconds),
        cpu_ns_per_call(baseline, seconds=seconds),
        unit="ns/call",
        baseline_name=name,
        rounds=rounds,
    )


main = command("codec", rows, about="Messages to bytes and back, against cattrs and by hand.")

if __name__ == "__main__":
    main()
