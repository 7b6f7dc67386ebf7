"""What an administrator does to the members of etcd, as values: ``etcdctl member``.

A member that has lost its disk has no vote any more. Who wants it back removes it and adds it
anew, at the same place, before it is started with an empty disk; then it is a learner, and votes
once it has been promoted.
"""

from abc import ABC, abstractmethod
from typing import TypeAlias

import attrs

from kactors.etcd.client import EtcdClient
from kactors.etcd.errors import MemberNotFound, MemberNotLearner, PeerUrlExists
from kactors.etcd.member_url import MemberUrl
from kactors.etcd.messages.cluster import Member
from kactors.scenario.steps import ScriptStep, Step

__all__ = ["AddMember", "AnyStep", "EtcdStep", "PromoteMember", "RemoveMember"]


@attrs.frozen(repr=False, kw_only=True)
class EtcdStep(ScriptStep, ABC):
    """Something that an administrator does with etcd, past the apiservers."""

    @abstractmethod
    async def perform(self, etcd: EtcdClient) -> None:
        """Do it. Raises: what the client raises."""


AnyStep: TypeAlias = Step | EtcdStep
"""What a script consists of."""


@attrs.frozen(repr=False)
class _OfMember(EtcdStep):
    """A step that concerns the member on one master."""

    host: str

    async def _found(self, etcd: EtcdClient) -> Member | None:
        """Return the member at this place, whatever its ID is now."""
        for member in await etcd.members():
            hosts = [MemberUrl.parse(url).address.host for url in member.peer_urls]
            if self.host in hosts:
                return member
        return None


@attrs.frozen(repr=False)
class RemoveMember(_OfMember):
    """``etcdctl member remove``: it is no member any more, nor will one of its ID ever be."""

    async def perform(self, etcd: EtcdClient) -> None:
        """Remove it, unless it is gone."""
        member = await self._found(etcd)
        if member is None:
            return
        try:
            await etcd.member_remove(member.id)
        except MemberNotFound:
            return


@attrs.frozen(repr=False)
class AddMember(_OfMember):
    """``etcdctl member add --learner``: a new one, to be started with an empty disk."""

    async def perform(self, etcd: EtcdClient) -> None:
        """Add it, unless there is one."""
        try:
            await etcd.member_add(str(MemberUrl(self.host)))
        except PeerUrlExists:
            return


@attrs.frozen(repr=False)
class PromoteMember(_OfMember):
    """``etcdctl member promote``: it votes, as soon as it has caught up."""

    async def perform(self, etcd: EtcdClient) -> None:
        """Promote it, unless it votes.

        Raises:
            LearnerNotReady: it has not caught up.
            MemberNotFound: there is no member at this place.
        """
        member = await self._found(etcd)
        if member is None:
            raise MemberNotFound
        try:
            await etcd.member_promote(member.id)
        except MemberNotLearner:
            return
