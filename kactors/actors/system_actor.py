"""The actor named ``system``: answers for its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kactors.actors.actor import Actor
from kactors.actors.cell import Cell, CellState
from kactors.actors.handlers import serves, streams
from kactors.actors.outbox import Outbox
from kactors.actors.system_messages import ActorReport, Down, Inspect, SystemReport, WatchActor
from kactors.runtime import Waiter, waiter

if TYPE_CHECKING:
    from kactors.actors.system import System


class SystemActor(Actor):
    """Tells who lives on its host, and when they end."""

    def __init__(self, system: System) -> None:
        self._system = system

    @streams
    async def watch_actor(self, request: WatchActor, out: Outbox[Down]) -> None:
        """Send one event when the present life of an actor ends; at once if there is none."""
        cell = self._system.cells.get(request.name)
        if cell is None:
            await out.send(Down("no such actor"))
        elif cell.state is CellState.WAITING:
            await out.send(Down(cell.state.value))
        else:
            await out.send(Down(await _end_of_life(cell)))

    @serves
    def inspect(self, request: Inspect) -> SystemReport:
        """Report on this host's actors; names in order."""
        del request
        return report(self._system)


async def _end_of_life(cell: Cell) -> str:
    ended: Waiter[str] = waiter()
    told = ended.wake
    cell.on_end_of_life(told)
    try:
        return await ended.wait()
    finally:
        cell.forget_watcher(told)


def report(system: System) -> SystemReport:
    """Describe a system: what its actors wait for, its queues, its counts."""
    sent, received = system.counts()
    return SystemReport(
        host=system.host.name,
        incarnation=system.incarnation,
        actors=tuple(_report_actor(cell) for _, cell in sorted(system.cells.items())),
        sent=sent,
        received=received,
        dead_letters=dict(system.dead_letters.counts),
        latest_dead_letters=tuple(system.dead_letters.latest),
        pending=system.pending,
        streams=system.streams.count,
        transport=system.transport.statistics(),
    )


def _report_actor(cell: Cell) -> ActorReport:
    life = cell.life
    return ActorReport(
        name=cell.address.name,
        state=cell.state.value,
        lives=cell.lives,
        queued=0 if life is None else len(life.mailbox),
        serving=0 if life is None else life.serving,
        received={} if life is None else life.received(),
        last_failure=cell.last_failure,
        waiting_at=() if life is None else life.waiting_at(),
    )
