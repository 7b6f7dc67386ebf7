"""Sees into the present lives of a simulated cluster's actors, as no component may.

For oracles and tests, and for roles that faults are aimed at. Nothing here sends a message, so
looking changes nothing.
"""

from collections.abc import Callable
from typing import TypeVar

from kactors.actors import Actor, World
from kactors.cluster.plan import ActorPlan
from kactors.etcd.member import EtcdMember
from kactors.scheduler.scheduler import Scheduler

__all__ = ["Observer"]

ActorT = TypeVar("ActorT", bound=Actor)


class Observer:
    """Remembers the latest life of each actor."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._actors: dict[tuple[str, str], Actor] = {}

    def observed(self, host: str, plan: ActorPlan) -> Callable[[], Actor]:
        """Return a plan's factory, which remembers what it makes."""

        def factory() -> Actor:
            actor = self._actors[host, plan.name] = plan.factory()
            return actor

        return factory

    def of_kind(self, kind: type[ActorT]) -> list[tuple[str, ActorT]]:
        """Return all actors of a class on hosts that are up, with their hosts."""
        hosts = self._world.hosts
        return [
            (host, actor)
            for (host, _), actor in self._actors.items()
            if isinstance(actor, kind) and hosts[host].machine.up
        ]

    def etcd_leader(self) -> str | None:
        """Return the host of the member that leads the newest term."""
        led = [
            (status.term, host)
            for host, member in self.of_kind(EtcdMember)
            if (status := member.raft_status) is not None and member.leads
        ]
        return max(led)[1] if led else None

    def scheduler_leader(self) -> str | None:
        """Return the host of the scheduler that may act now."""
        return next((host for host, each in self.of_kind(Scheduler) if each.leading), None)
