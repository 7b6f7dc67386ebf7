"""A client of an etcd cluster, for actors and for programs.

It finds the leader, repeats what may be repeated, and says so when nobody knows whether something
happened (`OutcomeUnknown`); the rules are those of `kactors.etcd.client_session`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Self, TypeVar

from kactors.actors.request import Request
from kactors.etcd.client_session import Asker, Session
from kactors.etcd.client_watch import ClientWatch
from kactors.etcd.errors import LeaseNotFound
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages import (
    Compact,
    CompactResponse,
    DeleteRange,
    DeleteRangeResponse,
    KeyValue,
    LeaseGrant,
    LeaseGrantResponse,
    LeaseKeepAlive,
    LeaseKeepAliveResponse,
    LeaseRevoke,
    LeaseRevokeResponse,
    LeaseTimeToLive,
    LeaseTimeToLiveResponse,
    Member,
    MemberAdd,
    MemberAddResponse,
    MemberList,
    MemberPromote,
    MemberRemove,
    MembersResponse,
    MemberUpdate,
    MoveLeader,
    MoveLeaderResponse,
    Put,
    PutResponse,
    Range,
    RangeResponse,
    Snapshot,
    Status,
    StatusResponse,
    Txn,
    TxnResponse,
    Watch,
)
from kactors.etcd.recording import History
from kactors.etcd.txn import is_read_only
from kactors.runtime import current_time, sleep
from kactors.transport.envelope import Address

AnswerT = TypeVar("AnswerT")

#: Seconds for one call, repetitions included; etcdctl's default.
DEFAULT_TIMEOUT = 5.0
#: Seconds that one member may take before a read is repeated elsewhere.
DEFAULT_ATTEMPT_TIMEOUT = 1.5


class EtcdClient:
    """Asks the members of one cluster.

    Every method raises an `EtcdError` for what the cluster refuses, `ClusterUnavailable` if
    certainly nothing was done, and, if it writes, `OutcomeUnknown` if nobody knows.

    Args:
        asker: who asks: an actor, or a `SystemAsker`.
        endpoints: the members to begin with.
        timeout: seconds for one call.
        attempt_timeout: seconds that one member may take to answer a read.
        learn: told where further members are; enters them into a transport's address book.
        history: records what this client does to single keys.
        name: of this client in the history.
    """

    def __init__(
        self,
        asker: Asker,
        endpoints: Sequence[Address],
        *,
        timeout: float = DEFAULT_TIMEOUT,
        attempt_timeout: float = DEFAULT_ATTEMPT_TIMEOUT,
        learn: Callable[[MemberUrl], None] | None = None,
        history: History | None = None,
        name: str = "client",
    ) -> None:
        self.session = Session(
            asker, endpoints, timeout=timeout, attempt_timeout=attempt_timeout, learn=learn
        )
        self._history = history
        self._name = name

    @classmethod
    def sharing(
        cls, other: "EtcdClient", *, history: History | None = None, name: str = "client"
    ) -> Self:
        """Return a client that shares another's way to the members, under a name of its own."""
        made = cls.__new__(cls)
        made.session, made._history, made._name = other.session, history, name
        return made

    async def _do(self, request: Request[AnswerT], work: Awaitable[AnswerT]) -> AnswerT:
        if self._history is None:
            return await work
        return await self._history.record(self._name, request, work)

    # Keys -------------------------------------------------------------------------------------

    async def put(
        self, key: bytes, value: bytes, *, lease: int = 0, prev_kv: bool = False
    ) -> PutResponse:
        """Write a key."""
        request = Put(key, value, lease, prev_kv)
        return await self._do(request, self.session.write(request))

    async def range(self, request: Range) -> RangeResponse:
        """Read keys."""
        return await self._do(request, self.session.read(request))

    async def get(self, key: bytes, *, serializable: bool = False) -> KeyValue | None:
        """Read one key; None if it does not exist."""
        answer = await self.range(Range(key, serializable=serializable))
        return answer.kvs[0] if answer.kvs else None

    async def delete(
        self, key: bytes, range_end: bytes = b"", *, prev_kv: bool = False
    ) -> DeleteRangeResponse:
        """Delete a key, or a range of them."""
        request = DeleteRange(key, range_end, prev_kv)
        return await self._do(request, self.session.write(request))

    async def txn(self, request: Txn) -> TxnResponse:
        """Carry out a transaction; see `kactors.etcd.client_txn` for putting one together."""
        if is_read_only(request):
            return await self.session.read(request)
        return await self.session.write(request)

    async def compact(self, revision: int, *, physical: bool = False) -> CompactResponse:
        """Forget history before ``revision``."""
        return await self.session.write(Compact(revision, physical))

    def watch(self, request: Watch) -> ClientWatch:
        """Watch keys; the watch goes on through the loss of any member."""
        return ClientWatch(self.session, request)

    # Leases -----------------------------------------------------------------------------------

    async def grant(self, ttl: int, lease: int = 0) -> LeaseGrantResponse:
        """Begin a lease of ``ttl`` seconds."""
        return await self.session.write(LeaseGrant(ttl, lease))

    async def revoke(self, lease: int) -> LeaseRevokeResponse:
        """End a lease, and delete its keys."""
        return await self.session.write(LeaseRevoke(lease))

    async def keep_alive_once(self, lease: int) -> LeaseKeepAliveResponse:
        """Give a lease all of its time again.

        Raises:
            LeaseNotFound: there is no such lease, or not any more.
        """
        answer = await self.session.read_from_leader(LeaseKeepAlive(lease))
        if not answer.ttl:
            raise LeaseNotFound
        return answer

    async def keep_alive(self, lease: int) -> AsyncIterator[LeaseKeepAliveResponse]:
        """Keep a lease alive for as long as the iteration goes on, three times in its life.

        Raises:
            LeaseNotFound: it has ended.
            ClusterUnavailable: nobody has answered for as long as a call may take.
        """
        while True:
            began = current_time()
            answer = await self.keep_alive_once(lease)
            yield answer
            await sleep(max(0.0, began + answer.ttl / 3 - current_time()))

    async def time_to_live(self, lease: int, *, keys: bool = False) -> LeaseTimeToLiveResponse:
        """Tell how long a lease has left."""
        return await self.session.read_from_leader(LeaseTimeToLive(lease, keys))

    # The cluster ------------------------------------------------------------------------------

    async def members(self) -> tuple[Member, ...]:
        """Tell who belongs to the cluster."""
        return (await self.session.read(MemberList())).members

    async def member_add(self, *urls: str) -> MemberAddResponse:
        """Add a learner; start it afterwards, as one that joins, and promote it."""
        return await self.session.write(MemberAdd(urls, is_learner=True))

    async def member_promote(self, member: int) -> MembersResponse:
        """Let a learner vote."""
        return await self.session.write(MemberPromote(member))

    async def member_remove(self, member: int) -> MembersResponse:
        """Remove a member for ever."""
        return await self.session.write(MemberRemove(member))

    async def member_update(self, member: int, *urls: str) -> MembersResponse:
        """Change where a member is."""
        return await self.session.write(MemberUpdate(member, urls))

    async def move_leader(self, member: int) -> MoveLeaderResponse:
        """Hand leadership over to ``member``."""
        return await self.session.write(MoveLeader(member))

    async def status(self, endpoint: Address) -> StatusResponse:
        """Ask one member how it is. Raises also `RequestError`: it has not answered."""
        return await self.session.ask_one(endpoint, Status())

    async def snapshot(self, endpoint: Address) -> AsyncIterator[bytes]:
        """Fetch all that one member's store holds, in pieces."""
        async with self.session.open_stream(endpoint, Snapshot()) as stream:
            async for piece in stream:
                yield piece.blob
