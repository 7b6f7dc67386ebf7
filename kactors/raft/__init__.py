"""Raft without I/O: events in, one `Ready` out.

What may live here: the consensus protocol and nothing else. No clock, no chance of its own,
no disk, no network, no state machine. Start reading with `kactors.raft.ready`, the contract
with the driver; then `kactors.raft.core`.
"""

from kactors.raft.config import Chance, Config, ReadMode, Rng
from kactors.raft.configuration import (
    Action,
    ConfChange,
    Configuration,
    MemberChange,
    Transition,
)
from kactors.raft.core import Raft
from kactors.raft.errors import (
    ConfChangeRefused,
    ConfRefusal,
    DropReason,
    InvalidConfig,
    LogLost,
    NotLeader,
    ProposalDropped,
    RaftError,
    ReadDropped,
    StorageLost,
    TransferRefused,
)
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
    SnapshotMetadata,
    TimeoutNow,
    TransferLeadership,
)
from kactors.raft.ready import Chunk, ChunkRequest, HardState, ReadState, Ready, SoftState
from kactors.raft.role import Role
from kactors.raft.snapshot import Incoming
from kactors.raft.status import MemberProgress, Status
from kactors.raft.storage import LogStorage, MemoryLog
from kactors.raft.trace import Observer, TraceEvent

__all__ = [
    "Action",
    "AppendEntries",
    "AppendEntriesReply",
    "Chance",
    "Chunk",
    "ChunkRequest",
    "ConfChange",
    "ConfChangeRefused",
    "ConfRefusal",
    "Config",
    "Configuration",
    "DropReason",
    "Entry",
    "HardState",
    "Heartbeat",
    "HeartbeatReply",
    "Incoming",
    "InstallSnapshot",
    "InstallSnapshotReply",
    "InvalidConfig",
    "LogLost",
    "LogStorage",
    "MemberChange",
    "MemberProgress",
    "MemoryLog",
    "Message",
    "NotLeader",
    "Observer",
    "PreVote",
    "PreVoteReply",
    "ProposalDropped",
    "Propose",
    "Raft",
    "RaftError",
    "ReadDropped",
    "ReadIndex",
    "ReadIndexReply",
    "ReadMode",
    "ReadState",
    "Ready",
    "RequestVote",
    "RequestVoteReply",
    "Rng",
    "Role",
    "SnapshotMetadata",
    "SoftState",
    "Status",
    "StorageLost",
    "TimeoutNow",
    "TraceEvent",
    "TransferLeadership",
    "TransferRefused",
    "Transition",
]
