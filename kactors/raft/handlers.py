"""Who handles what: the total table of roles and messages.

Handlers stand by chapter; this table is their specification. It is a plain dictionary, and
each decision of the protocol is a small function found through its module when it is
called, so that a test can put another in its place.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from kactors.raft import election, read_index, replication, snapshot, transfer
from kactors.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    InstallSnapshotReply,
    Message,
    PreVote,
    PreVoteReply,
    Propose,
    ReadIndex,
    ReadIndexReply,
    RequestVote,
    RequestVoteReply,
    TimeoutNow,
    TransferLeadership,
)
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

__all__ = ["HANDLERS", "Handler", "ignore", "impossible"]


def ignore(raft: "Raft", message: Any, sender: int) -> None:
    """The message comes late or twice and means nothing in this role."""


def impossible(raft: "Raft", message: Any, sender: int) -> None:
    """The pair would mean that a safety property of Raft is already broken."""
    raise AssertionError(
        f"member {raft.member}, {raft.role.value} of term {raft.term}, got {message} "
        f"from member {sender}: two members lead one term"
    )


Handler: TypeAlias = Callable[["Raft", Any, int], None]

#: The order of the columns below.
_COLUMNS: Final = (Role.FOLLOWER, Role.PRE_CANDIDATE, Role.CANDIDATE, Role.LEADER)

_vote, _pre_vote = election.on_request_vote, election.on_pre_vote
_count, _pre_count = election.on_request_vote_reply, election.on_pre_vote_reply
_append, _appended = replication.on_append_entries, replication.on_append_entries_reply
_beat, _beaten = replication.on_heartbeat, replication.on_heartbeat_reply
_chunk, _chunked = snapshot.on_install_snapshot, snapshot.on_install_snapshot_reply
_now, _hand_over = transfer.on_timeout_now, transfer.on_transfer_leadership
_propose = replication.on_propose
_ask, _answer = read_index.on_read_index, read_index.on_read_index_reply
_never = impossible

#: Late answers to a campaign or to a leadership that ended meanwhile in the same term are
#: ignored; a second leader of the term is impossible.
_TABLE: Final[dict[type[Message], tuple[Handler, Handler, Handler, Handler]]] = {
    #                     follower   pre-candidate  candidate  leader
    RequestVote:          (_vote,    _vote,         _vote,     _vote),
    RequestVoteReply:     (ignore,   ignore,        _count,    ignore),
    PreVote:              (_pre_vote, _pre_vote,    _pre_vote, _pre_vote),
    PreVoteReply:         (ignore,   _pre_count,    ignore,    ignore),
    AppendEntries:        (_append,  _append,       _append,   _never),
    AppendEntriesReply:   (ignore,   ignore,        ignore,    _appended),
    Heartbeat:            (_beat,    _beat,         _beat,     _never),
    HeartbeatReply:       (ignore,   ignore,        ignore,    _beaten),
    InstallSnapshot:      (_chunk,   _chunk,        _chunk,    _never),
    InstallSnapshotReply: (ignore,   ignore,        ignore,    _chunked),
    TimeoutNow:           (_now,     ignore,        ignore,    _never),
    TransferLeadership:   (ignore,   ignore,        ignore,    _hand_over),
    Propose:              (ignore,   ignore,        ignore,    _propose),
    ReadIndex:            (ignore,   ignore,        ignore,    _ask),
    ReadIndexReply:       (_answer,  ignore,        ignore,    ignore),
}  # fmt: skip

#: (role, message type) -> handler. Total: `tests/raft/test_table.py`.
HANDLERS: Final[dict[tuple[Role, type[Message]], Handler]] = {
    (role, kind): handler
    for kind, row in _TABLE.items()
    for role, handler in zip(_COLUMNS, row, strict=True)
}
