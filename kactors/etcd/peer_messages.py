"""What members say to each other, besides what clients may say as well."""

from kactors.actors.request import Request
from kactors.etcd.messages.cluster import Member, MembersResponse
from kactors.raft.messages import Message
from kactors.wire import message


@message("etcd.peer")
class PeerMessages:
    """Messages of Raft that one member sends to another at one time.

    Who is meant stands in it: a member that was removed and added again has another ID at the
    same place, and must not hear what was meant for the former one.
    """

    cluster_id: int
    sender: int
    target: int
    messages: tuple[Message, ...]


@message("etcd.publish")
class Publish(Request[MembersResponse]):
    """Let everybody know what a member that has started is called, and where clients find it."""

    member: Member


@message("etcd.started")
class Started:
    """What is known of a member: that it has started once, or nothing."""

    started: bool


@message("etcd.has_started")
class HasStarted(Request[Started]):
    """Ask, as a member with an empty disk, whether others have ever seen it at work."""

    member_id: int
