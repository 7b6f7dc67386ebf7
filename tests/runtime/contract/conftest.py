"""Every test of the contract runs in both worlds.

The live one runs on trio's `MockClock`, which jumps to the next deadline when all tasks
wait: the same code as in real time, without the waiting. A few tests in
``tests/runtime/live`` use the machine's clock.
"""

from typing import Any

import pytest
import trio.testing  # noqa: TID251 - the clock of the live world under test

from kactors.runtime import live, sim
from kactors.runtime.face import AsyncFunction
from tests.runtime.contract.worlds import Run, RunWorld


def _run_live(async_fn: AsyncFunction, *args: Any) -> Any:
    return live.run(async_fn, *args, clock=trio.testing.MockClock(autojump_threshold=0))


def _world_sim(async_fn: AsyncFunction) -> Any:
    with sim.Simulation(seed=1) as simulation:
        main = simulation.add_host("main")
        return simulation.run_until_done(main.spawn(async_fn, simulation))


def _world_live(async_fn: AsyncFunction) -> Any:
    async def main() -> Any:
        async with live.LiveWorld(seed=1) as world:
            return await world.add_host("main").spawn(async_fn, world).wait()

    return trio.run(main, clock=trio.testing.MockClock(autojump_threshold=0))


@pytest.fixture(params=[sim.run, _run_live], ids=["sim", "live"])
def run(request: pytest.FixtureRequest) -> Run:
    """Run an async function on the only host of a world; return its result."""
    found: Run = request.param
    return found


@pytest.fixture(params=[_world_sim, _world_live], ids=["sim", "live"])
def run_world(request: pytest.FixtureRequest) -> RunWorld:
    """Run an async function on host ``main``; its argument is the world, to add hosts to."""
    found: RunWorld = request.param
    return found
