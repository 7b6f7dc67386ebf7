"""Worlds for tests of faults, closed when the test is over."""

from collections.abc import Callable, Iterator

import pytest

from tests.faults.target_world import TargetWorld

NewWorld = Callable[..., TargetWorld]


@pytest.fixture
def new_world() -> Iterator[NewWorld]:
    """Make worlds, with the arguments of `TargetWorld`."""
    made: list[TargetWorld] = []

    def make(seed: int = 1, *, disks: bool = True) -> TargetWorld:
        made.append(TargetWorld(seed, disks=disks))
        return made[-1]

    yield make
    for world in made:
        world.simulation.close()
