"""Tests of the queue that is slow on purpose."""

from itertools import pairwise
from math import inf

from hypothesis import given
from hypothesis import strategies as st

from kactors.controllers.node_lifecycle.rate_limited_queue import RateLimitedQueue


def test_one_by_one() -> None:
    """Names come in order, at the rate, each once until it is removed."""
    queue = RateLimitedQueue(0.1)
    assert [queue.add(name) for name in ("a", "b", "a")] == [True, True, False]
    assert [queue.take(now) for now in (0.0, 5.0, 10.0, 20.0)] == ["a", None, "b", None]
    assert not queue.add("a")
    queue.remove("a")
    assert queue.add("a")
    assert queue.next_at() == 20.0


def test_what_did_not_work_waits_again() -> None:
    """A name that is retried comes after the others."""
    queue = RateLimitedQueue(1.0)
    queue.add("a")
    queue.add("b")
    assert queue.take(0.0) == "a"
    queue.retry("a")
    assert [queue.take(1.0), queue.take(2.0)] == ["b", "a"]


def test_a_rate_of_nothing_stops_all() -> None:
    """At rate 0 nothing comes; afterwards it goes on at the new rate."""
    queue = RateLimitedQueue(1.0)
    queue.add("a")
    queue.set_rate(0.0, 0.0)
    assert (queue.take(100.0), queue.next_at(), len(queue)) == (None, inf, 1)
    queue.set_rate(0.5, 100.0)
    assert (queue.rate, queue.take(100.0)) == (0.5, "a")


@given(st.lists(st.floats(0, 30), max_size=30), st.sampled_from([0.1, 0.5, 2.0]))
def test_never_faster_than_the_rate(pauses: list[float], rate: float) -> None:
    """However it is asked, two names are never closer than the rate allows."""
    queue = RateLimitedQueue(rate)
    for number in range(30):
        queue.add(str(number))
    now, taken = 0.0, []
    for pause in pauses:
        now += pause
        if queue.take(now) is not None:
            taken.append(now)
    assert all(later - earlier >= 1 / rate - 1e-9 for earlier, later in pairwise(taken))
