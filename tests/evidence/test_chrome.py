"""Chrome traces: the shape that Perfetto opens."""

import io
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.evidence.chrome import ChromeTrace, write_chrome
from kactors.evidence.trace import Level, Record, Value
from tests.evidence.test_trace import records as any_record

#: The fields that the trace event format asks for, by phase.
REQUIRED = {
    "X": {"name", "cat", "ph", "ts", "dur", "pid", "tid"},
    "i": {"name", "cat", "ph", "ts", "pid", "tid", "s"},
    "s": {"name", "cat", "ph", "ts", "pid", "tid", "id"},
    "f": {"name", "cat", "ph", "ts", "pid", "tid", "id", "bp"},
    "M": {"name", "ph", "pid", "tid", "args"},
}


def record(ms: float, what: str, host: str = "a", actor: str = "", **fields: Value) -> Record:
    """Return a record at so many milliseconds."""
    level = Level.FAULT if not host else Level.EVENT
    ns = int(ms * 1e6)
    return Record(0, ns, ns, host, 1, actor, what, level, fields)


def written(*records: Record) -> list[dict[str, Any]]:
    """Write a trace, check its shape, and return its events."""
    file = io.StringIO()
    write_chrome(records, file)
    document = json.loads(file.getvalue())
    assert document["displayTimeUnit"] == "ms"
    events: list[dict[str, Any]] = document["traceEvents"]
    for event in events:
        assert REQUIRED[event["ph"]] <= set(event), event
        assert isinstance(event["pid"], int)
        assert isinstance(event["tid"], int)
        if "ts" in event:
            assert event["ts"] >= 0
        if "dur" in event:
            assert event["dur"] >= 0
    return events


def named(events: list[dict[str, Any]], phase: str) -> list[dict[str, Any]]:
    """Return the events of one phase."""
    return [event for event in events if event["ph"] == phase]


def test_a_host_is_a_process_and_an_actor_a_thread() -> None:
    """They are named once, before their first event; process 1 is the world."""
    events = written(
        record(1, "started", actor="x"),
        record(2, "started", actor="y"),
        record(3, "started", host="b", actor="x"),
        record(4, "stopped", actor="x"),
    )

    names = [(e["name"], e["pid"], e["args"]["name"]) for e in named(events, "M")]
    assert names == [
        ("process_name", 1, "the world"),
        ("process_name", 2, "a"),
        ("thread_name", 2, "x"),
        ("thread_name", 2, "y"),
        ("process_name", 3, "b"),
        ("thread_name", 3, "x"),
    ]
    instants = named(events, "i")
    assert [event["name"] for event in instants] == ["started", "started", "started", "stopped"]
    assert instants[0]["tid"] == instants[3]["tid"] != instants[1]["tid"]
    assert instants[0]["ts"] == 1000


def test_a_message_is_an_arrow_between_two_slices() -> None:
    """Each end lies within a slice of its thread, as arrows must."""
    events = written(
        record(1, "send", actor="x", flow=7, message="put"),
        record(2, "deliver", host="b", actor="y", flow=7, message="put"),
    )

    (begin,), (end,) = named(events, "s"), named(events, "f")
    assert begin["id"] == end["id"] == 7
    assert (begin["name"], begin["cat"]) == (end["name"], end["cat"])
    for arrow, piece in zip((begin, end), named(events, "X"), strict=True):
        assert (arrow["pid"], arrow["tid"]) == (piece["pid"], piece["tid"])
        assert piece["ts"] <= arrow["ts"] <= piece["ts"] + piece["dur"]


def test_a_lost_message_is_an_arrow_that_ends_where_it_was_lost() -> None:
    """The reason is among its facts."""
    events = written(
        record(1, "send", actor="x", flow=7), record(1, "lost", actor="x", flow=7, reason="cut")
    )

    assert len(named(events, "f")) == 1
    assert named(events, "X")[1]["args"]["reason"] == "cut"


def test_faults_are_spans_of_the_world() -> None:
    """Two of them may overlap; one without an end reaches to the last record."""
    events = written(
        record(1, "fault begins", host="", kind="Cut", owner="one"),
        record(2, "fault begins", host="", kind="Loss", owner="two"),
        record(4, "fault ends", host="", kind="Cut", owner="one"),
        record(5, "fault", host="", kind="Crash", owner="three"),
        record(9, "tick"),
    )

    spans = {e["name"]: (e["pid"], e["ts"], e["dur"]) for e in named(events, "X")}
    assert spans == {"Cut": (1, 1000, 3000), "Loss": (1, 2000, 7000)}
    crash, tick = named(events, "i")
    assert (crash["name"], crash["s"]) == ("fault", "g")
    assert (tick["name"], tick["s"]) == ("tick", "t")


def test_pauses_and_crashes_are_spans_of_their_host() -> None:
    """A crash ends a pause."""
    events = written(
        record(1, "pause"),
        record(3, "resume"),
        record(5, "pause"),
        record(6, "crash"),
        record(8, "restart"),
        record(9, "resume"),
    )

    spans = [(e["name"], e["ts"], e["dur"]) for e in named(events, "X")]
    assert spans == [("paused", 1000, 2000), ("paused", 5000, 1000), ("down", 6000, 2000)]
    assert [event["name"] for event in named(events, "i")] == ["resume"]


@given(st.lists(any_record, max_size=8))
def test_any_trace_has_the_shape(found: list[Record]) -> None:
    """Whatever the records are called."""
    in_order = sorted(found, key=lambda each: each.true_ns)

    events = written(*in_order)

    assert len([event for event in events if event["ph"] != "M"]) <= 2 * len(found)


@pytest.mark.parametrize("count", [0, 1])
def test_a_document_is_json_however_short(count: int) -> None:
    """Also with nothing in it."""
    assert len(named(written(*[record(1, "tick")] * count), "i")) == count


def test_events_are_made_one_by_one() -> None:
    """A long trace need not fit into memory."""
    events = ChromeTrace().events(record(n, "tick") for n in range(3))

    assert next(events)["name"] == "process_name"
