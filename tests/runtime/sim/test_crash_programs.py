"""Random programs on hosts that crash and pause at random moments."""

from typing import Any

import pytest

from kactors.runtime import stream
from kactors.runtime.sim import Simulation, run
from tests.runtime.contract.programs import Body, Interpreter, large_program


def end_of(simulation: Simulation, body: Body) -> Any:
    """Run a program to its end on the only host."""
    host = simulation.hosts["a"]
    return simulation.run_until_done(host.spawn(Interpreter().run, body))


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_left_of_a_life(seed: int) -> None:
    """Whatever its tasks were doing: no task, no event, and the next life is as good as a first."""
    chance = stream(seed, "crash")
    body, next_body = large_program(chance), large_program(chance)

    with Simulation(seed) as simulation:
        host = simulation.add_host("a")
        for _ in range(3):
            host.spawn(Interpreter().run, body)
            simulation.run_for(chance.uniform(0.0, 5.0))
            if chance.chance(0.3):
                host.pause()
                simulation.run_for(chance.uniform(0.0, 5.0))
            host.crash()
            assert simulation.waiting() == []
            crashed_at = simulation.time
            simulation.run_until_quiescent()
            assert simulation.time == crashed_at
            host.restart()
        outcome = end_of(simulation, next_body)

    assert outcome == run(Interpreter().run, next_body, seed=seed + 1)


@pytest.mark.parametrize("seed", range(50))
def test_a_pause_between_two_steps_is_not_noticed(seed: int) -> None:
    """A host that is paused and resumed at one instant does what it would have done."""
    body = large_program(stream(seed, "pause"))
    chance = stream(seed, "pauses")

    with Simulation(seed) as simulation:
        host = simulation.add_host("a")
        task = host.spawn(Interpreter().run, body)
        while not task.done:
            simulation.run_for(chance.uniform(0.0, 0.5))
            host.pause()
            host.resume()
        outcome = simulation.run_until_done(task)

    assert outcome == run(Interpreter().run, body, seed=seed)


@pytest.mark.parametrize("seed", range(50))
def test_a_paused_program_comes_to_its_end(seed: int) -> None:
    """Pauses may change what it does, for deadlines pass; but never that it ends."""
    body = large_program(stream(seed, "pause"))
    chance = stream(seed, "long pauses")

    with Simulation(seed) as simulation:
        host = simulation.add_host("a")
        task = host.spawn(Interpreter().run, body)
        while not task.done:
            simulation.run_for(chance.uniform(0.0, 1.0))
            host.pause()
            simulation.run_for(chance.uniform(0.0, 1.0))
            host.resume()
        _, how = simulation.run_until_done(task)
        simulation.run_until_quiescent()

    assert how == "well"
    assert simulation.waiting() == []
