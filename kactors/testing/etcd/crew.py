"""The clients of a run, and what they share."""

from collections.abc import Callable

import attrs

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.etcd.client import EtcdClient
from kactors.testing.etcd.answers import Answers
from kactors.testing.etcd.cluster import Cluster
from kactors.testing.etcd.leases import KeptAlive
from kactors.testing.etcd.schedule import Worker
from kactors.testing.etcd.watching import Watching
from kactors.testing.raft.dice import Dice

__all__ = ["Crew", "Mate"]

_TIMEOUT = 3.0
_ATTEMPT_TIMEOUT = 0.7


@attrs.define(eq=False)
class Crew:
    """What all clients of a run write down.

    Attributes:
        resting: nobody begins anything new, and slow readers hurry.
        busy: how many have not come to rest.
        watches: every watch, also those that have ended.
        leases: every lease that was granted.
    """

    cluster: Cluster
    answers: Answers
    resting: bool = False
    busy: int = 0
    watches: list[Watching] = attrs.field(factory=list)
    leases: list[KeptAlive] = attrs.field(factory=list)


class Mate:
    """One client at work.

    Attributes:
        name: in histories.
        client: its way to the members.
        dice: what it chooses by.
        seen: the latest revision that it was told.
        step: counts what it does.
    """

    def __init__(self, crew: Crew, number: int, worker: Worker, system: System, seed: int) -> None:
        cluster = crew.cluster
        self.crew = crew
        self.worker = worker
        self.name = f"{worker.work.value}-{number}"
        self.client = EtcdClient(
            SystemAsker(system),
            cluster.addresses(worker.home),
            timeout=_TIMEOUT,
            attempt_timeout=_ATTEMPT_TIMEOUT,
        )
        self.dice = Dice(seed, number, worker.pick)
        self.number = number
        self.seen = 1
        self.step = 0
        self.now_ns: Callable[[], int] = lambda: cluster.world.simulation.kernel.now_ns

    def key(self, prefix: bytes = b"k") -> bytes:
        """Choose a key."""
        return prefix + b"%d" % self.dice.below(self.crew.cluster.knobs.keys)

    def value(self) -> bytes:
        """Return a value that nobody has written yet."""
        return b"%d-%d-%d" % (self.number, self.step, self.dice.below(1000))
