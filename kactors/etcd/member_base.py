"""What the services of a member share: its parts, and the way into the log."""

from collections.abc import Callable
from typing import Any, ClassVar

import attrs

from kactors.actors.actor import Actor
from kactors.actors.asker import Asker
from kactors.actors.mailbox import MailboxPolicy
from kactors.etcd.applier import MemberUpdated, Outcome
from kactors.etcd.config import MemberConfig
from kactors.etcd.driver import Driver
from kactors.etcd.errors import EtcdError, NoLeader, NoSpace, RequestTooLarge
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


@attrs.frozen(eq=False)
class Written:
    """Answers one who has asked for a write, where it is applied and without a task.

    Attributes:
        asker: who has asked.
        driver: knows who leads instead, if another's entry took the place of this one.
    """

    asker: Asker[Any]
    driver: Driver

    def wake(self, outcome: Outcome | None) -> None:
        """Pass on what became of the write."""
        if outcome is None:
            self.asker.refuse(self.driver.not_leader())
        elif isinstance(outcome, EtcdError):
            self.asker.refuse(outcome)
        else:
            self.asker.answer(outcome)


class MemberBase(Actor):
    """The part of a member that its services build on.

    Requests and watches count together; `MemberConfig.watches_max` leaves room for the former.

    Args:
        config: the knobs.
        learn: told where other members are.
        log: told what the member does.

    Attributes:
        on_applied: told the store when the member starts and whenever it has changed: eyes of
            whoever looks at a member from outside, in its own process.
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
        self.on_applied: list[Callable[[Store], None]] = []

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
        if not self._has_room_for(command):
            await self._raise_alarm()
            raise NoSpace
        return await self.parts.driver.propose(self._encoded(command), command)

    def write_for(self, asker: Asker[Any], command: Command) -> None:
        """Enter a command into the log; its answer goes to ``asker``.

        Raises:
            EtcdError: as `write`, if it is known at once.
        """
        if self._has_room_for(command):
            driver = self.parts.driver
            driver.submit(self._encoded(command), command, Written(asker, driver))
        else:
            self.start_soon(self._refuse_for_space, asker, name="no space")

    async def _refuse_for_space(self, asker: Asker[Any]) -> None:
        try:
            await self._raise_alarm()
        except EtcdError as error:
            asker.refuse(error)
        else:
            asker.refuse(NoSpace())

    def _has_room_for(self, command: Command) -> bool:
        """Tell whether the quota allows a command; raises `EtcdError` if this is not the leader."""
        driver, store = self.parts.driver, self.parts.store
        if not driver.leads():
            raise driver.not_leader()
        return self._quota.allows(command, store.mvcc.size_bytes)

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
