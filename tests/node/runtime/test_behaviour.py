"""Behaviours: which annotation counts, and what is drawn."""

from math import inf

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.node.errors import MalformedBehaviour
from kactors.node.runtime.behaviour import behaviour_of, draw_fate
from kactors.runtime.random import stream
from tests.node.objects import pod


def test_the_annotation_for_one_container_wins_over_that_for_all() -> None:
    """In whatever order they stand."""
    said = {"run-seconds.main": "7", "run-seconds": "3"}
    for each in (said, dict(reversed(said.items()))):
        found = pod(behaviour=each)
        assert str(behaviour_of(found, "main").run_seconds) == "7"
        assert str(behaviour_of(found, "other").run_seconds) == "3"


def test_containers_run_for_ever_only_where_they_would_be_restarted() -> None:
    """Init containers take a second, those of jobs five."""
    assert str(behaviour_of(pod(), "main").run_seconds) == "never"
    assert str(behaviour_of(pod(restartPolicy="Never"), "main").run_seconds) == "5"
    assert str(behaviour_of(pod(), "main", init=True).run_seconds) == "1"


def test_an_unknown_key_is_refused() -> None:
    """A misspelt annotation would otherwise be obeyed by nobody, silently."""
    with pytest.raises(MalformedBehaviour, match="there is no such key"):
        behaviour_of(pod(behaviour={"exit-cod": "1"}), "main")


def test_a_container_above_its_memory_limit_is_killed_after_a_second() -> None:
    """That is so however long it would have run."""
    behaviour = behaviour_of(pod(behaviour={"memory-bytes": "2000"}), "main")
    fate = draw_fate(behaviour, stream(0, "fate"), memory_limit=1000)
    assert (fate.ends, fate.exit_code, fate.reason) == (1.0, 137, "OOMKilled")


def test_who_hangs_does_not_end() -> None:
    """Not by itself, even if it would have ended later."""
    behaviour = behaviour_of(pod(behaviour={"hang-seconds": "3", "run-seconds": "9"}), "main")
    assert draw_fate(behaviour, stream(0, "fate")).ends == inf


@given(st.integers(0, 2**32))
def test_one_stream_gives_one_fate(seed: int) -> None:
    """Nothing but the stream decides."""
    said = {"run-seconds": "exponential(9)", "exit-code": "choice(0:1,1:1)"}
    behaviour = behaviour_of(pod(behaviour=said), "main")
    one, other = (draw_fate(behaviour, stream(seed, "fate")) for _ in range(2))
    assert one == other
    assert (one.reason == "Completed") == (one.exit_code == 0)
    assert one.ready >= one.up
