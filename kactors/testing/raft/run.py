"""One run of one schedule, from the first election to the calm."""

from collections.abc import Callable
from typing import Any

import attrs

from kactors.checking.operation import Operation
from kactors.checking.raft_invariants import Violation
from kactors.testing.raft.calm import calm_down
from kactors.testing.raft.effect import Tally
from kactors.testing.raft.injector import Injector
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.recorder import Recorder
from kactors.testing.raft.schedule import Schedule
from kactors.testing.raft.world import Broken, World

__all__ = ["Outcome", "run"]

_MS = 1_000_000


@attrs.frozen(eq=False)
class Outcome:
    """What became of a run.

    Attributes:
        violation: what did not hold, ``None`` if all did.
        virtual_ns: how far the run came.
        steps: its events.
        digest: equal runs have equal digests.
        acknowledged, served: writes and reads that clients were answered.
        terms: the newest term that had a leader.
        history: what clients saw, if it was asked for.
    """

    schedule: Schedule
    violation: Violation | None
    virtual_ns: int
    steps: int
    digest: int
    tally: Tally
    acknowledged: int
    served: int
    terms: int
    history: tuple[Operation, ...] = ()


def run(
    schedule: Schedule,
    implementation: Implementation = OURS,
    *,
    recorder: Recorder | None = None,
    observe: Callable[[Any], None] | None = None,
    with_history: bool = False,
) -> Outcome:
    """Run ``schedule``; every run of it is the same.

    Args:
        schedule: what goes wrong.
        implementation: the Raft to test.
        recorder: is told everything that happens.
        observe: handed to the members for trace events.
        with_history: whether to keep what clients saw.
    """
    world = World(implementation, schedule.knobs, schedule.seed, recorder=recorder, observe=observe)
    violation: Violation | None = None
    try:
        _chaos(world, schedule)
        calm_down(world, schedule.calm)
    except Broken as broken:
        violation = broken.violation
        world.note(violation.member, "violation", str(violation))
    world.count_effects()
    clients = world.clients
    return Outcome(
        schedule=schedule,
        violation=violation,
        virtual_ns=world.now_ns,
        steps=world.steps,
        digest=world.network.fingerprint ^ world.steps << 20 ^ world.now_ns,
        tally=world.tally,
        acknowledged=clients.acknowledged,
        served=clients.served,
        terms=max(world.observer.leaders, default=0),
        history=tuple(clients.history()) if with_history else (),
    )


def _chaos(world: World, schedule: Schedule) -> None:
    injector = Injector(world)
    world.begin()
    world.run_for(schedule.warm_up_ms * _MS)
    for fault in schedule.faults:
        world.run_for(fault.after_ms * _MS)
        injector.inject(fault)
        world.check()
    world.run_for(schedule.wind_down_ms * _MS)
