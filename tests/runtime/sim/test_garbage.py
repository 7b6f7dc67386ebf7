"""How often Python looks for cyclic garbage while a simulation runs."""

import gc
from collections.abc import Iterator

import pytest

from kactors.runtime import sim
from kactors.runtime.sim.garbage import rare_collections


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    before = gc.get_threshold()
    yield
    gc.set_threshold(*before)


async def _threshold() -> int:
    return gc.get_threshold()[0]


def test_a_simulation_collects_rarely_and_leaves_things_as_they_were() -> None:
    """Within a run the threshold is high, afterwards what it was."""
    gc.set_threshold(700, 10, 10)

    assert sim.run(_threshold) > 10_000
    assert gc.get_threshold() == (700, 10, 10)


@pytest.mark.parametrize("chosen", [0, 1_000_000])
def test_who_has_chosen_otherwise_is_left_alone(chosen: int) -> None:
    """No collections at all, or even rarer ones, stay as they are."""
    gc.set_threshold(chosen, 10, 10)

    with rare_collections():
        assert gc.get_threshold() == (chosen, 10, 10)
