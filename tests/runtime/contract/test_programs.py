"""Random programs do the same in both worlds."""

from typing import Any

import pytest
import trio.testing  # noqa: TID251 - the clock of the live world under test
from hypothesis import given, settings

from kactors.runtime import live, sim, stream
from tests.runtime.contract.programs import Body, Interpreter, large_program, programs


def in_the_simulated_world(body: Body, seed: int) -> Any:
    """Return what every task of the program saw, and how it ended."""
    return sim.run(Interpreter().run, body, seed=seed)


def in_the_live_world(body: Body) -> Any:
    """Return the same, from trio."""
    return live.run(Interpreter().run, body, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.mark.parametrize("seed", range(100))
def test_both_worlds_do_the_same_at_length(seed: int) -> None:
    """Dozens of tasks, scopes and failures."""
    body = large_program(stream(seed, "program"))

    assert in_the_simulated_world(body, seed) == in_the_live_world(body)


@settings(max_examples=100, deadline=None)
@given(body=programs)
def test_both_worlds_do_the_same(body: Body) -> None:
    """Each task sees the same at the same times, whatever the order within an instant."""
    expected = in_the_live_world(body)

    for seed in range(3):
        assert in_the_simulated_world(body, seed) == expected
