"""A host as the code that runs on it sees it."""

from typing import Protocol

from kactors.runtime.clock import Clock
from kactors.runtime.disk import Disk
from kactors.runtime.random import Random


class Host(Protocol):
    """A machine: what crashes, restarts and pauses as one, with a clock and a disk."""

    @property
    def name(self) -> str:
        """Unique in its world."""
        ...

    @property
    def zone(self) -> str:
        """The failure domain it belongs to."""
        ...

    @property
    def incarnation(self) -> int:
        """Counts its lives, from 1; a restart begins the next."""
        ...

    @property
    def clock(self) -> Clock:
        """Its view of time."""
        ...

    @property
    def disk(self) -> Disk:
        """What survives a crash, as far as it was synced."""
        ...

    @property
    def up(self) -> bool:
        """Whether it runs; a crashed host does not."""
        ...

    @property
    def paused(self) -> bool:
        """Whether its tasks and deliveries are frozen while the world goes on."""
        ...

    def random(self, *key: str | int) -> Random:
        """Return this life's stream of chance under ``key``, from its beginning."""
        ...
