"""The comparison: it names the first event that differs."""

import io
from collections.abc import Callable, Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.evidence.compare import (
    compare_runs,
    describe,
    differing_window,
    first_difference,
)
from kactors.evidence.digest import Digest, Event
from kactors.evidence.trace import Record, read_lines, write_lines


def events(count: int, **changed: Event) -> list[Event]:
    """Return so many events; ``at_7=...`` puts another one in the eighth place."""
    made = [Event(n * 1000, n, ("a", "x"), ("b", "y"), b"%d" % n) for n in range(count)]
    for name, event in changed.items():
        made[int(name.removeprefix("at_"))] = event
    return made


OTHER = Event(7000, 7, ("a", "x"), ("c", "y"), bytes(40))


def test_equal_runs_do_not_differ() -> None:
    """Nothing is the answer."""
    assert first_difference(events(5), events(5)) is None
    assert first_difference(events(0), events(0)) is None


def test_the_first_difference_is_named_with_its_fields_and_what_came_before() -> None:
    """As a person wants to read it."""
    difference = first_difference(events(10), events(10, at_7=OTHER))

    assert str(difference) == (
        "the runs differ at event 7, in its target and payload\n"
        "  both:   0.000004000 s, sequence 4: a/x -> b/y, 1 bytes 34\n"
        "  both:   0.000005000 s, sequence 5: a/x -> b/y, 1 bytes 35\n"
        "  both:   0.000006000 s, sequence 6: a/x -> b/y, 1 bytes 36\n"
        "  first:  0.000007000 s, sequence 7: a/x -> b/y, 1 bytes 37\n"
        "  second: 0.000007000 s, sequence 7: a/x -> c/y, 40 bytes " + "00" * 32 + "..."
    )


def test_a_run_that_ends_early_differs_at_its_end() -> None:
    """Whichever of the two it is."""
    shorter = first_difference(events(3), events(5))
    longer = first_difference(events(5), events(3))

    assert shorter is not None
    assert (shorter.index, shorter.left, shorter.fields) == (3, None, ())
    assert "first:  no further event" in str(shorter)
    assert longer is not None
    assert longer.right is None


def test_a_comparison_reads_no_further_than_the_difference() -> None:
    """Endless runs can be compared."""

    def endless(last: int) -> Iterator[Event]:
        number = 0
        while True:
            yield Event(0, number, ("a", "x"), ("b", "y"), b"%d" % min(number, last))
            number += 1

    difference = first_difference(endless(1000), endless(10))

    assert difference is not None
    assert difference.index == 11


def record(number: int, what: str = "tick") -> Record:
    """Return a record."""
    return Record(number, number * 10**9, number * 10**9 + 5, "a", 1, "x", what, 20, {"n": number})


def test_traces_are_compared_from_their_files() -> None:
    """Line by line."""
    files = []
    for changed in ("tick", "tock"):
        file = io.StringIO()
        write_lines([record(n, changed if n == 3 else "tick") for n in range(5)], file)
        files.append(io.StringIO(file.getvalue()))

    difference = first_difference(read_lines(files[0]), read_lines(files[1]))

    assert difference is not None
    assert difference.fields == ("what",)
    assert difference.right == "3.000000000 s (local 3.000000005 s), record 3: a#1/x tock, n=3"


def test_records_of_hosts_and_of_the_world_are_described() -> None:
    """Without an actor, and without a host."""
    host = record(1)._replace(actor="", local_ns=10**9)
    world = host._replace(host="", fields={})

    assert describe(host) == "1.000000000 s, record 1: a#1 tick, n=1"
    assert describe(world) == "1.000000000 s, record 1: the world tick"


def digest_of(found: list[Event], every: int = 10) -> Digest:
    """Return the digest of these events."""
    digest = Digest(every=every)
    for event in found:
        digest.add(*event)
    return digest


@given(st.integers(1, 100), st.integers(0, 99), st.integers(0, 30), st.integers(1, 20))
def test_the_window_holds_the_first_difference(
    count: int, place: int, longer: int, every: int
) -> None:
    """And is no longer than one interval, or what is left."""
    place %= count
    changed = events(count, **{f"at_{place}": OTHER._replace(sequence=10**6)})
    one, other = digest_of(events(count), every), digest_of(changed + events(longer), every)

    window = differing_window(one, other)

    assert window is not None
    assert window[0] <= place < window[1]
    assert window[1] - window[0] <= max(every, longer + 1) + every


@given(st.integers(0, 60), st.integers(1, 60), st.integers(1, 20))
def test_a_longer_run_differs_after_the_end_of_the_shorter(
    count: int, more: int, every: int
) -> None:
    """The window holds the first event too many."""
    window = differing_window(
        digest_of(events(count), every), digest_of(events(count + more), every)
    )

    assert window is not None
    assert window[0] <= count < window[1]


def test_equal_digests_have_no_window() -> None:
    """Nothing differs."""
    assert differing_window(digest_of(events(25)), digest_of(events(25))) is None


def playing(found: list[Event]) -> Callable[[Digest], None]:
    """Return a run with these events."""

    def run(digest: Digest) -> None:
        for event in found:
            digest.add(*event)

    return run


@pytest.mark.parametrize("place", [0, 7, 49, 99])
def test_two_runs_are_compared_event_by_event_only_where_they_differ(place: int) -> None:
    """The place is that of the whole run."""
    changed = events(100, **{f"at_{place}": OTHER._replace(sequence=10**6)})

    difference = compare_runs(playing(events(100)), playing(changed), every=10)

    assert difference is not None
    assert difference.index == place
    assert compare_runs(playing(changed), playing(changed)) is None


def test_a_run_that_does_not_repeat_itself_is_told_so() -> None:
    """The second time, both were the same: the difference is not between the two."""
    times = iter([1, 2, 3, 3])

    def run(digest: Digest) -> None:
        digest.add(next(times), 0, ("a", "x"), ("b", "y"), b"")

    difference = compare_runs(run, run)

    assert difference is not None
    assert "a run does not repeat even itself" in str(difference)
