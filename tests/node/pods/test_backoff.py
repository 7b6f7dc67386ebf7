"""Back-offs: 10 s, doubling to 5 min, forgotten after 10."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.node.pods.backoff import BackOff


def test_pauses_double_up_to_five_minutes() -> None:
    """The first trial is free."""
    backoff = BackOff()
    now = 0.0
    pauses = []
    for _ in range(8):
        pause = backoff.left("pod", since=now, now=now)
        pauses.append(pause)
        now += pause
        backoff.next("pod", since=now - pause, now=now)
        now += 1.0  # it runs for a second and fails again
    assert pauses == [0.0, 10.0, 20.0, 40.0, 80.0, 160.0, 300.0, 300.0]


@given(st.integers(0, 2000))
def test_ten_minutes_without_trouble_are_forgotten(ran: int) -> None:
    """Less than that is not."""
    backoff = BackOff()
    backoff.next("pod", since=0.0, now=0.0)
    left = backoff.left("pod", since=ran, now=ran)
    assert left == (0.0 if ran > 600.0 else 10.0)
    backoff.next("pod", since=ran, now=ran)
    assert backoff.seconds("pod") == (10.0 if ran > 600.0 else 20.0)


def test_keys_do_not_wait_for_each_other_and_are_forgotten_by_prefix() -> None:
    """A pod that is gone takes the pauses of its containers along."""
    backoff = BackOff()
    for key in ("a/x", "a/y", "b/x"):
        backoff.next(key, since=0.0, now=0.0)
    backoff.forget("a/")
    assert [backoff.seconds(key) for key in ("a/x", "a/y", "b/x")] == [0.0, 0.0, 10.0]
