"""Leases at one member: the leader lets them expire, keeps them alive, and writes remainders down.

The rules that keep a lease from ending early are those of `kactors.etcd.lease_expiry`; here they
meet the member's clock, its log and its leadership.
"""

from collections.abc import Awaitable, Callable
from typing import Final

from kactors.etcd.driver import Driver
from kactors.etcd.errors import EtcdError
from kactors.etcd.lease_expiry import ClearFirst, Expiry, ExpiryConfig, Renewed
from kactors.etcd.messages.lease import (
    LeaseCheckpoint,
    LeaseExpire,
    LeaseKeepAlive,
    LeaseKeepAliveResponse,
    LeaseTimeToLive,
    LeaseTimeToLiveResponse,
)
from kactors.etcd.store import Command
from kactors.etcd.wakeup import Wakeup
from kactors.runtime import current_time_ns, sleep
from kactors.runtime.clock import NANOSECONDS

#: Leases that one entry of the log ends.
EXPIRED_PER_ENTRY: Final = 500

Write = Callable[[Command], Awaitable[object]]
"""Enters a command into the log and returns its answer; raises an `EtcdError` if refused."""


class LeaseKeeper:
    """The leases of one member.

    Args:
        driver: of the member.
        write: enters commands into the log.
        config: the clockwork's knobs.
        extend_seconds: what every lease gets on top when another member begins to lead.
    """

    def __init__(
        self, driver: Driver, write: Write, config: ExpiryConfig, *, extend_seconds: float
    ) -> None:
        self._driver = driver
        self._store = driver.applier.store
        self._write = write
        self._expiry = Expiry(self._store.lessor, config)
        self._extend_ns = round(extend_seconds * NANOSECONDS)
        self._promoted_term = 0
        self._ticks = Wakeup()

    def follow(self) -> None:
        """Take note of what was applied, and of who leads now."""
        raft = self._driver.raft
        if not self._driver.leads():
            if self._expiry.primary:
                self._expiry.demote()
        elif self._promoted_term != raft.term and raft.log.applied_index >= raft.opening_index:
            self._promoted_term = raft.term
            self._expiry.promote(current_time_ns(), extend_ns=self._extend_ns)
        self._expiry.follow(current_time_ns())

    def tick(self) -> None:
        """Let `run` look whether something is due."""
        if self._expiry.primary:
            self._ticks.set()

    async def run(self) -> None:
        """End what has expired and write remainders down, until cancelled."""
        while True:
            await self._ticks.wait()
            now = current_time_ns()
            due = self._expiry.next_ns()
            if not self._expiry.primary or due is None or due > now:
                continue
            expired = self._expiry.expired(now, most=EXPIRED_PER_ENTRY)
            checkpoints = self._expiry.checkpoints(now)
            try:
                if expired:
                    await self._write(LeaseExpire(expired, self._driver.raft.term))
                if checkpoints:
                    await self._write(LeaseCheckpoint(checkpoints))
            except EtcdError:
                continue  # another member leads; what is due there comes up again here if need be

    # Requests ---------------------------------------------------------------------------------

    async def keep_alive(self, request: LeaseKeepAlive) -> LeaseKeepAliveResponse:
        """Give a lease all of its time again, once it is certain that this member leads.

        Raises:
            NotLeader, NoLeader: nothing was done.
        """
        while True:
            await self._confirm()
            renewed = self._expiry.renew(request.id, current_time_ns())
            match renewed:
                case Renewed():
                    return self._kept(request.id, renewed.ttl)
                case None:
                    return self._kept(request.id, 0)
                case ClearFirst():
                    await self._write(LeaseCheckpoint((renewed.checkpoint,)))

    def _kept(self, lease: int, ttl: int) -> LeaseKeepAliveResponse:
        store = self._store
        return LeaseKeepAliveResponse(store.header(store.mvcc.revision), lease, ttl)

    async def time_to_live(self, request: LeaseTimeToLive) -> LeaseTimeToLiveResponse:
        """Tell how long a lease has left.

        Raises:
            NotLeader, NoLeader: ask the leader.
        """
        await self._confirm()
        store = self._store
        lease = store.lessor.get(request.id)
        left_ns = self._expiry.remaining_ns(request.id, current_time_ns())
        header = store.header(store.mvcc.revision)
        if lease is None or left_ns is None:
            return LeaseTimeToLiveResponse(header, request.id, -1)
        keys = tuple(sorted(lease.keys)) if request.keys else ()
        return LeaseTimeToLiveResponse(header, request.id, left_ns // NANOSECONDS, lease.ttl, keys)

    async def _confirm(self) -> None:
        """Make sure that this member leads, as of after the call, and counts.

        Raises:
            NotLeader, NoLeader: it does not.
        """
        driver = self._driver
        if not driver.leads():
            raise driver.not_leader()
        await driver.read_barrier()
        while driver.leads() and not self._expiry.primary:
            await sleep(driver.raft.config.heartbeat_ticks * driver.tick_seconds)
        if not driver.leads():
            raise driver.not_leader()
