"""Who belongs to the cluster, as the replicated state knows it.

Which members vote is Raft's business; what people and clients need to know of them is here: names
and addresses, and which IDs were removed and must never come back.

Source: ``server/etcdserver/api/membership/cluster.go`` of etcd.
"""

from collections.abc import Iterable

from kactors.etcd.errors import (
    BadMemberUrls,
    EtcdError,
    MemberExists,
    MemberNotFound,
    MemberNotLearner,
    PeerUrlExists,
    TooManyLearners,
)
from kactors.etcd.messages.cluster import Member

#: etcd's own default.
DEFAULT_LEARNERS_MAX = 1


class Membership:
    """The members of a cluster. Checks raise before anything is proposed; changes are certain."""

    def __init__(self, members: Iterable[Member] = (), removed: Iterable[int] = ()) -> None:
        self._members = {member.id: member for member in members}
        self._removed = dict.fromkeys(removed)

    @property
    def members(self) -> tuple[Member, ...]:
        """All members, by their IDs."""
        return tuple([self._members[name] for name in sorted(self._members)])

    @property
    def removed(self) -> tuple[int, ...]:
        """The IDs of former members, sorted."""
        return tuple(sorted(self._removed))

    def get(self, member: int) -> Member | None:
        """Return a member; None if there is no such member."""
        return self._members.get(member)

    # Checks -----------------------------------------------------------------------------------

    def check_add(self, member: Member, *, learners_max: int = DEFAULT_LEARNERS_MAX) -> None:
        """Refuse a member that cannot be added.

        Raises:
            MemberNotFound: its ID was removed once.
            MemberExists, PeerUrlExists: its ID or an address is taken.
            BadMemberUrls: it has no address, or what is none.
            TooManyLearners: it would be one learner too many.
        """
        learners = sum(other.is_learner for other in self._members.values())
        problem: EtcdError | None = self._problem_of_urls(member.id, member.peer_urls)
        if member.id in self._removed:
            problem = MemberNotFound()
        elif member.id in self._members:
            problem = MemberExists()
        elif problem is None and member.is_learner and learners >= learners_max:
            problem = TooManyLearners()
        if problem is not None:
            raise problem

    def check_update(self, member: int, peer_urls: tuple[str, ...]) -> None:
        """Refuse addresses that a member cannot have.

        Raises:
            MemberNotFound: there is no such member.
            PeerUrlExists, BadMemberUrls: as `check_add`.
        """
        self._existing(member)
        problem = self._problem_of_urls(member, peer_urls)
        if problem is not None:
            raise problem

    def check_remove(self, member: int) -> None:
        """Refuse to remove a member that is not there.

        Raises:
            MemberNotFound: it is not.
        """
        self._existing(member)

    def check_promote(self, member: int) -> None:
        """Refuse to promote what is no learner.

        Raises:
            MemberNotFound: there is no such member.
            MemberNotLearner: it votes already.
        """
        if not self._existing(member).is_learner:
            raise MemberNotLearner

    # Changes ----------------------------------------------------------------------------------

    def put(self, member: Member) -> None:
        """Add a member, or replace what is known of it; a removed one stays removed."""
        if member.id not in self._removed:
            self._members[member.id] = member

    def remove(self, member: int) -> None:
        """Remove a member for ever."""
        self._members.pop(member, None)
        self._removed[member] = None

    def promote(self, member: int) -> None:
        """Let a learner be a voting member."""
        before = self._members.get(member)
        if before is not None:
            self._members[member] = Member(
                before.id, before.name, before.peer_urls, before.client_urls, is_learner=False
            )

    def _existing(self, member: int) -> Member:
        found = self._members.get(member)
        if found is None:
            raise MemberNotFound
        return found

    def _problem_of_urls(self, member: int, peer_urls: tuple[str, ...]) -> EtcdError | None:
        if not peer_urls or not all(map(_is_url, peer_urls)):
            return BadMemberUrls()
        others = (other for other in self._members.values() if other.id != member)
        taken = {url for other in others for url in other.peer_urls}
        return PeerUrlExists() if any(url in taken for url in peer_urls) else None


def _is_url(text: str) -> bool:
    scheme, separator, rest = text.partition("://")
    return bool(scheme and separator and rest.rpartition(":")[2]) and " " not in text
