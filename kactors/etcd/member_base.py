"""What the services of a member share: its parts, and the way into the log."""

from collections.abc import Callable
from typing import ClassVar

import attrs

from kactors.actors.actor import Actor
from kactors.actors.mailbox import MailboxPolicy
from kactors.etcd.applier import MemberUpdated, Outcome
from kactors.etcd.config import MemberConfig
from kactors.etcd.driver import Driver
from kactors.etcd.errors import NoLeader, NoSpace, RequestTooLarge
from kactors.etcd.lease_keeper import LeaseKeeper
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.maintenance import Alarm, AlarmAction, AlarmType
from kactors.etcd.quota import Quota
from kactors.etcd.reconfiguration import Reconfiguration
from kactors.etcd.store import Command, Store
from kactors.etcd.upkeep import Upkeep
from kactors.etcd.watch_server import WatchServer
from kactors.wire import encode

Log = Callable[[str], None]
"""Takes a line that tells people what a member does."""

Learn = Callable[[MemberUrl], None]
"""Told where a member is; in the live world, enters it into the transport's address book."""


@attrs.frozen
class Parts:
    """What a member consists of while it runs.

    Attributes:
        store: the replicated state.
        driver: Raft at work.
        leases: the leases' clockwork.
        watches: the streams of watches.
        reconfiguration: changes of members.
        upkeep: snapshots and compaction.
    """

    store: Store
    driver: Driver
    leases: LeaseKeeper
    watches: WatchServer
    reconfiguration: Reconfiguration
    upkeep: Upkeep


class MemberBase(Actor):
    """The part of a member that its services build on.

    Requests and watches count together; `MemberConfig.watches_max` leaves room for the former.

    Args:
        config: the knobs.
        learn: told where other members are.
        log: told what the member does.
    """

    mailbox: ClassVar[MailboxPolicy] = MailboxPolicy(requests_max=100_000)

    def __init__(
        self, config: MemberConfig, *, learn: Learn | None = None, log: Log | None = None
    ) -> None:
        self.config = config
        self._quota = Quota(config.quota_bytes)
        self._learn = learn or _ignore
        self._log = log or _ignore
        self._parts: Parts | None = None

    @property
    def parts(self) -> Parts:
        """What the member consists of.

        Raises:
            NoLeader: it has not started yet, and nothing was done.
        """
        if self._parts is None:
            raise NoLeader
        return self._parts

    @property
    def store(self) -> Store:
        """The replicated state; raises as `parts`."""
        return self.parts.store

    async def write(self, command: Command) -> Outcome:
        """Enter a command into the log; return its answer.

        Raises:
            EtcdError: it was refused; the class says why, and whether the outcome is known.
        """
        parts = self.parts
        if not parts.driver.leads():
            raise parts.driver.not_leader()
        if not self._quota.allows(command, parts.store.mvcc.size_bytes):
            await self._raise_alarm()
            raise NoSpace
        return await parts.driver.propose(self._encoded(command), command)

    async def enter(self, update: MemberUpdated) -> Outcome:
        """Enter an update of a member into the log; return its answer. Raises: as `write`."""
        return await self.parts.driver.propose(self._encoded(update), update)

    def _encoded(self, entered: Command | MemberUpdated) -> bytes:
        data = encode(entered)
        if len(data) > self.config.request_bytes_max:
            raise RequestTooLarge
        return data

    async def _raise_alarm(self) -> None:
        """Say through the log that there is no space left, once."""
        if not self.store.alarms.is_on(AlarmType.NOSPACE):
            self._log(f"the store is full: more than {self.config.quota_bytes} bytes")
            member = self.store.member_id
            alarm = Alarm(AlarmAction.ACTIVATE, member, AlarmType.NOSPACE)
            await self.parts.driver.propose(encode(alarm), alarm)


def _ignore(_: object) -> None:
    """Take no note."""
