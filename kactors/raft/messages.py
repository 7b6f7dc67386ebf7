"""What members say to each other, in the paper's words; one class per message.

Every message carries the sender's ``term`` first. The sender itself is not in the
message: the transport knows it, and `Raft.step` takes it as an argument.

Indexes are 1-based; index 0 with term 0 is the position before the first entry.
"""

from typing import TypeAlias

from kactors.raft.configuration import ConfChange, Configuration
from kactors.wire import message

__all__ = [
    "AppendEntries",
    "AppendEntriesReply",
    "Entry",
    "Heartbeat",
    "HeartbeatReply",
    "InstallSnapshot",
    "InstallSnapshotReply",
    "Message",
    "PreVote",
    "PreVoteReply",
    "Propose",
    "ReadIndex",
    "ReadIndexReply",
    "RequestVote",
    "RequestVoteReply",
    "SnapshotMetadata",
    "TimeoutNow",
    "TransferLeadership",
    "entry_bytes",
]

#: What an entry costs on the wire beyond its data, roughly; used by byte limits.
ENTRY_OVERHEAD_BYTES = 16


@message("raft.entry")
class Entry:
    """One position of the log.

    Exactly one of three kinds: a command (``data``), a change of the configuration
    (``change``), or neither: the empty entry with which a leader opens its term.
    """

    index: int
    term: int
    data: bytes = b""
    change: ConfChange | None = None


def entry_bytes(entry: Entry) -> int:
    """Return the size that byte limits count for ``entry``."""
    return len(entry.data) + ENTRY_OVERHEAD_BYTES


@message("raft.snapshot_metadata")
class SnapshotMetadata:
    """What a snapshot replaces: the log up to ``index``, and the configuration there.

    Two snapshots with equal metadata must consist of the same bytes: a transfer that
    was interrupted goes on with another sender. ``checksum`` is for that; its meaning
    belongs to the driver.
    """

    index: int
    term: int
    configuration: Configuration
    size_bytes: int = 0
    checksum: int = 0


@message("raft.request_vote")
class RequestVote:
    """A candidate asks for a vote in ``term`` (paper, section 5.2).

    All four messages of an election say what their sender knows to be committed: a voter
    that does not know the latest configuration learns it so (`election.learn_commit`).

    Attributes:
        commit_index, commit_term: an entry that is committed.
        transfer: the leader itself asked for this election, so members do not protect it
            (thesis, section 4.2.3).
    """

    term: int
    last_log_index: int
    last_log_term: int
    commit_index: int
    commit_term: int
    transfer: bool = False


@message("raft.request_vote_reply")
class RequestVoteReply:
    """A vote, granted or not."""

    term: int
    granted: bool
    commit_index: int
    commit_term: int


@message("raft.pre_vote")
class PreVote:
    """Would I get a vote? ``term`` is the one that the asker *would* open (thesis, 9.6).

    It changes nobody's term.
    """

    term: int
    last_log_index: int
    last_log_term: int
    commit_index: int
    commit_term: int


@message("raft.pre_vote_reply")
class PreVoteReply:
    """An opinion on a `PreVote` for ``campaign_term``; it binds nobody."""

    term: int
    campaign_term: int
    granted: bool
    commit_index: int
    commit_term: int


@message("raft.append_entries")
class AppendEntries:
    """The leader replicates ``entries`` after ``prev_log_index`` (paper, section 5.3)."""

    term: int
    prev_log_index: int
    prev_log_term: int
    entries: tuple[Entry, ...]
    leader_commit: int


@message("raft.append_entries_reply")
class AppendEntriesReply:
    """What became of an `AppendEntries`, or of an installed snapshot.

    Attributes:
        index: if ``success``, the log equals the leader's up to here, durably; else the
            ``prev_log_index`` that did not fit.
        hint_index: if not ``success``, where the logs may meet: the largest index whose
            term, ``hint_term``, is not above the one asked for; ``hint_term`` 0 is unknown.
        recovering: not 0 while the member is in no quorum, see `kactors.raft.recovery`.
    """

    term: int
    success: bool
    index: int
    hint_index: int = 0
    hint_term: int = 0
    recovering: int = 0


@message("raft.heartbeat")
class Heartbeat:
    """The leader is there; ``round`` is used once per broadcast and never again in a term."""

    term: int
    commit_index: int
    round: int


@message("raft.heartbeat_reply")
class HeartbeatReply:
    """The member still followed ``term`` after that round was sent."""

    term: int
    round: int
    recovering: int = 0


@message("raft.install_snapshot")
class InstallSnapshot:
    """One chunk of a snapshot (paper, section 7; thesis, section 5.3)."""

    term: int
    snapshot: SnapshotMetadata
    offset: int
    data: bytes
    done: bool


@message("raft.install_snapshot_reply")
class InstallSnapshotReply:
    """Where the receiver of a chunk stands.

    Attributes:
        index: the snapshot's.
        chunk_offset: the chunk that this answers.
        offset: the chunk wanted next; all before it is held.
        accepted: whether the chunk was the wanted one.
    """

    term: int
    index: int
    chunk_offset: int
    offset: int
    accepted: bool


@message("raft.timeout_now")
class TimeoutNow:
    """The leader asks an up-to-date member to campaign at once (thesis, section 3.10)."""

    term: int


@message("raft.transfer_leadership")
class TransferLeadership:
    """A follower passes on the wish that ``to`` should lead."""

    term: int
    to: int


@message("raft.propose")
class Propose:
    """A follower passes on proposals; what the leader cannot take is lost, not answered."""

    term: int
    proposals: tuple[bytes, ...]


@message("raft.read_index")
class ReadIndex:
    """A member asks from which index on a read is linearizable (thesis, section 6.4).

    ``request`` is never used twice, not even by another incarnation of the asker.
    """

    term: int
    request: int


@message("raft.read_index_reply")
class ReadIndexReply:
    """Whoever has applied ``index`` may answer the read."""

    term: int
    request: int
    index: int


Message: TypeAlias = (
    RequestVote
    | RequestVoteReply
    | PreVote
    | PreVoteReply
    | AppendEntries
    | AppendEntriesReply
    | Heartbeat
    | HeartbeatReply
    | InstallSnapshot
    | InstallSnapshotReply
    | TimeoutNow
    | TransferLeadership
    | Propose
    | ReadIndex
    | ReadIndexReply
)
