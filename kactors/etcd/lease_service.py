"""Leases, as clients of a member ask for them."""

from kactors.actors.handlers import serves
from kactors.etcd.member_base import MemberBase
from kactors.etcd.messages.lease import (
    LeaseGrant,
    LeaseGrantResponse,
    LeaseKeepAlive,
    LeaseKeepAliveResponse,
    LeaseLeases,
    LeaseLeasesResponse,
    LeaseRevoke,
    LeaseRevokeResponse,
    LeaseTimeToLive,
    LeaseTimeToLiveResponse,
)
from kactors.wire import evolve

_LEASE_BITS = 62


class LeaseService(MemberBase):
    """Serves leases. Every handler raises an `EtcdError` for what is refused."""

    @serves
    async def lease_grant(self, request: LeaseGrant) -> LeaseGrantResponse:
        """Begin a lease."""
        if not request.id:
            request = evolve(request, id=self._free_lease())
        answer = await self.write(request)
        assert isinstance(answer, LeaseGrantResponse), f"{answer} answers a grant"
        return answer

    @serves
    async def lease_revoke(self, request: LeaseRevoke) -> LeaseRevokeResponse:
        """End a lease, and delete its keys."""
        answer = await self.write(request)
        assert isinstance(answer, LeaseRevokeResponse), f"{answer} answers a revocation"
        return answer

    @serves
    async def lease_keep_alive(self, request: LeaseKeepAlive) -> LeaseKeepAliveResponse:
        """Give a lease all of its time again."""
        return await self.parts.leases.keep_alive(request)

    @serves
    async def lease_time_to_live(self, request: LeaseTimeToLive) -> LeaseTimeToLiveResponse:
        """Tell how long a lease has left."""
        return await self.parts.leases.time_to_live(request)

    @serves
    async def lease_leases(self, _request: LeaseLeases) -> LeaseLeasesResponse:
        """Tell which leases there are."""
        await self.parts.driver.read_barrier()
        store = self.store
        ids = tuple([lease.id for lease in store.lessor])
        return LeaseLeasesResponse(store.header(store.mvcc.revision), ids)

    def _free_lease(self) -> int:
        """Choose a name that no lease has; keyed by where the log is, so that it is repeatable."""
        raft = self.parts.driver.raft
        chance = self.random("lease", raft.term, raft.log.last_index, self._next_grant())
        while True:
            name = 1 + chance.below(1 << _LEASE_BITS)
            if name not in self.store.lessor:
                return name

    _grants = 0

    def _next_grant(self) -> int:
        self._grants += 1
        return self._grants
