"""Maintenance and membership, as operators ask for them."""

from hashlib import blake2b

from kactors import __version__
from kactors.actors.handlers import serves, streams
from kactors.actors.outbox import Outbox
from kactors.etcd.corruption import hash_kv
from kactors.etcd.errors import BadLeaderTransferee, RequestTimedOut
from kactors.etcd.member_base import MemberBase
from kactors.etcd.messages.cluster import (
    MemberAdd,
    MemberAddResponse,
    MemberList,
    MemberListResponse,
    MemberPromote,
    MemberRemove,
    MembersResponse,
    MemberUpdate,
)
from kactors.etcd.messages.maintenance import (
    Alarm,
    AlarmAction,
    AlarmResponse,
    Defragment,
    DefragmentResponse,
    Hash,
    HashKV,
    HashKVResponse,
    HashResponse,
    MoveLeader,
    MoveLeaderResponse,
    Snapshot,
    SnapshotResponse,
    Status,
    StatusResponse,
)
from kactors.etcd.snapshot import dump
from kactors.raft.errors import TransferRefused
from kactors.runtime import checkpoint, current_time, sleep


class MaintenanceService(MemberBase):
    """Serves status, alarms, hashes, snapshots, and changes of members.

    Every handler raises an `EtcdError` for what is refused.
    """

    @serves
    def status(self, _request: Status) -> StatusResponse:
        """Tell how this member is."""
        parts = self.parts
        store, raft = parts.store, parts.driver.raft
        return StatusResponse(
            store.header(store.mvcc.revision),
            __version__,
            db_size=store.mvcc.size_bytes,
            db_size_in_use=store.mvcc.size_bytes,
            leader=raft.leader or 0,
            raft_index=raft.log.last_index,
            raft_term=raft.term,
            raft_applied_index=store.applied_index,
            errors=self._complaints(),
            is_learner=not raft.membership.active.is_voter(raft.member),
            db_size_quota=self.config.quota_bytes,
        )

    def _complaints(self) -> tuple[str, ...]:
        raft = self.parts.driver.raft
        found = [
            f"memberID:{alarm.member_id} alarm:{alarm.alarm.name}"
            for alarm in self.store.alarms.active
        ]
        if raft.leader is None:
            found.append("etcdserver: no leader")
        if raft.recovering:
            found.append("this member lost its disk and has no vote: demote and promote it")
        return tuple(found)

    @serves
    async def alarm(self, request: Alarm) -> AlarmResponse:
        """Tell, raise or disarm alarms."""
        if request.action is AlarmAction.GET:
            await self.parts.driver.read_barrier()
            store = self.store
            return AlarmResponse(store.header(store.mvcc.revision), store.alarms.handle(request))
        answer = await self.write(request)
        assert isinstance(answer, AlarmResponse), f"{answer} answers an alarm"
        return answer

    @serves
    def hash(self, _request: Hash) -> HashResponse:
        """Hash all that this member's store holds, as its snapshot says it."""
        store = self.store
        digest = blake2b(digest_size=8)
        for piece in dump(store):
            digest.update(piece)
        number = int.from_bytes(digest.digest(), "big")
        return HashResponse(store.header(store.mvcc.revision), number)

    @serves
    def hash_kv(self, request: HashKV) -> HashKVResponse:
        """Hash the keys and their history up to a revision."""
        return hash_kv(self.store, request)

    @streams
    async def snapshot(self, _request: Snapshot, out: Outbox[SnapshotResponse]) -> None:
        """Send all that this member's store holds."""
        store = self.store
        header = store.header(store.mvcc.revision)
        pieces: list[bytes] = []
        for piece in dump(store):
            pieces.append(piece)
            await checkpoint()
        left = sum(map(len, pieces))
        for piece in pieces:
            left -= len(piece)
            await out.send(SnapshotResponse(header, left, piece, __version__))

    @serves
    async def defragment(self, _request: Defragment) -> DefragmentResponse:
        """Remove what is compacted, and what the log holds of it."""
        parts = self.parts
        await parts.upkeep.wait_scrubbed()
        await parts.upkeep.snapshot()
        return DefragmentResponse(parts.store.header(parts.store.mvcc.revision))

    @serves
    async def move_leader(self, request: MoveLeader) -> MoveLeaderResponse:
        """Hand leadership over; answered when the other member leads."""
        driver = self.parts.driver
        raft = driver.raft
        if not driver.leads():
            raise driver.not_leader()
        try:
            raft.transfer_leadership(request.target_id)
        except TransferRefused as refused:
            raise BadLeaderTransferee from refused
        driver.wake()
        end = current_time() + 2 * self.config.election_seconds
        while raft.leader != request.target_id:
            if current_time() >= end:
                raise RequestTimedOut
            await sleep(self.config.tick_seconds)
        return MoveLeaderResponse(self.store.header(self.store.mvcc.revision))

    # Members ----------------------------------------------------------------------------------

    @serves
    async def member_list(self, request: MemberList) -> MemberListResponse:
        """Tell who belongs to the cluster."""
        if request.linearizable:
            await self.parts.driver.read_barrier()
        store = self.store
        return MemberListResponse(store.header(store.mvcc.revision), store.membership.members)

    @serves
    async def member_add(self, request: MemberAdd) -> MemberAddResponse:
        """Add a member, as a learner; see `kactors.etcd.reconfiguration`."""
        return await self.parts.reconfiguration.add(request)

    @serves
    async def member_remove(self, request: MemberRemove) -> MembersResponse:
        """Remove a member for ever."""
        return await self.parts.reconfiguration.remove(request)

    @serves
    async def member_promote(self, request: MemberPromote) -> MembersResponse:
        """Let a learner vote."""
        return await self.parts.reconfiguration.promote(request)

    @serves
    async def member_update(self, request: MemberUpdate) -> MembersResponse:
        """Change where a member is."""
        return await self.parts.reconfiguration.update(request)
