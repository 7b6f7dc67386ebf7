"""The digest: equal runs, and only they, have equal digests."""

import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.evidence.digest import Digest, Event
from kactors.evidence.errors import WindowError

names = st.tuples(st.text(max_size=5), st.text(max_size=5))
times = st.integers(-(2**63), 2**63 - 1)
events = st.builds(Event, times, st.integers(0, 2**64 - 1), names, names, st.binary(max_size=20))


def digest_of(found: list[Event], every: int = 4096) -> Digest:
    """Return the digest over these events."""
    digest = Digest(every=every)
    for event in found:
        digest.add(*event)
    return digest


@given(st.lists(events), st.integers(0, 40))
def test_looking_at_the_digest_does_not_change_it(found: list[Event], when: int) -> None:
    """It may be read at any time."""
    digest = Digest()
    for number, event in enumerate(found):
        digest.add(*event)
        if number == when:
            digest.hexdigest()

    assert digest.hexdigest() == digest_of(found).hexdigest()
    assert digest.events == len(found)


@given(st.lists(events, max_size=10), st.lists(events, max_size=10))
def test_only_equal_runs_have_equal_digests(one: list[Event], other: list[Event]) -> None:
    """Whatever differs, shows."""
    assert (digest_of(one).hexdigest() == digest_of(other).hexdigest()) == (one == other)


@given(st.lists(events, min_size=1, max_size=5), st.data())
def test_a_change_in_any_field_shows(found: list[Event], data: st.DataObject) -> None:
    """Time, sequence, source, target and payload all count."""
    index = data.draw(st.integers(0, len(found) - 1))
    event = data.draw(events)
    field = data.draw(st.sampled_from(Event._fields))
    changed = found[index]._replace(**{field: getattr(event, field)})

    same = (
        digest_of(found).hexdigest()
        == digest_of([*found[:index], changed, *found[index + 1 :]]).hexdigest()
    )
    assert same == (changed == found[index])


def test_names_do_not_run_into_each_other() -> None:
    """Where one ends and the next begins is part of the digest."""
    one = Event(0, 0, ("ab", "c"), ("d", "e"), b"")
    other = Event(0, 0, ("a", "bc"), ("d", "e"), b"")

    assert digest_of([one]).hexdigest() != digest_of([other]).hexdigest()


def many(count: int) -> list[Event]:
    """Return so many different events."""
    return [Event(n, n, ("a", "x"), ("b", "y"), b"%d" % n) for n in range(count)]


def test_checkpoints_are_the_digests_along_the_way() -> None:
    """One after each full interval."""
    checkpoints = digest_of(many(25), every=10).checkpoints

    assert [checkpoint.events for checkpoint in checkpoints] == [10, 20]
    assert [c.digest for c in checkpoints] == [digest_of(many(n)).hexdigest() for n in (10, 20)]


def test_a_window_of_events_can_be_kept() -> None:
    """From the first to before the end."""
    digest = Digest(keep=(3, 6))
    for event in many(10):
        digest.add(*event)

    assert digest.kept == many(10)[3:6]
    assert digest.hexdigest() == digest_of(many(10)).hexdigest()


def test_a_window_that_cannot_be_is_refused() -> None:
    """With what to ask for."""
    with pytest.raises(WindowError, match="at least 1 lies between"):
        Digest(every=0)
    with pytest.raises(WindowError, match="ask for 0 <= first <= end"):
        Digest(keep=(5, 4))


PROGRAM = """
from kactors.evidence.digest import Digest
digest = Digest()
for n in range(2000):
    digest.add(n, n, ("host", str(n % 7)), (str(n % 5), "name"), bytes(n % 50))
print(digest.hexdigest())
"""


def test_another_process_gives_the_same_digest() -> None:
    """Hash randomisation does not leak into it, and neither does the release."""
    digests = set()
    for hash_seed in ("0", "1", "4242"):
        env = {**os.environ, "PYTHONHASHSEED": hash_seed}
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM], env=env, capture_output=True, text=True, check=True
        )
        digests.add(done.stdout.strip())

    assert digests == {"0ed58f7d8f1ff16d1644c04fc400686e"}
