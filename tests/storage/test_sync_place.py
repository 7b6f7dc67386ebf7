"""A disk's past decides where its next sync runs."""

import math
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from kactors.storage.sync_place import SyncPlace

QUICK, SLOW, STALL = 0.001, 0.02, 0.06


def place_after(*seconds: float) -> SyncPlace:
    """Where a disk's syncs run that has taken so long for the latest ones."""
    place = SyncPlace(0.01)
    for each in seconds:
        place.note(each)
    return place


def test_a_disk_shows_its_speed_first() -> None:
    """64 quick syncs in a thread, then the loop."""
    assert not place_after(*[QUICK] * 63).on_loop()
    assert place_after(*[QUICK] * 64).on_loop()


def test_one_stall_sends_the_next_syncs_to_a_thread() -> None:
    """Until the disk has been quick for long enough again."""
    before = [QUICK] * 100

    assert not place_after(*before, STALL).on_loop()
    assert not place_after(*before, STALL, *[QUICK] * 63).on_loop()
    assert place_after(*before, STALL, *[QUICK] * 64).on_loop()


def test_a_disk_that_is_slow_on_average_is_not_waited_for() -> None:
    """Though no single sync is a stall; once is forgiven."""
    assert place_after(*[QUICK] * 100, SLOW).on_loop()
    assert not place_after(*[QUICK] * 100, *[SLOW] * 20).on_loop()


@given(st.lists(st.floats(0.0, 100.0), max_size=200))
def test_never_and_always_ask_no_disk(seconds: list[float]) -> None:
    """0 keeps all syncs off the loop, infinity all on it."""
    never, always = SyncPlace(0.0), SyncPlace(math.inf)
    for each in seconds:
        assert (never.on_loop(), always.on_loop()) == (False, True)
        never.note(each)
        always.note(each)


@given(st.lists(st.sampled_from([QUICK, SLOW, STALL]), min_size=1, max_size=2000))
def test_stalls_hold_the_loop_up_rarely(seconds: list[float]) -> None:
    """Whatever a disk does, it stalls the loop once in 65 syncs at most."""
    place = SyncPlace(0.01)
    stalled_at: list[int] = []
    for number, each in enumerate(seconds):
        if place.on_loop() and each == STALL:
            stalled_at.append(number)
        place.note(each)

    assert all(later - earlier > 64 for earlier, later in pairwise(stalled_at))


def test_only_a_disk_that_is_very_quick_confirms_at_once() -> None:
    """One that takes milliseconds is synced on the loop, but gives others the time to join."""
    assert place_after(*[QUICK / 4] * 100).at_once()
    assert place_after(*[QUICK * 4] * 100).on_loop()
    assert not place_after(*[QUICK * 4] * 100).at_once()
    assert not place_after(*[QUICK / 4] * 100, STALL).at_once()
