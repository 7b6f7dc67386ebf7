"""What a leader knows of one member: how far it has come and what is on its way.

A member is in one of three states:

* *probe*: where the logs meet is a guess; one message per heartbeat interval.
* *replicate*: the logs met; messages are pipelined, bounded by `Inflights`.
* *snapshot*: the entries it needs are compacted; nothing but chunks is sent.

Source: the idea and the states are etcd/raft's ``tracker`` package.
"""

from collections import deque
from enum import Enum

from kactors.raft.messages import SnapshotMetadata

__all__ = ["Inflights", "Progress", "ProgressState", "SnapshotTransfer"]


class ProgressState(Enum):
    """How the leader talks to the member."""

    PROBE = "probe"
    REPLICATE = "replicate"
    SNAPSHOT = "snapshot"


class Inflights:
    """The window of appends that were sent and not acknowledged yet.

    Attributes:
        bytes: the sum of what is in flight.
    """

    __slots__ = ("_window", "bytes", "bytes_max", "count_max")

    def __init__(self, *, count_max: int, bytes_max: int) -> None:
        self.count_max = count_max
        self.bytes_max = bytes_max
        self.bytes = 0
        #: (last index of a message, its bytes), in ascending order.
        self._window: deque[tuple[int, int]] = deque()

    def __len__(self) -> int:
        return len(self._window)

    @property
    def full(self) -> bool:
        """Whether nothing more may be sent now."""
        return len(self._window) >= self.count_max or self.bytes >= self.bytes_max

    def add(self, last_index: int, size_bytes: int) -> None:
        """Note a message whose last entry is ``last_index``."""
        self._window.append((last_index, size_bytes))
        self.bytes += size_bytes

    def free_to(self, index: int) -> None:
        """Forget the messages that an acknowledgement of ``index`` covers."""
        window = self._window
        while window and window[0][0] <= index:
            self.bytes -= window.popleft()[1]

    def clear(self) -> None:
        """Forget everything: what was in flight will be sent again or not at all."""
        self._window.clear()
        self.bytes = 0


class SnapshotTransfer:
    """The leader's side of a snapshot on its way to one member.

    Attributes:
        snapshot: what is sent.
        acked: bytes that the member holds, as far as the leader knows.
        next_offset: the chunk to ask the driver for next; chunks in
            ``[acked, next_offset)`` are on their way.
        stalled_at: ``acked`` at the previous nudge; no progress since means loss.
    """

    __slots__ = ("acked", "next_offset", "snapshot", "stalled_at")

    def __init__(self, snapshot: SnapshotMetadata) -> None:
        self.snapshot = snapshot
        self.acked = 0
        self.next_offset = 0
        self.stalled_at = -1

    def rewind(self, offset: int) -> None:
        """Send again from ``offset`` on."""
        self.acked = offset
        self.next_offset = offset
        self.stalled_at = -1


class Progress:
    """One member as its leader sees it.

    Attributes:
        match_index: the logs are known to be equal up to here.
        next_index: the next entry to send. Invariant: ``match_index < next_index``.
        state: how to talk to the member.
        paused: a message was sent, and none but entries goes before an answer.
        sent_commit: the highest commit index that is on its way, capped at what the
            member may have: ``sent_commit < next_index``.
        active_tick: the leader's tick at the member's last message.
        acked_round: the last heartbeat round it answered.
        recovering: not 0 while the member counts in no quorum.
        inflights: what is on its way in state *replicate*.
        transfer: the snapshot on its way in state *snapshot*.
    """

    __slots__ = (
        "acked_round",
        "active_tick",
        "inflights",
        "match_index",
        "next_index",
        "paused",
        "recovering",
        "sent_commit",
        "state",
        "transfer",
    )

    def __init__(self, *, next_index: int, inflights: Inflights, now: int) -> None:
        self.match_index = 0
        self.next_index = next_index
        self.state = ProgressState.PROBE
        self.paused = False
        self.sent_commit = 0
        self.active_tick = now
        self.acked_round = 0
        self.recovering = 0
        self.inflights = inflights
        self.transfer: SnapshotTransfer | None = None

    def _enter(self, state: ProgressState) -> None:
        self.state = state
        self.paused = False
        self.transfer = None
        self.inflights.clear()

    def become_probe(self, next_index: int | None = None) -> None:
        """Guess again where the logs meet, from ``next_index`` or after what is known."""
        self._enter(ProgressState.PROBE)
        self.next_index = max(next_index or 0, self.match_index + 1)
        self.sent_commit = min(self.sent_commit, self.next_index - 1)

    def become_replicate(self) -> None:
        """Send entries as they come."""
        self._enter(ProgressState.REPLICATE)
        self.next_index = self.match_index + 1
        self.sent_commit = min(self.sent_commit, self.match_index)

    def become_snapshot(self, snapshot: SnapshotMetadata) -> None:
        """Send nothing but ``snapshot``."""
        self._enter(ProgressState.SNAPSHOT)
        self.transfer = SnapshotTransfer(snapshot)

    def restart(self, next_index: int) -> None:
        """Forget what the member acknowledged: its disk did, too."""
        self.match_index = 0
        self.become_probe(next_index)

    def acknowledge(self, index: int) -> bool:
        """Take in that the member has everything up to ``index``; False if that is old."""
        if index <= self.match_index:
            return False
        self.match_index = index
        self.next_index = max(self.next_index, index + 1)
        return True

    def back_off(self, rejected: int, hint: int) -> bool:
        """Take in that the entry ``rejected`` did not fit; False if that is old.

        Args:
            rejected: the ``prev_log_index`` that was refused.
            hint: the largest index at which the logs may meet.
        """
        if self.state is ProgressState.REPLICATE:
            if rejected <= self.match_index:
                return False
            self.become_probe()
            return True
        # A prober has one guess on its way: an answer to another one is old.
        if rejected != self.next_index - 1:
            return False
        self.next_index = max(min(rejected, hint + 1), self.match_index + 1)
        self.sent_commit = min(self.sent_commit, self.next_index - 1)
        self.paused = False
        return True

    def note_sent(self, count: int, size_bytes: int, commit_index: int) -> None:
        """Take in that an append with ``count`` entries left for the member."""
        if count and self.state is ProgressState.REPLICATE:
            self.next_index += count
            self.inflights.add(self.next_index - 1, size_bytes)
        self.paused = True
        self.note_commit_sent(commit_index)

    def note_commit_sent(self, commit_index: int) -> None:
        """Take in that the member was told a commit index."""
        self.sent_commit = min(max(self.sent_commit, commit_index), self.next_index - 1)

    def may_send_entries(self, last_index: int) -> bool:
        """Answer whether there is an entry to send and flow control lets it pass."""
        return self.next_index <= last_index and (
            self.state is ProgressState.PROBE or not self.inflights.full
        )

    def should_send(self, last_index: int, commit_index: int) -> bool:
        """Answer whether an append, with or without entries, should leave now.

        An empty one carries a newer commit index, or asks a silent member again: if all
        that was in flight is lost, only that reveals it.
        """
        if self.state is ProgressState.REPLICATE:
            if self.sent_commit < min(commit_index, self.next_index - 1):
                return True
            return self.match_index < last_index and (
                not self.paused or self.may_send_entries(last_index)
            )
        return self.state is ProgressState.PROBE and not self.paused

    def __str__(self) -> str:
        text = f"{self.state.value} match={self.match_index} next={self.next_index}"
        if self.recovering:
            text += " recovering"
        if self.paused and self.state is ProgressState.PROBE:
            text += " paused"
        if self.inflights:
            text += f" inflight={len(self.inflights)}"
        if self.inflights.full:
            text += " full"
        if self.transfer is not None:
            text += f" snapshot={self.transfer.snapshot.index} acked={self.transfer.acked}"
        return text
