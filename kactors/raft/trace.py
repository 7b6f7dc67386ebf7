"""What a member does, in the vocabulary of etcd/raft's TLA+ trace specification.

`Raft` calls an observer, if it has one, with a `TraceEvent` for each step that the
specification knows. `ndjson` writes such an event as a line that ``Traceetcdraft.tla``
reads; lines of all members go to one file in the order in which they happened.

The specification knows neither pre-vote nor joint configurations nor chunks: a
pre-candidate appears as the follower it still is, and of a snapshot only the last chunk
appears. Traces to be validated are recorded with ``pre_vote`` off and simple changes.

Source: ``state_trace.go`` and ``tla/Traceetcdraft.tla`` of etcd-io/raft.
"""

import json
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import attrs

from kactors.raft.configuration import Action, ConfChange, Configuration
from kactors.raft.messages import (
    AppendEntries,
    AppendEntriesReply,
    Entry,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshot,
    Message,
    RequestVote,
    RequestVoteReply,
)
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

__all__ = ["Observer", "TraceEvent", "ndjson"]


@attrs.frozen
class TraceEvent:
    """One step of one member, and its state around it.

    Attributes:
        name: as in the specification, for instance ``BecomeLeader``.
        message, source, target: for the events that send and receive.
        details: what the specification calls ``prop``.
    """

    name: str
    member: int
    role: Role
    term: int
    vote: int | None
    commit_index: int
    last_index: int
    configuration: Configuration
    message: Message | None = None
    source: int = 0
    target: int = 0
    details: dict[str, Any] | None = None


Observer: TypeAlias = Callable[[TraceEvent], None]

_ROLES: Final = {
    Role.FOLLOWER: "StateFollower",
    Role.PRE_CANDIDATE: "StateFollower",
    Role.CANDIDATE: "StateCandidate",
    Role.LEADER: "StateLeader",
}
_BECAME: Final = {
    Role.FOLLOWER: "BecomeFollower",
    Role.CANDIDATE: "BecomeCandidate",
    Role.LEADER: "BecomeLeader",
}
#: Message type -> (upstream's name of it, what the specification sends or receives).
_TRACED: Final[dict[type[Message], tuple[str, str]]] = {
    RequestVote: ("MsgVote", "RequestVoteRequest"),
    RequestVoteReply: ("MsgVoteResp", "RequestVoteResponse"),
    AppendEntries: ("MsgApp", "AppendEntriesRequest"),
    Heartbeat: ("MsgHeartbeat", "AppendEntriesRequest"),
    InstallSnapshot: ("MsgSnap", "AppendEntriesRequest"),
    AppendEntriesReply: ("MsgAppResp", "AppendEntriesResponse"),
    HeartbeatReply: ("MsgHeartbeatResp", "AppendEntriesResponse"),
}
_ACTIONS: Final = {
    Action.ADD_VOTER: "AddNewServer",
    Action.ADD_LEARNER: "AddLearner",
    Action.REMOVE: "RemoveServer",
}


# Called by the core


def emit(
    raft: "Raft",
    name: str,
    message: Message | None = None,
    *,
    source: int = 0,
    target: int = 0,
    details: dict[str, Any] | None = None,
) -> None:
    """Show the observer one step."""
    assert raft.observe is not None, f"{name} has no observer: ask before emitting"
    raft.observe(
        TraceEvent(
            name=name,
            member=raft.member,
            role=raft.role,
            term=raft.term,
            vote=raft.vote,
            commit_index=raft.log.commit_index,
            last_index=raft.log.last_index,
            configuration=raft.membership.active,
            message=message,
            source=source,
            target=target,
            details=details,
        )
    )


def init_state(raft: "Raft") -> None:
    """A member starts."""
    emit(raft, "InitState")


def became(raft: "Raft") -> None:
    """A member took a role."""
    emit(raft, _BECAME[raft.role])


def ready(raft: "Raft") -> None:
    """A `Ready` was handed over."""
    emit(raft, "Ready")


def committed(raft: "Raft") -> None:
    """A leader's commit index rose."""
    emit(raft, "Commit")


def replicating(raft: "Raft", entries: Sequence[Entry]) -> None:
    """A leader is about to append; changes are announced by `changing`."""
    for entry in entries:
        if entry.change is None:
            emit(raft, "Replicate")


def changing(raft: "Raft", change: ConfChange) -> None:
    """A leader is about to append a change of the configuration."""
    changes = [
        {"nid": str(each.member), "action": _ACTIONS[each.action]} for each in change.changes
    ]
    emit(raft, "ChangeConf", details={"cc": {"changes": changes}})


def conf_applied(raft: "Raft", configuration: Configuration) -> None:
    """A configuration is about to take effect."""
    voters = {"newconf": [str(voter) for voter in configuration.voters]}
    emit(raft, "ApplyConfChange", details={"cc": voters})


def sent(raft: "Raft", to: int, message: Message) -> None:
    """A message is on its way; in the specification a leader answers itself, too."""
    if is_traced(message):
        details = None
        if isinstance(message, AppendEntries) and to in raft.progress:
            progress = raft.progress[to]
            details = {"match": progress.match_index, "next": progress.next_index}
        name = "Send" + _TRACED[type(message)][1]
        emit(raft, name, message, source=raft.member, target=to, details=details)


def received(raft: "Raft", message: Message, sender: int) -> None:
    """A message came and is not handled yet."""
    if is_traced(message):
        name = "Receive" + _TRACED[type(message)][1]
        emit(raft, name, message, source=sender, target=raft.member)


def is_traced(message: Message) -> bool:
    """Answer whether the specification knows of such a message."""
    if isinstance(message, InstallSnapshot):
        return message.done
    return type(message) in _TRACED


# As JSON


def ndjson(event: TraceEvent) -> str:
    """Return ``event`` as one line of JSON, without the line's end."""
    body: dict[str, Any] = {
        "name": event.name,
        "nid": str(event.member),
        "state": {
            "term": event.term,
            "vote": str(event.vote or 0),
            "commit": event.commit_index,
        },
        "role": _ROLES[event.role],
        "log": event.last_index,
        "conf": [
            [str(voter) for voter in event.configuration.voters],
            [str(voter) for voter in event.configuration.outgoing],
        ],
    }
    if event.message is not None:
        body["msg"] = _described(event.message, event.source, event.target)
    if event.details is not None:
        body["prop"] = event.details
    return json.dumps({"tag": "trace", "event": body}, separators=(",", ":"))


def _described(message: Message, source: int, target: int) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "type": _TRACED[type(message)][0],
        "term": message.term,
        "from": str(source),
        "to": str(target),
        "entries": 0,
        "logTerm": 0,
        "index": 0,
        "commit": 0,
        "vote": "0",
        "reject": False,
        "rejectHint": 0,
    }
    match message:
        case RequestVote(last_log_index=index, last_log_term=log_term):
            fields.update(index=index, logTerm=log_term)
        case RequestVoteReply(granted=granted):
            fields.update(reject=not granted)
        case AppendEntries():
            # The specification caps the commit index at what is sent, as its receiver does.
            last_index = message.prev_log_index + len(message.entries)
            fields.update(
                index=message.prev_log_index,
                logTerm=message.prev_log_term,
                entries=len(message.entries),
                commit=min(message.leader_commit, last_index),
            )
        case AppendEntriesReply():
            fields.update(
                index=message.index,
                logTerm=message.hint_term,
                reject=not message.success,
                rejectHint=message.hint_index,
            )
        case Heartbeat(commit_index=commit_index):
            fields.update(commit=commit_index)
        case InstallSnapshot(snapshot=snapshot):
            fields.update(entries=snapshot.index)
        case _:
            pass
    return fields
