"""The trace: what is recorded, what is kept, and its file."""

import io
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.evidence.errors import TraceFormatError, WindowError
from kactors.evidence.trace import Level, Record, Recorder, read_lines, write_lines
from tests.transport.fake_world import FakeHost, FakeScheduler

values = st.one_of(st.text(), st.integers(), st.booleans(), st.none(), st.floats(-1e9, 1e9))
counts = st.integers(0, 2**63)
records = st.builds(
    Record,
    counts,
    counts,
    counts,
    st.text(),
    counts,
    st.text(),
    st.text(),
    st.integers(0, 50),
    st.dictionaries(st.text(), values, max_size=4),
)


def recorder(**options: object) -> tuple[Recorder, FakeHost, FakeScheduler]:
    """Return a recorder, a host whose clock is fast, and what moves time."""
    scheduler = FakeScheduler()
    host = FakeHost("a", scheduler)
    host.clock.set_drift(100_000)
    return Recorder(lambda: scheduler.now_ns, **options), host, scheduler  # type: ignore[arg-type]  # passed on


def test_a_record_says_who_did_what_when_and_in_which_life() -> None:
    """True time and the host's own."""
    trace, host, scheduler = recorder()
    scheduler.now_ns = 1000
    host.restart()

    trace.record(host, "kubelet", "pod started", Level.EVENT, pod="web-1")

    assert list(trace.records) == [
        Record(1, 1000, 1100, "a", 2, "kubelet", "pod started", 20, {"pod": "web-1"})
    ]


def test_what_the_world_does_has_no_host() -> None:
    """Its local time is the true one."""
    trace, _, scheduler = recorder()
    scheduler.now_ns = 1000

    trace.record_world("fault begins", Level.FAULT, kind="Cut")

    assert list(trace.records) == [
        Record(1, 1000, 1000, "", 0, "", "fault begins", 30, {"kind": "Cut"})
    ]


def test_only_levels_and_kinds_that_were_asked_for_are_kept() -> None:
    """The sequence counts the others too."""
    trace, host, _ = recorder(level=Level.EVENT, kinds=["elected", "deliver"])

    trace.record(host, "x", "deliver", Level.DETAIL)
    trace.record(host, "x", "crashed")
    trace.record(host, "x", "elected")

    assert [(record.sequence, record.what) for record in trace.records] == [(3, "elected")]
    assert not trace.wants("crashed")
    assert trace.wants("elected")


def test_a_bounded_trace_keeps_the_latest() -> None:
    """And says how many it has forgotten."""
    trace, host, _ = recorder(capacity=3)

    for number in range(10):
        trace.record(host, "x", str(number))

    assert [record.what for record in trace.records] == ["7", "8", "9"]
    assert trace.forgotten == 7


def test_a_trace_of_nothing_is_refused() -> None:
    """Who wants none has no recorder."""
    with pytest.raises(WindowError, match="keep at least 1, or trace nothing"):
        recorder(capacity=0)


@given(st.lists(records, max_size=5))
def test_a_file_holds_what_was_written(written: list[Record]) -> None:
    """One line for each record."""
    file = io.StringIO()
    write_lines(written, file)

    assert list(read_lines(io.StringIO(file.getvalue()))) == written
    assert file.getvalue().count("\n") == len(written)


GOOD = (
    '{"sequence":1,"true_ns":2,"local_ns":3,"host":"a","incarnation":1,"actor":"x",'
    '"what":"y","level":20,"fields":{}}\n'
)


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "line 2 is not JSON ("),
        ("[]", "line 2 is not a record: it needs exactly the fields sequence, true_ns"),
        ("{}", "line 2 is not a record"),
        (GOOD.replace('"a"', "5"), "line 2: host is 5: it needs to be of type str"),
        (GOOD.replace('"true_ns":2', '"true_ns":true'), "line 2: true_ns is True: it needs"),
        (GOOD.replace('"fields":{}', '"fields":{"x":[]}'), "line 2: the field 'x' is []: give a"),
    ],
)
def test_a_line_that_is_no_record_is_explained(line: str, says: str) -> None:
    """With its number."""
    with pytest.raises(TraceFormatError, match=re.escape(says)):
        list(read_lines(io.StringIO(GOOD + line)))


def test_empty_lines_are_passed_over() -> None:
    """Files end with one, and people leave them."""
    assert len(list(read_lines(io.StringIO("\n" + GOOD + "\n\n")))) == 1


@given(st.text())
def test_noise_ends_in_one_error(noise: str) -> None:
    """Nothing but `TraceFormatError` comes out of a file that is no trace."""
    try:
        list(read_lines(io.StringIO(noise)))
    except TraceFormatError:
        return
    assert not noise.strip()
