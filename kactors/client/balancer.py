"""Which of several apiservers is asked.

Theory of operation
===================

A client is *sticky*: it stays with one replica, drawn by chance at the beginning so that clients
spread, because a replica that has answered once has the client's revisions in its cache. It moves
on when that replica is *suspect*: it has failed a request lately, or owes an answer and has said
nothing for a while. The second is what saves all requests but the first few when a host dies: they
do not wait for a timeout each.

A replica that has failed stays suspect until it answers. Time alone does not clear it, or every now
and then a request would pay for finding out that a host is still gone. What finds out is a *probe*,
something cheap that is sent beside a request to another replica, after a pause that doubles with
each failure and each probe. Who asks nothing probes nothing. While every replica is suspect
requests themselves are the probes: they go where the pause ends first.

A replica that has passed a probe may be asked again, after those that have not failed; nobody moves
back for that alone. Nor does anybody stay with one that has failed, however long ago that was, or a
replica that can read and not write would keep a kubelet that renews its Lease every ten seconds.
Only the answer to a request lets a failure be forgotten.

Requests that were under way at the same time fail for the same reason, so they count as one
failure. The clients of one program share a balancer (`Client.connect`): a program that has watches
open somewhere knows soon when that replica is gone, and one of its clients that has written nothing
for long, and would find out by a write, need not.

Whatever makes a replica suspect is also a reason to ask whether the watches that are open at it
still live; see `kactors.client.connection`.

gRPC does alike: a backend that its health check calls unhealthy gets no calls before it has said
that it serves again, and is asked with exponential backoff (gRFC A17, client-side health checking).
"""

import math
from collections.abc import Sequence
from typing import Final

import attrs

from kactors.client.connection import MOMENT, Connection
from kactors.runtime import Random, current_time
from kactors.transport.envelope import Address

__all__ = ["PAUSE_LONGEST", "PING_SECONDS", "Attempt", "Balancer", "Probe"]

PING_SECONDS: Final = 5.0
PAUSE_LONGEST: Final = 30.0
_PAUSE_FIRST: Final = 1.0


@attrs.define
class _Replica:
    address: Address
    connection: Connection
    failures: int = 0  # and probes, since it has answered a request last
    suspect_since: float | None = None  # when it has failed, unless it has passed a probe since
    pause_until: float = 0.0  # no probe before
    heard_at: float = -math.inf
    pending: dict[int, float] = attrs.field(factory=dict)  # number -> when it was sent

    def suspected(self, now: float, silence: float) -> bool:
        """Tell whether it has failed, or owes an answer for too long."""
        return self.suspect_since is not None or self.silent_in(now, silence) <= MOMENT

    def silent_in(self, now: float, silence: float) -> float:
        """Return the seconds until it owes an answer for too long, if it says nothing."""
        if not self.pending:
            return math.inf
        oldest = next(iter(self.pending.values()))
        return max(oldest, self.heard_at) + silence - now

    def heard(self) -> None:
        """Note that it has answered something."""
        self.heard_at = current_time()
        self.suspect_since = None

    def pause(self, random: Random) -> None:
        """Let nobody probe it for a while, which doubles each time."""
        pause: float = min(_PAUSE_FIRST * 2.0 ** min(self.failures, 16), PAUSE_LONGEST)
        self.failures += 1
        self.pause_until = current_time() + pause * (1.0 + 0.2 * random.random())


@attrs.frozen
class Attempt:
    """One request on its way to one replica.

    Attributes:
        number: of the request.
        address: of the replica.
        sent_at: when it was sent.
        unheard: whether the replica has said nothing for so long that it may be gone.
    """

    number: int
    address: Address
    sent_at: float
    unheard: bool
    _replica: _Replica = attrs.field(repr=False)
    _random: Random = attrs.field(repr=False)
    _silence: float = attrs.field(repr=False)

    @property
    def connection(self) -> Connection:
        """The watches that are open at the replica."""
        return self._replica.connection

    @property
    def silent_in(self) -> float:
        """In how many seconds the replica is suspect if it says nothing; 0 or less if it is."""
        return self._replica.silent_in(current_time(), self._silence)

    def answered(self) -> None:
        """Note that the replica has answered, whatever it said."""
        self.abandoned()
        self._replica.heard()
        self._replica.failures = 0

    def failed(self) -> None:
        """Note that the replica cannot serve, or has kept silent: ask others from now on."""
        self.abandoned()
        replica = self._replica
        if replica.suspect_since is None or self.sent_at > replica.suspect_since:
            replica.suspect_since = current_time()
            replica.pause(self._random)
        replica.connection.doubt()

    def given_up(self) -> None:
        """Note that who waited was cancelled; if that took too long the replica has failed."""
        if self.silent_in <= MOMENT:
            self.failed()
        else:
            self.abandoned()

    def abandoned(self) -> None:
        """Note that nobody waits for the answer any more: that says nothing about the replica."""
        self._replica.pending.pop(self.number, None)


@attrs.frozen
class Probe:
    """A question to a suspect replica whether it is there again; silence needs no note.

    Attributes:
        address: of the replica.
    """

    address: Address
    _replica: _Replica = attrs.field(repr=False)

    def passed(self) -> None:
        """Note that it serves."""
        self._replica.heard()


class Balancer:
    """Keeps the health of each replica; see the module for how it chooses.

    Args:
        replicas: at least one.
        random: where the choice begins, and jitter.
        silence: seconds without a word from a replica that owes an answer until it is suspect.
        ping: seconds without a word from the watches at a replica until it owes one.

    Attributes:
        silence: see above.
    """

    def __init__(
        self,
        replicas: Sequence[Address],
        random: Random,
        *,
        silence: float,
        ping: float = PING_SECONDS,
    ) -> None:
        self.silence = silence
        self._random = random
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
        now = current_time()
        self._numbers += 1
        replica.pending[self._numbers] = now
        unheard = now - replica.heard_at > self.silence
        return Attempt(
            self._numbers, replica.address, now, unheard, replica, self._random, self.silence
        )

    def probes(self, beside: Attempt) -> tuple[Probe, ...]:
        """Return what is to be sent beside a request: to each suspect whose pause is over.

        Not to the replica that the request itself goes to. The next pause begins now.
        """
        now = current_time()
        due = [
            replica
            for replica in self._replicas
            if replica.suspect_since is not None
            and replica.pause_until <= now
            and replica.address != beside.address
        ]
        for replica in due:
            replica.pause(self._random)
        return tuple(Probe(replica.address, replica) for replica in due)

    def all_suspected(self) -> bool:
        """Tell whether no replica is without suspicion."""
        now = current_time()
        return all(replica.suspected(now, self.silence) for replica in self._replicas)

    def _choose(self) -> _Replica:
        now = current_time()
        replicas, current = self._replicas, self._current
        if replicas[current].failures or replicas[current].suspected(now, self.silence):
            replicas[current].connection.doubt()
            ring = [*range(current + 1, len(replicas)), *range(current + 1)]
            self._current = min(ring, key=lambda place: self._cost(replicas[place], now))
        return replicas[self._current]

    def _cost(self, replica: _Replica, now: float) -> tuple[bool, float, int]:
        """Order replicas: those without suspicion, then those whose pause ends first."""
        suspected = replica.suspected(now, self.silence)
        return suspected, max(now, replica.pause_until) if suspected else 0.0, replica.failures
