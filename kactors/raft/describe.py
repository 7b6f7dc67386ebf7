"""Messages as text, short enough to read hundreds of them."""

from collections.abc import Callable
from typing import Any, Final

from kactors.raft.configuration import ConfChange
from kactors.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    Entry,
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

__all__ = ["describe", "describe_change", "describe_entry"]

_DATA_SHOWN = 24


def describe(message: Message) -> str:
    """Return ``message`` in one line: its class, its term, and what matters of the rest.

    Positions in a log are written ``index/term``.
    """
    kind = type(message)
    return f"{kind.__name__} term={message.term} {_DETAILS[kind](message)}".rstrip()


def describe_entry(entry: Entry) -> str:
    """Return ``entry`` as ``index/term`` and what it holds."""
    position = f"{entry.index}/{entry.term}"
    if entry.change is not None:
        return f"{position} {describe_change(entry.change)}"
    if not entry.data:
        return position
    data = entry.data[:_DATA_SHOWN].decode(errors="backslashreplace")
    return f"{position} {data}{'...' if len(entry.data) > _DATA_SHOWN else ''}"


def describe_change(change: ConfChange) -> str:
    """Return ``change`` as the operations it consists of."""
    if change.leaves_joint:
        return "leave-joint"
    parts = [
        f"{each.action.name.lower().replace('_', '-')}({each.member})" for each in change.changes
    ]
    return " ".join((*parts, change.transition.name.lower()))


def _log_end(message: RequestVote | PreVote) -> str:
    last = f"last={message.last_log_index}/{message.last_log_term}"
    return f"{last} commit={message.commit_index}/{message.commit_term}"


def _request_vote(message: RequestVote) -> str:
    return _log_end(message) + (" transfer" if message.transfer else "")


def _request_vote_reply(message: RequestVoteReply) -> str:
    return _verdict(message)


def _pre_vote_reply(message: PreVoteReply) -> str:
    return f"for={message.campaign_term} {_verdict(message)}"


def _verdict(message: RequestVoteReply | PreVoteReply) -> str:
    verdict = "granted" if message.granted else "refused"
    return f"{verdict} commit={message.commit_index}/{message.commit_term}"


def _append_entries(message: AppendEntries) -> str:
    entries = ", ".join(map(describe_entry, message.entries))
    position = f"prev={message.prev_log_index}/{message.prev_log_term}"
    return f"{position} commit={message.leader_commit} [{entries}]"


def _append_entries_reply(message: AppendEntriesReply) -> str:
    if message.success:
        return f"match={message.index}" + _recovering(message.recovering)
    hint = f"refused={message.index} hint={message.hint_index}/{message.hint_term}"
    return hint + _recovering(message.recovering)


def _heartbeat(message: Heartbeat) -> str:
    return f"commit={message.commit_index} round={message.round}"


def _heartbeat_reply(message: HeartbeatReply) -> str:
    return f"round={message.round}" + _recovering(message.recovering)


def _install_snapshot(message: InstallSnapshot) -> str:
    snapshot, end = message.snapshot, message.offset + len(message.data)
    what = f"snapshot={snapshot.index}/{snapshot.term} bytes=[{message.offset}, {end})"
    return what + (" done" if message.done else "")


def _install_snapshot_reply(message: InstallSnapshotReply) -> str:
    verdict = "accepted" if message.accepted else "refused"
    return f"snapshot={message.index} chunk={message.chunk_offset} {verdict} want={message.offset}"


def _recovering(boot: int) -> str:
    return " recovering" if boot else ""


_DETAILS: Final[dict[type[Message], Callable[[Any], str]]] = {
    RequestVote: _request_vote,
    RequestVoteReply: _request_vote_reply,
    PreVote: _log_end,
    PreVoteReply: _pre_vote_reply,
    AppendEntries: _append_entries,
    AppendEntriesReply: _append_entries_reply,
    Heartbeat: _heartbeat,
    HeartbeatReply: _heartbeat_reply,
    InstallSnapshot: _install_snapshot,
    InstallSnapshotReply: _install_snapshot_reply,
    TimeoutNow: lambda _: "",
    TransferLeadership: lambda message: f"to={message.to}",
    Propose: lambda message: f"count={len(message.proposals)}",
    ReadIndex: lambda message: f"request={message.request}",
    ReadIndexReply: lambda message: f"request={message.request} index={message.index}",
}
