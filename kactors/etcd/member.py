"""One member of an etcd cluster, as an actor.

Theory of operation
===================

The member itself only lives: it opens its disk (`startup`), puts its parts together, and carries
messages between them and the other members. What it does is in the parts: the `Driver` turns the
wheels of Raft, the `Applier` changes the store, `LeaseKeeper`, `WatchServer` and `Upkeep` follow
what was applied. What clients may ask is in the services, from which the class is put together.

A member acknowledges nothing that a crash of its host may lose. When its disk fails it ends, and
its host's process with it (`MEMBER_POLICY`): nobody knows then what the disk holds.
"""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from kactors.actors.errors import RequestError
from kactors.actors.handlers import handles, serves
from kactors.actors.supervision import RestartPolicy
from kactors.etcd.applier import Applier, MemberUpdated
from kactors.etcd.client_errors import MemberRemoved
from kactors.etcd.corruption import compare_hashes
from kactors.etcd.driver import Driver
from kactors.etcd.errors import EtcdError
from kactors.etcd.kv_service import KvService
from kactors.etcd.lease_keeper import LeaseKeeper
from kactors.etcd.lease_service import LeaseService
from kactors.etcd.maintenance_service import MaintenanceService
from kactors.etcd.member_base import Parts
from kactors.etcd.member_storage import MemberStorage
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.cluster import Member, MembersResponse
from kactors.etcd.messages.maintenance import HashKV, HashKVResponse
from kactors.etcd.peer_messages import HasStarted, PeerMessages, Publish, Started
from kactors.etcd.reconfiguration import Reconfiguration
from kactors.etcd.startup import open_storage
from kactors.etcd.upkeep import Upkeep
from kactors.etcd.watch_server import WatchServer
from kactors.raft.config import Config, Rng
from kactors.raft.core import Raft
from kactors.raft.messages import Message
from kactors.raft.status import Status as RaftStatus
from kactors.raft.status import status_of
from kactors.runtime import open_nursery, sleep
from kactors.transport.envelope import Address

#: A member that fails takes its host's process along; whoever starts processes starts it again.
MEMBER_POLICY: Final = RestartPolicy(intensity=0)

_APPLYING_BYTES_MAX: Final = 1 << 20
_PUBLISH_SECONDS: Final = 2.0


class EtcdMember(KvService, LeaseService, MaintenanceService):
    """A member: answers clients, follows or leads the others. Deploy it with `MEMBER_POLICY`."""

    _addresses: dict[int, Address]
    _leaderless_ticks = 0
    #: The cluster was there before what this member's disk holds.
    _joins = False

    # Living -----------------------------------------------------------------------------------

    async def on_start(self) -> None:
        """Begin; requests are refused until the disk is open and the parts are together."""
        self._addresses = {}
        self._note_members(self.config.members())
        self.start_soon(self._live, name="member")

    async def _live(self) -> None:
        storage = await open_storage(self, self.config, self._log, self._note_joining)
        parts = self._put_together(storage)
        self._parts = parts
        self._members_changed()
        self._tell_applied()
        head = storage.head
        self._log(
            f"member {head.member_id:x} of cluster {head.cluster_id:x}, start {head.boot}: "
            f"log [{storage.log.first_index}, {storage.log.last_index}]"
        )
        async with open_nursery() as nursery:
            nursery.start_soon(parts.driver.run, name="driver")
            nursery.start_soon(parts.leases.run, name="leases")
            nursery.start_soon(parts.watches.run, name="watches")
            nursery.start_soon(parts.upkeep.run, name="upkeep")
            nursery.start_soon(self._publish, name="publish")
            if self.config.preallocate:
                nursery.start_soon(storage.wal.keep_prepared, name="segments")
            if self.config.corruption_seconds:
                nursery.start_soon(self._look_for_corruption, name="corruption")

    def _put_together(self, storage: MemberStorage) -> Parts:
        config, head = self.config, storage.head
        store = storage.store
        store.cluster_id, store.member_id = head.cluster_id, head.member_id
        raft = Raft(
            Config(
                member=head.member_id,
                boot=head.boot,
                chance=self._chance,
                joining=True,  # whether a blank disk may be was decided when it was prepared
                election_ticks=config.election_ticks,
                heartbeat_ticks=config.heartbeat_ticks,
                max_applying_bytes=_APPLYING_BYTES_MAX,
                snapshot_chunk_bytes=config.snapshot_chunk_bytes,
                forward_proposals=False,
            ),
            storage.log,
            applied_index=store.applied_index,
        )
        driver = Driver(raft, storage, Applier(store), self, tick_seconds=config.tick_seconds)
        return Parts(
            store,
            driver,
            LeaseKeeper(driver, self.write, config.expiry, extend_seconds=config.election_seconds),
            WatchServer(
                store,
                progress_seconds=config.progress_seconds,
                events_max=config.watch_events_max,
                watches_max=config.watches_max,
            ),
            Reconfiguration(
                driver, self.enter, token=config.token, learners_max=config.learners_max
            ),
            Upkeep(
                driver,
                snapshot_entries=config.snapshot_entries,
                catch_up_entries=config.catch_up_entries,
                log=self._log,
            ),
        )

    def _chance(self, term: int, attempt: int) -> Rng:
        return self.random("election", term, attempt)

    async def on_stop(self) -> None:
        """Hand leadership over, write what is owed, close the disk."""
        if self._parts is None:
            return
        driver = self._parts.driver
        if self._hand_over():
            # Nothing is heard any more; what was said needs a moment to leave.
            await sleep(self.config.tick_seconds / 2)
        await driver.close()

    def _hand_over(self) -> bool:
        """Ask another member to lead, if this one does; say whether there was one to ask."""
        driver = self.parts.driver
        heir = self._heir(driver.raft)
        if not driver.leads() or heir is None:
            return False
        driver.raft.transfer_leadership(heir)
        driver.wake()
        return True

    def _heir(self, raft: Raft) -> int | None:
        """Return the voter with the longest log besides the leader, if there is one."""
        voters = [
            voter
            for voter in raft.membership.active.voters
            if voter != raft.member and voter in raft.progress
        ]
        return max(voters, key=lambda voter: raft.progress[voter].match_index, default=None)

    # What the driver tells (`Surroundings`) ---------------------------------------------------

    def send_to_member(self, member: int, messages: Sequence[Message]) -> None:
        """Send to another member."""
        address = self._addresses.get(member)
        if address is not None:
            head = self.parts.driver.storage.head
            batch = PeerMessages(head.cluster_id, head.member_id, member, tuple(messages))
            self.send(address, batch)

    def role_changed(self) -> None:
        """Tell people who leads now."""
        raft = self.parts.driver.raft
        self.parts.leases.follow()
        leader = "nobody" if raft.leader is None else f"{raft.leader:x}"
        self._log(f"{raft.role.value} in term {raft.term}, led by {leader}")

    def applied(self) -> None:
        """Let everybody follow what was applied."""
        parts = self.parts
        parts.leases.follow()
        parts.watches.follow()
        parts.upkeep.follow()
        self._tell_applied()
        if parts.driver.applier.members_changed:
            self._members_changed()

    def _tell_applied(self) -> None:
        for listener in self.on_applied:
            listener(self.parts.store)

    def ticked(self) -> None:
        """Look whether leases are due, and end watches that would keep silent for too long.

        While the disk hangs, another member should lead. etcd comes to the same in another way: its
        loop stands still with the disk, and so do its heartbeats.
        """
        parts = self.parts
        parts.leases.tick()
        if parts.driver.disk_hangs():
            self._hand_over()
        if parts.driver.raft.leader is not None:
            self._leaderless_ticks = 0
            return
        self._leaderless_ticks += 1
        if self._leaderless_ticks >= 2 * self.config.election_ticks:
            parts.watches.end_all()  # again and again: also those that have come since

    def _members_changed(self) -> None:
        """Take note of where everybody is; end for good if this member was removed."""
        parts = self.parts
        parts.driver.applier.members_changed = False
        membership = parts.store.membership
        self._note_members(membership.members)
        me = parts.driver.raft.member
        for member in membership.removed:
            self._addresses.pop(member, None)
        if me in membership.removed:
            self._log("the cluster has removed this member: it ends")
            raise MemberRemoved(
                f"member {me:x} was removed from the cluster: empty its disk and add it anew"
            )

    def _note_members(self, members: Sequence[Member]) -> None:
        for member in members:
            if member.peer_urls:
                url = MemberUrl.parse(member.peer_urls[0])
                self._addresses[member.id] = url.address
                if url.host != self.host.name:
                    self._learn(url)

    # What other members say -------------------------------------------------------------------

    @handles
    def on_peer_messages(self, batch: PeerMessages, sender: Address) -> None:
        """Take messages of Raft that are meant for this member, and come from where it should be.

        Raises:
            LogLost: this member's disk lost what it acknowledged: it ends.
        """
        if self._parts is None:
            return
        driver = self._parts.driver
        head = driver.storage.head
        if (batch.cluster_id, batch.target) != (head.cluster_id, head.member_id):
            return
        if self._addresses.get(batch.sender, sender).host != sender.host:
            return
        driver.step(batch.messages, batch.sender)

    def _note_joining(self) -> None:
        self._joins = True

    @serves
    def on_has_started(self, request: HasStarted) -> Started:
        """Tell whether a member may have been at work before.

        One that joins, or has not recovered from that, knows not whom it has missed, but that
        the cluster is not new.
        """
        if self._joins:
            return Started(started=True)
        if self._parts is None:
            return Started(started=False)
        if self._parts.driver.raft.recovering:
            return Started(started=True)
        membership = self._parts.store.membership
        member = membership.get(request.member_id)
        removed = request.member_id in membership.removed
        return Started(removed or (member is not None and bool(member.client_urls)))

    @serves
    async def on_publish(self, request: Publish) -> MembersResponse:
        """Enter what a member says of itself into the log, as leader."""
        answer = await self.enter(MemberUpdated(request.member))
        assert isinstance(answer, MembersResponse), f"{answer} answers an update"
        return answer

    async def _publish(self) -> None:
        """Let everybody know that this member has started, and what it is called."""
        while True:
            driver = self.parts.driver
            raft = driver.raft
            known = self.parts.store.membership.get(raft.member)
            me = Member(raft.member, self.config.name, (self.config.url,), (self.config.url,))
            if known is not None and (known.name, known.client_urls) == (me.name, me.client_urls):
                return
            leader = None if raft.leader is None else self._addresses.get(raft.leader)
            if known is not None and leader is not None:
                with suppress(RequestError, EtcdError):  # then it is asked again
                    await self.request(leader, Publish(me), timeout=_PUBLISH_SECONDS)
            await sleep(self.config.tick_seconds)

    async def _look_for_corruption(self) -> None:
        """Compare hashes now and then, as leader."""
        while True:
            await sleep(self.config.corruption_seconds)
            parts = self.parts
            if not parts.driver.leads():
                continue
            peers = [m.id for m in parts.store.membership.members if m.id != parts.store.member_id]
            try:
                differing = await compare_hashes(parts.store, peers, self._ask_hash, self.write)
            except EtcdError:
                continue
            for peer in differing:
                self._log(f"member {peer:x} holds other data: alarm CORRUPT")

    async def _ask_hash(self, peer: int, request: HashKV) -> HashKVResponse:
        return await self.request(self._addresses[peer], request, timeout=_PUBLISH_SECONDS)

    # What tests and scenarios look at ---------------------------------------------------------

    @property
    def raft_status(self) -> RaftStatus | None:
        """This member's core at this moment; None before it has started."""
        return None if self._parts is None else status_of(self._parts.driver.raft)

    @property
    def leads(self) -> bool:
        """Whether this member believes to lead."""
        return self._parts is not None and self._parts.driver.leads()
