"""Which of several apiservers is asked.

Theory of operation
===================

A client is *sticky*: it stays with one replica, drawn by chance at the beginning so that clients
spread, because a replica that has answered once has the client's revisions in its cache. It moves
on when that replica is *suspect*: it has failed a request lately, or owes an answer and has said
nothing for a while. The second is what saves all requests but the first few when a host dies: they
do not wait for a timeout each. A suspicion ends with the first answer, or after a time that doubles
with each failure; then the replica is as good as any other, but nobody moves back for that alone.
Nor does anybody stay for that: who asks rarely asks another next, however long ago the failure was,
or a replica that can read and not write would keep a kubelet that renews its Lease every ten
seconds.

Whatever makes a replica suspect is also a reason to ask whether the watches that are open at it
still live; see `kactors.client.connection`.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.client.connection import Connection
from kactors.runtime import Random, current_time
from kactors.transport.envelope import Address

__all__ = ["PING_SECONDS", "Attempt", "Balancer"]

PING_SECONDS: Final = 5.0
SUSPICION_FIRST: Final = 1.0
SUSPICION_LONGEST: Final = 30.0


@attrs.define
class _Replica:
    address: Address
    connection: Connection
    failures: int = 0
    suspected_until: float = 0.0
    heard_at: float = 0.0
    pending: dict[int, float] = attrs.field(factory=dict)  # number -> when it was sent

    def suspected(self, now: float, silence: float) -> bool:
        """Tell whether it has failed lately or owes an answer for too long."""
        if now < self.suspected_until:
            return True
        if not self.pending:
            return False
        oldest = next(iter(self.pending.values()))
        return now - max(oldest, self.heard_at) > silence


@attrs.frozen
class Attempt:
    """One request on its way to one replica."""

    number: int
    address: Address
    _replica: _Replica = attrs.field(repr=False)
    _random: Random = attrs.field(repr=False)

    @property
    def connection(self) -> Connection:
        """The watches that are open at the replica."""
        return self._replica.connection

    @property
    def suspected(self) -> bool:
        """Whether the replica has failed lately."""
        return current_time() < self._replica.suspected_until

    def answered(self) -> None:
        """Note that the replica has answered, whatever it said."""
        self.abandoned()
        self._replica.heard_at = current_time()
        self._replica.failures = 0
        self._replica.suspected_until = 0.0

    def failed(self) -> None:
        """Note that the replica cannot serve, or has kept silent: ask others for a while."""
        self.abandoned()
        replica = self._replica
        pause: float = min(SUSPICION_FIRST * 2.0 ** min(replica.failures, 16), SUSPICION_LONGEST)
        replica.failures += 1
        replica.suspected_until = current_time() + pause * (1.0 + 0.2 * self._random.random())
        replica.connection.doubt()

    def abandoned(self) -> None:
        """Note that nobody waits for the answer any more: that says nothing about the replica."""
        self._replica.pending.pop(self.number, None)


class Balancer:
    """Keeps the health of each replica; see the module for how it chooses.

    Args:
        replicas: at least one.
        random: where the choice begins, and jitter.
        silence: seconds without a word from a replica that owes an answer until it is suspect.
        ping: seconds without a word from the watches at a replica until it owes one.
    """

    def __init__(
        self,
        replicas: Sequence[Address],
        random: Random,
        *,
        silence: float,
        ping: float = PING_SECONDS,
    ) -> None:
        self._random = random
        self._silence = silence
        self._replicas = [
            _Replica(address, Connection(ping=ping, silence=silence))
            for address in dict.fromkeys(replicas)
        ]
        self._current = random.below(len(self._replicas))
        self._numbers = 0

    @property
    def current(self) -> Address:
        """The replica that was chosen last."""
        return self._replicas[self._current].address

    def begin(self) -> Attempt:
        """Choose a replica for one request; tell the result how the request has ended."""
        replica = self._choose()
        self._numbers += 1
        replica.pending[self._numbers] = current_time()
        return Attempt(self._numbers, replica.address, replica, self._random)

    def all_suspected(self) -> bool:
        """Tell whether no replica is without suspicion."""
        now = current_time()
        return all(replica.suspected(now, self._silence) for replica in self._replicas)

    def _choose(self) -> _Replica:
        now = current_time()
        replicas, current = self._replicas, self._current
        if replicas[current].failures or replicas[current].suspected(now, self._silence):
            replicas[current].connection.doubt()
            ring = [*range(current + 1, len(replicas)), *range(current + 1)]
            self._current = min(ring, key=lambda place: self._cost(replicas[place], now))
        return replicas[self._current]

    def _cost(self, replica: _Replica, now: float) -> tuple[bool, float, bool]:
        """Order replicas: those without suspicion, then those whose suspicion ends first."""
        suspected = replica.suspected(now, self._silence)
        return suspected, max(now, replica.suspected_until), replica.failures > 0
