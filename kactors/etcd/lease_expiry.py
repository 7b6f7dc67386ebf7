"""When leases run out: the leader's clockwork.

Theory of operation
===================

Only the leader lets leases expire. Times are nanoseconds of its monotonic clock and come in as
arguments. What must never happen is that a lease ends *early by true time*: before ``ttl`` seconds
have passed since a client sent the last keep-alive that was answered. Five rules add up to that:

1. *Drift.* A clock that runs fast measures ``ttl`` seconds too soon. With a bound on the drift
   of a good clock, `Expiry` waits ``ttl * (1 + drift)`` by the local one. Late is allowed.
2. *Confirmed answers.* A leader that has been replaced without knowing it may answer nobody. So
   the driver confirms the leadership (a ReadIndex round that began after the keep-alive came in)
   and calls `renew` then. Whoever leads next was elected after that round, and begins to count
   later still.
3. *Promotion.* A new leader does not know when each lease was last kept alive. It begins to
   count anew: all of ``ttl``, or the checkpointed remainder, plus ``extend_ns``, from a moment at
   which it has applied everything up to the first entry of its own term.
4. *Checkpoints.* A remainder that was written down lies as soon as the lease is kept alive. So
   `renew` refuses while there is one; the driver commits the checkpoint that it gets instead (with
   remainder 0), applies it, and asks again. Only then is the client answered.
5. *Terms.* What expired is proposed as `LeaseExpire` with the term in which it was found; the store
   drops it if the entry is of another term, so that an old leader's late proposals are harmless.

Sources: ``lessor.go`` of etcd; etcd issues 15247 and 12528 (an old leader that was blocked in a
sync revoked what the new one had renewed).
"""

import heapq

import attrs

from kactors.etcd.lease import Lease, Lessor
from kactors.etcd.messages.lease import Checkpoint

_SECOND = 1_000_000_000
_MILLION = 1_000_000


@attrs.frozen(kw_only=True)
class ExpiryConfig:
    """The knobs of the clockwork.

    Attributes:
        drift_ppm_max: by how many parts per million a member's clock may run fast. NTP corrects a
            clock by 500 at most.
        retry_ns: after which an expired lease that is still there is reported again.
        checkpoint_interval_ns: how often the remainder of a long lease is written down.
        checkpoints_max: how many remainders go into one entry of the log.
    """

    drift_ppm_max: int = 500
    retry_ns: int = 3 * _SECOND
    checkpoint_interval_ns: int = 300 * _SECOND
    checkpoints_max: int = 1000


@attrs.frozen
class Renewed:
    """The lease lives ``ttl`` seconds more."""

    ttl: int


@attrs.frozen
class ClearFirst:
    """Commit and apply ``checkpoint``, then ask again: rule 4."""

    checkpoint: Checkpoint


class Expiry:
    """The clockwork of one member. It stands still until `promote`.

    Attributes:
        primary: whether this member lets leases expire.
    """

    def __init__(self, lessor: Lessor, config: ExpiryConfig | None = None) -> None:
        self._lessor = lessor
        self._config = ExpiryConfig() if config is None else config
        self.primary = False
        #: lease -> when it ends.
        self._ends: dict[int, int] = {}
        self._reports = _Schedule()
        self._writings = _Schedule()

    def promote(self, now_ns: int, *, extend_ns: int) -> None:
        """Begin to count, after the first entry of the own term has been applied.

        Args:
            now_ns: the present.
            extend_ns: what every lease gets on top; an election timeout.
        """
        self.demote()
        self.follow(now_ns)
        self.primary = True
        for lease in self._lessor:
            seconds = lease.remaining_ttl or lease.ttl
            self._count_down(lease, now_ns + self._stretched(seconds) + extend_ns)
            self._plan_checkpoint(lease, now_ns)

    def demote(self) -> None:
        """Stop counting: no lease ends until somebody is promoted."""
        self.primary = False
        self._ends.clear()
        self._reports = _Schedule()
        self._writings = _Schedule()

    def follow(self, now_ns: int) -> None:
        """Take note of what was granted and what has ended; to be called after every apply."""
        granted, ended = self._lessor.take_news()
        for name in ended:
            self._ends.pop(name, None)
            self._reports.drop(name)
            self._writings.drop(name)
        for lease in granted:
            if self.primary and self._lessor.get(lease.id) is lease:
                self._count_down(lease, now_ns + self._stretched(lease.ttl))
                self._plan_checkpoint(lease, now_ns)

    def renew(self, lease: int, now_ns: int) -> Renewed | ClearFirst | None:
        """Give a lease all of its time again, after the leadership was confirmed: rule 2.

        Returns:
            `Renewed`: answer the client. `ClearFirst`: not yet. None: there is no such lease, or it
            has expired and is about to be revoked.
        """
        assert self.primary, "only the primary renews: pass the request on to the leader"
        held = self._lessor.get(lease)
        if held is None or self._ends[lease] <= now_ns:
            return None
        if held.remaining_ttl:
            return ClearFirst(Checkpoint(lease, 0))
        self._count_down(held, now_ns + self._stretched(held.ttl))
        return Renewed(held.ttl)

    def remaining_ns(self, lease: int, now_ns: int) -> int | None:
        """Return how long a lease has left, 0 if it has expired; None if nobody counts for it."""
        end = self._ends.get(lease)
        return None if end is None else max(0, end - now_ns)

    def expired(self, now_ns: int, *, most: int) -> tuple[int, ...]:
        """Return leases that have run out, for a `LeaseExpire`.

        Whatever is still there after ``retry_ns`` is returned again.
        """
        found: list[int] = []
        while len(found) < most and (lease := self._reports.take(now_ns)) is not None:
            found.append(lease)
            self._reports.set(lease, now_ns + self._config.retry_ns)
        return tuple(found)

    def checkpoints(self, now_ns: int) -> tuple[Checkpoint, ...]:
        """Return the remainders that are due to be written down, for a `LeaseCheckpoint`."""
        found: list[Checkpoint] = []
        while len(found) < self._config.checkpoints_max:
            name = self._writings.take(now_ns)
            if name is None:
                break
            lease = self._lessor.get(name)
            assert lease is not None, f"lease {name} ended, and `follow` was not called"
            # Upwards, so that the remainder is never shorter than what is really left.
            remaining_ttl = -((now_ns - self._ends[name]) // _SECOND)
            if 0 < remaining_ttl < lease.ttl:
                found.append(Checkpoint(name, remaining_ttl))
            self._plan_checkpoint(lease, now_ns)
        return tuple(found)

    def next_ns(self) -> int | None:
        """Return when `expired` or `checkpoints` may have something new; None if never.

        It may be too early, never too late.
        """
        heads = [schedule.next_ns() for schedule in (self._reports, self._writings)]
        return min((head for head in heads if head is not None), default=None)

    def _count_down(self, lease: Lease, end_ns: int) -> None:
        self._ends[lease.id] = end_ns
        self._reports.set(lease.id, end_ns)

    def _plan_checkpoint(self, lease: Lease, now_ns: int) -> None:
        interval_ns = self._config.checkpoint_interval_ns
        if lease.ttl * _SECOND > interval_ns:
            self._writings.set(lease.id, now_ns + interval_ns)

    def _stretched(self, seconds: int) -> int:
        """The local time in which surely ``seconds`` of true time pass."""
        return seconds * _SECOND + -(-seconds * _SECOND * self._config.drift_ppm_max // _MILLION)


class _Schedule:
    """What is due when: at most one time for each lease."""

    def __init__(self) -> None:
        self._due: dict[int, int] = {}
        #: (when, lease); an entry that is not in ``_due`` is outdated.
        self._heap: list[tuple[int, int]] = []

    def set(self, lease: int, due_ns: int) -> None:
        self._due[lease] = due_ns
        heapq.heappush(self._heap, (due_ns, lease))
        if len(self._heap) > 64 + 4 * len(self._due):
            self._heap = sorted((due, name) for name, due in self._due.items())

    def drop(self, lease: int) -> None:
        self._due.pop(lease, None)

    def take(self, now_ns: int) -> int | None:
        """Take one lease that is due, the most overdue first."""
        while self._heap and self._heap[0][0] <= now_ns:
            due_ns, lease = heapq.heappop(self._heap)
            if self._due.get(lease) == due_ns:
                del self._due[lease]
                return lease
        return None

    def next_ns(self) -> int | None:
        return self._heap[0][0] if self._heap else None
