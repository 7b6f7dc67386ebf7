"""Who belongs to the cluster: what is refused, and what is certain."""

import pytest

from kactors.etcd.errors import (
    BadMemberUrls,
    EtcdError,
    MemberExists,
    MemberNotFound,
    MemberNotLearner,
    PeerUrlExists,
    TooManyLearners,
)
from kactors.etcd.membership import Membership
from kactors.etcd.messages import Member

ONE = Member(1, "one", ("http://a:2380",), ("http://a:2379",))
LEARNER = Member(2, "", ("http://b:2380",), is_learner=True)


def cluster() -> Membership:
    """A voter, a learner, and a former member."""
    members = Membership([ONE])
    members.put(LEARNER)
    members.put(Member(3))
    members.remove(3)
    return members


@pytest.mark.parametrize(
    ("member", "error"),
    [
        (Member(1, "", ("http://c:1",)), MemberExists),
        (Member(3, "", ("http://c:1",)), MemberNotFound),
        (Member(4, "", ("http://a:2380",)), PeerUrlExists),
        (Member(4), BadMemberUrls),
        (Member(4, "", ("c",)), BadMemberUrls),
        (Member(4, "", ("http://",)), BadMemberUrls),
        (Member(4, "", ("http://c c:1",)), BadMemberUrls),
        (Member(4, "", ("http://c:1",), is_learner=True), TooManyLearners),
    ],
)
def test_a_member_that_cannot_be_added(member: Member, error: type[EtcdError]) -> None:
    """Its ID or address is taken or was removed, or there are learners enough."""
    with pytest.raises(error):
        cluster().check_add(member)


def test_a_member_that_can_be_added() -> None:
    """As a voter, or as a learner where more are allowed."""
    cluster().check_add(Member(4, "", ("http://c:1",)))
    cluster().check_add(Member(4, "", ("http://c:1",), is_learner=True), learners_max=2)


def test_addresses_are_checked_against_the_others() -> None:
    """A member may keep its own."""
    members = cluster()

    members.check_update(1, ("http://a:2380", "http://aa:2380"))
    with pytest.raises(PeerUrlExists):
        members.check_update(1, ("http://b:2380",))
    with pytest.raises(MemberNotFound):
        members.check_update(3, ("http://c:1",))


def test_only_learners_are_promoted() -> None:
    """Then they are learners no more."""
    members = cluster()

    members.check_promote(2)
    with pytest.raises(MemberNotLearner):
        members.check_promote(1)
    members.promote(2)
    members.promote(9)

    promoted = members.get(2)
    assert promoted is not None
    assert not promoted.is_learner
    assert promoted.peer_urls == LEARNER.peer_urls


def test_a_removed_member_stays_removed() -> None:
    """Late news of it do not bring it back."""
    members = cluster()

    members.check_remove(1)
    members.remove(1)
    members.put(ONE)

    with pytest.raises(MemberNotFound):
        members.check_remove(1)
    assert [member.id for member in members.members] == [2]
    assert members.removed == (1, 3)
