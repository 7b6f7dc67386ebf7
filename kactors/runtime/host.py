"""A host as the code that runs on it sees it."""

from typing import Protocol

from kactors.runtime.clock import Clock
from kactors.runtime.disk import Disk
from kactors.runtime.random import Random


class Host(Protocol):
    """A machine: what crashes, restarts and pauses as one, with a clock and a disk.

    Attributes:
        name: unique in its world.
        zone: the failure domain it belongs to.
        incarnation: counts its lives, from 1; a restart begins the next.
        clock: its view of time.
        disk: what survives a crash, as far as it was synced.
        up: whether it runs; a crashed host does not.
        paused: whether its tasks and deliveries are frozen while the world goes on.
    """

    name: str
    zone: str
    incarnation: int
    clock: Clock
    disk: Disk
    up: bool
    paused: bool

    def random(self, *key: str | int) -> Random:
        """Return this host's stream of chance under ``key``, from its beginning."""
        ...
