"""The actor named ``system``: answers for its host."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kactors.actors.actor import Actor
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
            return
        ended: Waiter[str] = waiter()
        cell.on_end_of_life(ended.wake)
        await out.send(Down(await ended.wait()))

    @serves
    def inspect(self, request: Inspect) -> SystemReport:
        """Report on this host's actors; names in order."""
        del request
        return report(self._system)


def report(system: System) -> SystemReport:
    """Describe a system: what its actors wait for, its queues, its counts."""
    sent, received = system.counts()
    actors = tuple(
        ActorReport(
            name=name,
            state=cell.state.value,
            lives=cell.lives,
            queued=0 if cell.mailbox is None else len(cell.mailbox),
            serving=cell.serving,
            last_failure=cell.last_failure,
            waiting_at=cell.waiting_at(),
        )
        for name, cell in sorted(system.cells.items())
    )
    return SystemReport(
        host=system.host.name,
        incarnation=system.incarnation,
        actors=actors,
        sent=sent,
        received=received,
        dead_letters=dict(system.dead_letters),
        pending=system.pending,
        streams=system.streams.open,
        transport=system.transport.statistics(),
    )
