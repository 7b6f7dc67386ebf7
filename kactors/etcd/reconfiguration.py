"""Changes of the cluster's members, as its leader carries them out.

A member is added as a learner and promoted when it has caught up: Raft's core refuses voters that
do not know the configuration in which they learned (`kactors.raft.membership`). So a `MemberAdd`
that asks for a voter adds a learner as well; the answer says so, and `MemberPromote` does the rest.

Source: ``server/etcdserver/server.go`` of etcd, AddMember to UpdateMember.
"""

from collections.abc import Awaitable, Callable

from kactors.etcd.applier import MemberAction, MemberChange, MemberUpdated, Outcome
from kactors.etcd.client_errors import BadUrl
from kactors.etcd.config import member_id
from kactors.etcd.driver import Driver
from kactors.etcd.errors import (
    BadMemberUrls,
    EtcdError,
    LearnerNotReady,
    NotEnoughStarted,
    TooManyRequests,
    UnhealthyCluster,
)
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.membership import Membership
from kactors.etcd.messages.cluster import (
    Member,
    MemberAdd,
    MemberAddResponse,
    MemberPromote,
    MemberRemove,
    MembersResponse,
    MemberUpdate,
)
from kactors.raft.configuration import Action, ConfChange
from kactors.raft.configuration import MemberChange as RaftChange
from kactors.raft.errors import ConfChangeRefused, ConfRefusal
from kactors.wire import encode

#: A learner is promoted when it has at least nine tenths of the leader's log, as with etcd.
_CAUGHT_UP = (9, 10)

Enter = Callable[[MemberUpdated], Awaitable[Outcome]]
"""Enters something into the log and returns its answer."""


class Reconfiguration:
    """Changes the members of the cluster that a driver leads.

    Args:
        driver: of this member.
        enter: enters an update into the log.
        token: the cluster's.
        learners_max: how many learners there may be.
    """

    def __init__(self, driver: Driver, enter: Enter, *, token: str, learners_max: int) -> None:
        self._driver = driver
        self._enter = enter
        self._token = token
        self._learners_max = learners_max

    async def add(self, request: MemberAdd) -> MemberAddResponse:
        """Add a learner."""
        self._check_leads()
        _check_urls(request.peer_urls)
        raft = self._driver.raft
        salt = (str(raft.term), str(raft.log.last_index))
        number = member_id(self._token, request.peer_urls[0], *salt)
        name = MemberUrl.parse(request.peer_urls[0]).host
        member = Member(number, name, request.peer_urls, is_learner=True)
        self._membership.check_add(member, learners_max=self._learners_max)
        answer = await self._change(Action.ADD_LEARNER, MemberAction.ADD, member)
        return MemberAddResponse(answer.header, member, answer.members)

    async def remove(self, request: MemberRemove) -> MembersResponse:
        """Remove a member for ever."""
        self._check_leads()
        self._membership.check_remove(request.id)
        self._check_enough_left(request.id)
        member = self._existing(request.id)
        return await self._change(Action.REMOVE, MemberAction.REMOVE, member)

    async def promote(self, request: MemberPromote) -> MembersResponse:
        """Let a learner vote."""
        self._check_leads()
        self._membership.check_promote(request.id)
        raft = self._driver.raft
        progress = raft.progress.get(request.id)
        share, whole = _CAUGHT_UP
        if progress is None or progress.match_index * whole < raft.log.last_index * share:
            raise LearnerNotReady
        member = self._existing(request.id)
        return await self._change(Action.ADD_VOTER, MemberAction.PROMOTE, member)

    async def update(self, request: MemberUpdate) -> MembersResponse:
        """Change where a member is."""
        self._check_leads()
        self._membership.check_update(request.id, request.peer_urls)
        _check_urls(request.peer_urls)
        before = self._existing(request.id)
        name = MemberUrl.parse(request.peer_urls[0]).host
        updated = Member(before.id, name, request.peer_urls, before.client_urls, before.is_learner)
        answer = await self._enter(MemberUpdated(updated))
        assert isinstance(answer, MembersResponse), f"{answer} answers an update"
        return answer

    @property
    def _membership(self) -> Membership:
        return self._driver.applier.store.membership

    def _existing(self, number: int) -> Member:
        member = self._membership.get(number)
        assert member is not None, f"member {number} was checked to be there"
        return member

    def _check_leads(self) -> None:
        if not self._driver.leads():
            raise self._driver.not_leader()

    def _check_enough_left(self, leaving: int) -> None:
        """Refuse a removal after which the voters that answer are no majority.

        Raises:
            NotEnoughStarted: they would not be.
        """
        raft = self._driver.raft
        left = [voter for voter in raft.membership.active.voters if voter != leaving]
        active = [
            voter
            for voter in left
            if voter == raft.member
            or raft.now - raft.progress[voter].active_tick < raft.config.election_ticks
        ]
        if len(active) < len(left) // 2 + 1:
            raise NotEnoughStarted

    async def _change(
        self, action: Action, meaning: MemberAction, member: Member
    ) -> MembersResponse:
        change = ConfChange(
            (RaftChange(action, member.id),), context=encode(MemberChange(meaning, member))
        )
        try:
            answer = await self._driver.change_configuration(change)
        except ConfChangeRefused as refused:
            raise _refusal(refused.reason) from refused
        assert isinstance(answer, MembersResponse), f"{answer} answers a change of members"
        return answer


def _refusal(reason: ConfRefusal) -> EtcdError:
    match reason:
        case ConfRefusal.NOT_CAUGHT_UP:
            return LearnerNotReady()
        case ConfRefusal.NO_VOTERS:
            return NotEnoughStarted()
        case ConfRefusal.TERM_NOT_COMMITTED:
            return UnhealthyCluster()
        case _:
            return TooManyRequests()


def _check_urls(urls: tuple[str, ...]) -> None:
    """Refuse addresses at which nobody could find the member.

    Raises:
        BadMemberUrls: there is none, or one cannot be read.
    """
    try:
        hosts = [MemberUrl.parse(url) for url in urls]
    except BadUrl as problem:
        raise BadMemberUrls from problem
    if not hosts:
        raise BadMemberUrls
