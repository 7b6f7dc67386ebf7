"""When a supervisor restarts, how long it pauses before, and when it gives up."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.actors import PolicyError, Restart, RestartPolicy
from kactors.actors.supervision import RestartHistory
from kactors.runtime import stream


@pytest.mark.parametrize(
    ("restart", "after_failure", "after_stop"),
    [
        (Restart.PERMANENT, True, True),
        (Restart.TRANSIENT, True, False),
        (Restart.TEMPORARY, False, False),
    ],
)
def test_the_kinds_differ_in_which_end_they_accept(
    restart: Restart, after_failure: bool, after_stop: bool
) -> None:
    """Erlang's three words, with Erlang's meaning."""
    assert restart.after(failed=True) is after_failure
    assert restart.after(failed=False) is after_stop


@pytest.mark.parametrize(
    "wrong",
    [
        {"intensity": -1},
        {"period": 0.0},
        {"backoff": -0.1},
        {"backoff_max": math.inf},
        {"jitter": 1.5},
        {"jitter": "much"},
        {"period": math.nan},
    ],
)
def test_a_number_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    """The error names the field, and says what it takes."""
    with pytest.raises(PolicyError, match=f"RestartPolicy.{next(iter(wrong))} is .*: give"):
        RestartPolicy(**wrong)


def history(**policy: Any) -> RestartHistory:
    """Make the history of an actor that has not failed yet."""
    return RestartHistory(RestartPolicy(**policy), stream(1, "test"))


def test_the_pause_doubles_up_to_its_maximum() -> None:
    """Without jitter it is exact."""
    restarts = history(intensity=6, backoff=0.1, backoff_max=1.0, jitter=0.0)

    pauses = [restarts.note(0.0) for _ in range(7)]

    assert pauses == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0, None]


def test_what_is_longer_ago_than_the_period_is_forgotten() -> None:
    """Then the pause is short again, too."""
    restarts = history(intensity=2, period=60.0, backoff=0.1, jitter=0.0)

    pauses = [restarts.note(now) for now in (0.0, 50.0, 60.0, 105.0)]

    assert pauses == [0.1, 0.2, 0.2, None]


def test_no_intensity_means_no_restart() -> None:
    """The first failure is passed on upwards."""
    assert history(intensity=0).note(0.0) is None


def test_a_thousand_restarts_do_not_overflow() -> None:
    """Whoever tolerates so many gets the longest pause."""
    restarts = history(intensity=5000, period=math.inf, backoff=0.1, backoff_max=10.0, jitter=0.0)

    pauses = [restarts.note(0.0) for _ in range(3000)]

    assert pauses[-1] == 10.0


@given(st.integers(), st.floats(0.0, 1.0))
def test_jitter_stays_within_its_share(seed: int, jitter: float) -> None:
    """And is drawn from the stream that was given: the same seed, the same pauses."""
    policy = RestartPolicy(jitter=jitter)
    one = RestartHistory(policy, stream(seed, "jitter"))
    other = RestartHistory(policy, stream(seed, "jitter"))

    for plain in (0.1, 0.2, 0.4, 0.8, 1.6):
        pause = one.note(0.0)
        assert pause is not None
        assert plain * (1 - jitter) - 1e-9 <= pause <= plain * (1 + jitter) + 1e-9
        assert pause == other.note(0.0)
