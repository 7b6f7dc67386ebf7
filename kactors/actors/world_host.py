"""A host of either world and the actors deployed there."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

import attrs

from kactors.actors.errors import GaveUpError, leaves
from kactors.actors.supervision import RestartPolicy
from kactors.actors.system import System
from kactors.evidence.trace import Recorder
from kactors.runtime import Host

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.runtime.face import AsyncFunction


class Machine(Host, Protocol):
    """What a world's host offers to those who run it: both worlds' hosts do.

    Attributes:
        boot: started as the first task of each life.
        on_crash: called when the host loses its memory.
        on_change: told ``crash``, ``restart``, ``pause`` or ``resume`` when that happens.
    """

    boot: AsyncFunction | None
    on_crash: list[Callable[[], None]]
    on_change: list[Callable[[str], None]]

    def spawn(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Any:
        """Run a task of the host's own; it ends with the host."""
        ...

    def start(self) -> None:
        """Run `boot`."""
        ...

    def crash(self) -> None:
        """Lose all memory, and what the disk has not synced."""
        ...

    def restart(self) -> None:
        """Begin the next life."""
        ...

    def pause(self) -> None:
        """Freeze the host while the world goes on."""
        ...

    def resume(self) -> None:
        """Let the host go on."""
        ...

    def set_drift(self, drift_ppm: int) -> None:
        """Let the clock run fast or slow from now on."""
        ...


@attrs.frozen
class Deployment:
    """An actor that each life of a host begins with."""

    factory: Callable[[], Actor]
    name: str
    policy: RestartPolicy | None


class WorldHost:
    """A host and the actors deployed there; made by a world's ``add_host``.

    Args:
        machine: crashes, restarts, pauses; has the clock and the disk.
        new_system: makes the actor system of the machine's present life.
        gave_up: told when the topmost supervisor of a life has given up.
        recorder: notes what happens to the machine, if given.

    Attributes:
        machine: see above.
        system: the actor system of the present life.
    """

    def __init__(
        self,
        machine: Machine,
        new_system: Callable[[], System],
        gave_up: Callable[[WorldHost, str], None],
        recorder: Recorder | None = None,
    ) -> None:
        self.machine = machine
        self._new_system = new_system
        self._gave_up = gave_up
        self._deployments: list[Deployment] = []
        self.system = new_system()
        machine.boot = self._boot
        machine.on_crash.append(self._silence)
        if recorder is not None:
            machine.on_change.append(lambda what: recorder.record(machine, "", what))
        machine.start()

    @property
    def name(self) -> str:
        """Unique in its world."""
        return self.machine.name

    def deploy(
        self, factory: Callable[[], Actor], name: str, *, policy: RestartPolicy | None = None
    ) -> None:
        """Run an actor from now on, and again in each later life of the host."""
        self._deployments.append(Deployment(factory, name, policy))
        if self.machine.up and self.system.running:
            self.system.start(factory, name, policy=policy)

    def _silence(self) -> None:
        self.system.silence()

    async def _boot(self) -> None:
        if self.machine.incarnation > self.system.incarnation:
            self.system = self._new_system()
        try:
            await self.system.run(self._begin)
        except BaseExceptionGroup as group:
            causes = tuple(leaves(group))
            others = [cause for cause in causes if not isinstance(cause, GaveUpError)]
            if others:
                raise others[0] from group
            self._gave_up(self, str(causes[0]))

    def _begin(self, system: System) -> None:
        for deployment in self._deployments:
            system.start(deployment.factory, deployment.name, policy=deployment.policy)
