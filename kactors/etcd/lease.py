"""Leases as every member knows them: which there are, how long they live, what hangs on them.

This part is replicated: it changes only by what the log says, and holds no time of day. When a
lease has run out is for the leader to find out, see `kactors.etcd.lease_expiry`.

Source: ``server/lease/lessor.go`` of etcd.
"""

from collections.abc import Iterator, Sequence

import attrs

from kactors.etcd.errors import EtcdError, LeaseExists, LeaseNotFound, LeaseTtlTooLarge
from kactors.etcd.messages.lease import Checkpoint
from kactors.etcd.mvcc import Change

#: Seconds; more is refused, as by etcd.
TTL_MAX = 9_000_000_000


@attrs.define
class Lease:
    """One lease.

    Attributes:
        id: its name; never 0.
        ttl: seconds that it lives without being kept alive.
        remaining_ttl: seconds that a new leader gives it; 0 is all of ``ttl``.
        keys: what hangs on it.
    """

    id: int
    ttl: int
    remaining_ttl: int = 0
    keys: dict[bytes, None] = attrs.field(factory=dict)


class Lessor:
    """The leases of a store."""

    def __init__(self) -> None:
        self._leases: dict[int, Lease] = {}
        self._granted: list[Lease] = []
        self._ended: list[int] = []

    def __contains__(self, lease: object) -> bool:
        return lease in self._leases

    def __iter__(self) -> Iterator[Lease]:
        """Yield the leases in the order of their names."""
        return iter([self._leases[name] for name in sorted(self._leases)])

    def __len__(self) -> int:
        return len(self._leases)

    def get(self, lease: int) -> Lease | None:
        """Return a lease; None if it is not alive."""
        return self._leases.get(lease)

    def grant(self, lease: int, ttl: int) -> Lease:
        """Begin a lease.

        Raises:
            LeaseNotFound: the name 0 is none.
            LeaseExists: the name is taken.
            LeaseTtlTooLarge: nobody lives that long.
        """
        problem = _problem_of_grant(lease, ttl, exists=lease in self._leases)
        if problem is not None:
            raise problem
        return self.add(Lease(lease, ttl))

    def add(self, lease: Lease) -> Lease:
        """Add a lease as it is: it was granted, here or before a snapshot."""
        self._leases[lease.id] = lease
        self._granted.append(lease)
        return lease

    def take_news(self) -> tuple[list[Lease], list[int]]:
        """Return what was granted and what has ended since this was asked last."""
        news = self._granted, self._ended
        self._granted, self._ended = [], []
        return news

    def replace(self, other: "Lessor") -> None:
        """Hold what ``other`` holds, and nothing else."""
        self._ended += self._leases
        self._leases = {}
        for lease in other:
            self.add(lease)

    def revoke(self, lease: int) -> Sequence[bytes]:
        """End a lease; return its keys, sorted, which the caller deletes.

        Raises:
            LeaseNotFound: it is not alive.
        """
        ended = self._leases.pop(lease, None)
        if ended is None:
            raise LeaseNotFound
        self._ended.append(lease)
        return sorted(ended.keys)

    def checkpoint(self, checkpoint: Checkpoint) -> None:
        """Write down how much time a lease has left; nothing happens if it has ended."""
        lease = self._leases.get(checkpoint.id)
        if lease is not None:
            lease.remaining_ttl = checkpoint.remaining_ttl

    def follow(self, change: Change) -> None:
        """Take note of the lease that a changed key hung on, and of the one it hangs on now."""
        kv, previous = change
        before = 0 if previous is None else previous.lease
        if before == kv.lease:
            return
        # A revoked lease is gone before its keys are.
        if before and before in self._leases:
            del self._leases[before].keys[kv.key]
        if kv.lease:
            self._leases[kv.lease].keys[kv.key] = None


def _problem_of_grant(lease: int, ttl: int, *, exists: bool) -> EtcdError | None:
    if not lease:
        return LeaseNotFound()
    if ttl > TTL_MAX:
        return LeaseTtlTooLarge()
    return LeaseExists() if exists else None
