"""Snapshots, in chunks, from where the last one was interrupted.

The core moves metadata, offsets and chunks; the bytes belong to the driver: a leader's
driver answers each `ChunkRequest` with `Raft.send_chunk`, a receiver's driver writes each
`Chunk` to a pending file, which ``Ready.snapshot`` declares complete.

Chunks are sent in a window and acknowledged cumulatively; a receiver takes only the one it
wants next and says which that is. Equal metadata mean equal bytes, so a transfer
goes on where it was even if the leader restarted or another leads now.

Source: paper, section 7; thesis, section 5.3.
"""

from typing import TYPE_CHECKING

import attrs

from kactors.raft import election, membership, recovery, replication
from kactors.raft.messages import (
    InstallSnapshot,
    InstallSnapshotReply,
    SnapshotMetadata,
)
from kactors.raft.progress import Progress, ProgressState, SnapshotTransfer
from kactors.raft.ready import Chunk, ChunkRequest

if TYPE_CHECKING:
    from kactors.raft.core import Raft


@attrs.define
class Incoming:
    """The receiver's side of a transfer: all bytes before ``offset`` are held."""

    snapshot: SnapshotMetadata
    offset: int = 0


# Sending


def begin(raft: "Raft", progress: Progress) -> None:
    """Begin to send the latest snapshot to a member that is alive."""
    latest = raft.storage.snapshot
    if is_active(raft, progress) and latest.index >= raft.log.first_index - 1 > 0:
        progress.become_snapshot(latest)
        return
    if progress.state is not ProgressState.PROBE:
        progress.become_probe()
    progress.paused = True


def is_active(raft: "Raft", progress: Progress) -> bool:
    """Answer whether the member was heard from within an election timeout."""
    return raft.now - progress.active_tick < raft.config.election_ticks


def request_chunks(raft: "Raft", to: int, progress: Progress) -> None:
    """Ask the driver for as many chunks as the window allows."""
    transfer = progress.transfer
    assert transfer is not None, f"member {to} needs a snapshot that nobody chose"
    size = raft.config.snapshot_chunk_bytes
    while has_more(transfer) and has_room(raft, transfer):
        raft.outbox.chunk_requests.append(
            ChunkRequest(to, transfer.snapshot, transfer.next_offset, size)
        )
        transfer.next_offset += size


def has_more(transfer: SnapshotTransfer) -> bool:
    """Answer whether there is a chunk that is not on its way; an empty snapshot has one."""
    return transfer.next_offset < max(1, transfer.snapshot.size_bytes)


def has_room(raft: "Raft", transfer: SnapshotTransfer) -> bool:
    """Answer whether the window allows another chunk."""
    window_bytes = raft.config.snapshot_window * raft.config.snapshot_chunk_bytes
    return transfer.next_offset - transfer.acked < window_bytes


def send_chunk(raft: "Raft", request: ChunkRequest, data: bytes) -> None:
    """Send what the driver read, if it is still wanted."""
    transfer = wanted_by(raft, request)
    if transfer is None:
        return
    end = min(request.offset + request.size_bytes, transfer.snapshot.size_bytes)
    assert len(data) == end - request.offset, (
        f"bytes [{request.offset}, {end}) of the snapshot of {transfer.snapshot.index} "
        f"were asked for, {len(data)} bytes came"
    )
    done = end == transfer.snapshot.size_bytes
    raft.send(request.to, InstallSnapshot(raft.term, request.snapshot, request.offset, data, done))


def wanted_by(raft: "Raft", request: ChunkRequest) -> SnapshotTransfer | None:
    """Return the transfer that ``request`` belongs to, if it still goes on."""
    progress = raft.progress.get(request.to)
    if progress is None or progress.transfer is None:
        return None
    return progress.transfer if progress.transfer.snapshot == request.snapshot else None


def give_up(raft: "Raft", request: ChunkRequest) -> None:
    """Start over: the driver does not have those bytes any more."""
    if wanted_by(raft, request) is not None:
        progress = raft.progress[request.to]
        progress.become_probe()
        progress.paused = True


def nudge(progress: Progress) -> None:
    """Send again if nothing was acknowledged since the last nudge."""
    transfer = progress.transfer
    assert transfer is not None, "a member in state snapshot has no transfer"
    if transfer.stalled_at == transfer.acked:
        transfer.rewind(transfer.acked)
    else:
        transfer.stalled_at = transfer.acked


def is_overtaken(progress: Progress) -> bool:
    """Answer whether the member has what is being sent, and needs a later snapshot."""
    transfer = progress.transfer
    return transfer is not None and progress.match_index >= transfer.snapshot.index


def on_install_snapshot_reply(raft: "Raft", message: InstallSnapshotReply, sender: int) -> None:
    """Move the window on, or back to what the receiver wants."""
    progress = raft.progress.get(sender)
    if progress is None:
        return
    progress.active_tick = raft.now
    transfer = progress.transfer
    if transfer is None or transfer.snapshot.index != message.index:
        return
    if message.offset > transfer.acked:
        transfer.acked = message.offset
        transfer.next_offset = max(transfer.next_offset, message.offset)
    elif not message.accepted and message.chunk_offset == transfer.acked:
        # It refused the very chunk that should have fitted: it lost what it had.
        transfer.rewind(message.offset)


# Receiving


def on_install_snapshot(raft: "Raft", message: InstallSnapshot, sender: int) -> None:
    """Take a chunk, or tell the leader that none is needed."""
    election.follow(raft, sender)
    snapshot = message.snapshot
    if is_covered(raft, snapshot):
        if snapshot.index > raft.log.commit_index:
            replication.commit_to(raft, snapshot.index)
        raft.incoming = None
        replication.acknowledge(raft, sender, raft.log.commit_index)
        return
    incoming = receiving(raft, snapshot)
    if is_whole(incoming):
        # A crash came between the last chunk and the installation: no chunk is wanted any more.
        install(raft, snapshot, sender)
        return
    accepted = message.offset == incoming.offset
    if accepted:
        raft.outbox.chunks.append(Chunk(snapshot, message.offset, message.data))
        incoming.offset += len(message.data)
        if message.done:
            install(raft, snapshot, sender)
            return
    raft.send(
        sender,
        InstallSnapshotReply(raft.term, snapshot.index, message.offset, incoming.offset, accepted),
    )


def is_covered(raft: "Raft", snapshot: SnapshotMetadata) -> bool:
    """Answer whether our log holds all that ``snapshot`` would bring.

    Then the log must stay: it may go on beyond the snapshot, with entries that we have
    acknowledged.
    """
    return snapshot.index <= raft.log.commit_index or raft.log.matches(
        snapshot.index, snapshot.term
    )


def receiving(raft: "Raft", snapshot: SnapshotMetadata) -> Incoming:
    """Return the transfer that ``snapshot`` belongs to, a new one if it is another."""
    if raft.incoming is None or raft.incoming.snapshot != snapshot:
        raft.incoming = Incoming(snapshot)
    return raft.incoming


def is_whole(incoming: Incoming) -> bool:
    """Answer whether all bytes are held; of an empty snapshot one chunk must come."""
    return incoming.offset >= incoming.snapshot.size_bytes > 0


def install(raft: "Raft", snapshot: SnapshotMetadata, leader: int) -> None:
    """Let a complete snapshot replace the log; acknowledge it when it is durable."""
    raft.incoming = None
    raft.log.restore(snapshot)
    membership.restore(raft, snapshot.index, snapshot.configuration)
    recovery.consider(raft)
    replication.acknowledge(raft, leader, snapshot.index)
