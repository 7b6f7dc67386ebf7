"""Starts again what has given up, as the machines' init does with their processes.

A component whose supervisor has given up, such as a member of etcd whose disk has failed, ends its
host's process. It is no fault of the plan, so nobody else would bring it up.
"""

from collections.abc import Collection

import attrs

from kactors.actors import World

__all__ = ["Caretaker"]

#: As long as kubelets and init systems usually wait.
_PAUSE_NS = 5 * 10**9


@attrs.frozen
class _Due:
    host: str
    incarnation: int
    at_ns: int


class Caretaker:
    """Restarts hosts some seconds after they have given up; to be asked each second."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._seen = 0
        self._due: list[_Due] = []

    def look(self, among: Collection[str] | None = None) -> None:
        """Restart what is due.

        Args:
            among: leave all other hosts as they are, for good; restart any unless given.
        """
        now_ns = self._world.simulation.kernel.now_ns
        given_up = self._world.given_up
        for host, _ in given_up[self._seen :]:
            incarnation = self._world.hosts[host].machine.incarnation
            self._due.append(_Due(host, incarnation, now_ns + _PAUSE_NS))
        self._seen = len(given_up)
        later = []
        for due in self._due:
            machine = self._world.hosts[due.host].machine
            if machine.up or machine.incarnation != due.incarnation:
                continue  # somebody else was faster
            if due.at_ns > now_ns:
                later.append(due)
            elif among is None or due.host in among:
                machine.restart()
        self._due = later
