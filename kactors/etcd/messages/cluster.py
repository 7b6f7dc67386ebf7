"""Membership: who belongs to the cluster."""

from kactors.actors.request import Request
from kactors.etcd.messages.kv import Header
from kactors.wire import message


@message("etcd.member")
class Member:
    """One member.

    Attributes:
        id: never used again once the member is removed.
        name: what people call it; empty until it has started.
        peer_urls: where other members reach it.
        client_urls: where clients reach it; empty until it has started.
        is_learner: it receives the log and does not vote.
    """

    id: int
    name: str = ""
    peer_urls: tuple[str, ...] = ()
    client_urls: tuple[str, ...] = ()
    is_learner: bool = False


@message("etcd.member_add")
class MemberAdd(Request["MemberAddResponse"]):
    """Add a member, which is started afterwards."""

    peer_urls: tuple[str, ...]
    is_learner: bool = False


@message("etcd.member_add_response")
class MemberAddResponse:
    """The member that was added, and all members with it."""

    header: Header
    member: Member
    members: tuple[Member, ...]


@message("etcd.member_remove")
class MemberRemove(Request["MembersResponse"]):
    """Remove a member for ever."""

    id: int


@message("etcd.member_update")
class MemberUpdate(Request["MembersResponse"]):
    """Change where other members reach a member."""

    id: int
    peer_urls: tuple[str, ...]


@message("etcd.member_promote")
class MemberPromote(Request["MembersResponse"]):
    """Let a learner vote, once it has caught up."""

    id: int


@message("etcd.members_response")
class MembersResponse:
    """All members after the change."""

    header: Header
    members: tuple[Member, ...]


@message("etcd.member_list")
class MemberList(Request["MemberListResponse"]):
    """Ask for all members; from the member's own knowledge unless ``linearizable``."""

    linearizable: bool = True


@message("etcd.member_list_response")
class MemberListResponse:
    """All members."""

    header: Header
    members: tuple[Member, ...]
