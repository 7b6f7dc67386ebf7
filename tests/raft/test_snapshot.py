"""Snapshots in chunks: what leaves, what is taken, and what an interruption costs."""

from typing import Any

import pytest

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    ChunkRequest,
    Configuration,
    Heartbeat,
    HeartbeatReply,
    Incoming,
    InstallSnapshot,
    InstallSnapshotReply,
    Message,
    SnapshotMetadata,
)
from kactors.raft.progress import ProgressState
from tests.raft.solo import THREE, Solo, append, member

#: 20 bytes in chunks of 8.
_DATA = b"alpha\0beta\0gamma\0del"
_SNAPSHOT = SnapshotMetadata(9, 2, Configuration((1, 2, 3), (4,)), len(_DATA), 7)


def chunk(offset: int, *, size: int = 8, term: int = 3) -> InstallSnapshot:
    """Return the chunk of `_SNAPSHOT` at ``offset``."""
    end = min(offset + size, len(_DATA))
    return InstallSnapshot(term, _SNAPSHOT, offset, _DATA[offset:end], end == len(_DATA))


def leader(**knobs: Any) -> Solo:
    """Return a leader of term 2 that has applied x, y and z and compacted its log to 5."""
    one = member(**{"snapshot_chunk_bytes": 2, "snapshot_window": 2, **knobs}).lead_and_commit()
    one.raft.propose_many([b"x", b"y", b"z"])
    one.sent()
    one.acknowledge(5, 2)
    one.make_snapshot()
    one.raft.progress[3].become_probe()
    assert one.disk.log.first_index == 6
    assert one.disk.log.snapshot.size_bytes == 5
    return one


def needing(**knobs: Any) -> Solo:
    """Return such a leader when it has learned that member 3 needs a snapshot."""
    one = leader(**knobs)
    one.raft.progress[3].restart(6)
    one.sent()
    one.step(AppendEntriesReply(2, success=False, index=5), 3)
    return one


def chunks_in(sent: list[tuple[int, Message]]) -> list[tuple[int, bytes, bool]]:
    """Return the offset, the data and the end mark of all chunks sent to member 3."""
    return [
        (message.offset, message.data, message.done)
        for to, message in sent
        if to == 3 and isinstance(message, InstallSnapshot)
    ]


def test_a_member_whose_entries_are_compacted_gets_a_snapshot() -> None:
    """As many chunks as the window allows."""
    one = leader()
    one.raft.progress[3].restart(6)
    one.sent()

    sent = one.step(AppendEntriesReply(2, success=False, index=5), 3)

    assert chunks_in(sent) == [(0, b"x\0", False), (2, b"y\0", False)]
    assert one.raft.progress[3].state is ProgressState.SNAPSHOT


def test_an_acknowledged_chunk_lets_the_next_one_go() -> None:
    """The last one says that it is."""
    one = needing()

    sent = one.step(InstallSnapshotReply(2, 5, 0, 2, accepted=True), 3)

    assert chunks_in(sent) == [(4, b"z", True)]


def test_after_the_snapshot_entries_follow() -> None:
    """When the member has acknowledged it as installed."""
    one = needing()

    one.raft.propose(b"more")
    sent = one.acknowledge(5, 3)

    assert one.raft.progress[3].state is ProgressState.REPLICATE
    appends = [message for to, message in sent if to == 3]
    assert [type(message) for message in appends] == [AppendEntries]


def test_chunks_are_sent_again_if_nothing_was_acknowledged_between_two_heartbeats() -> None:
    """And not earlier: they may be under way."""
    one = needing()

    first = one.step(HeartbeatReply(2, 1), 3)
    second = one.step(HeartbeatReply(2, 2), 3)

    assert chunks_in(first) == []
    assert [offset for offset, _, _ in chunks_in(second)] == [0, 2]


def test_a_receiver_that_lost_its_file_gets_everything_again() -> None:
    """It refuses the chunk that should have fitted and says what it wants."""
    one = needing()
    one.step(InstallSnapshotReply(2, 5, 0, 2, accepted=True), 3)

    sent = one.step(InstallSnapshotReply(2, 5, 2, 0, accepted=False), 3)

    assert [offset for offset, _, _ in chunks_in(sent)] == [0, 2]


def test_old_refusals_do_not_rewind() -> None:
    """Only one that contradicts what was acknowledged does."""
    one = needing()
    one.step(InstallSnapshotReply(2, 5, 0, 2, accepted=True), 3)
    one.step(InstallSnapshotReply(2, 5, 2, 4, accepted=True), 3)

    assert chunks_in(one.step(InstallSnapshotReply(2, 5, 2, 0, accepted=False), 3)) == []
    assert chunks_in(one.step(InstallSnapshotReply(2, 4, 4, 0, accepted=False), 3)) == []
    assert chunks_in(one.step(InstallSnapshotReply(2, 5, 4, 0, accepted=False), 9)) == []


def test_a_transfer_goes_on_where_the_receiver_is() -> None:
    """Another leader began it."""
    one = needing()

    sent = one.step(InstallSnapshotReply(2, 5, 0, 4, accepted=False), 3)

    assert chunks_in(sent) == [(4, b"z", True)]


def test_a_snapshot_that_is_gone_is_replaced_by_a_newer_one() -> None:
    """The driver may delete what it needs no more."""
    one = needing()
    request = ChunkRequest(3, one.disk.log.snapshot, 0, 2)
    one.raft.propose(b"w")
    one.sent()
    one.acknowledge(6, 2)
    one.make_snapshot()

    one.raft.chunk_unavailable(request)
    assert one.raft.progress[3].state is ProgressState.PROBE
    sent = one.step(HeartbeatReply(2, 1), 3)

    assert chunks_in(sent)[0][0] == 0
    transfer = one.raft.progress[3].transfer
    assert transfer is not None
    assert transfer.snapshot.index == 6


def test_chunks_that_nobody_wants_any_more_are_not_sent() -> None:
    """The member caught up, or was removed, while the driver read."""
    one = needing()
    request = ChunkRequest(3, one.disk.log.snapshot, 0, 2)
    one.acknowledge(5, 3)

    one.raft.send_chunk(request, b"x\0")
    one.raft.chunk_unavailable(request)
    one.raft.send_chunk(ChunkRequest(9, one.disk.log.snapshot, 0, 2), b"x\0")

    assert one.sent() == []
    assert one.raft.progress[3].state is ProgressState.REPLICATE


def test_a_driver_must_deliver_the_whole_chunk() -> None:
    """A short one would end the file too early."""
    one = needing()
    request = ChunkRequest(3, one.disk.log.snapshot, 0, 2)

    with pytest.raises(AssertionError, match=r"bytes \[0, 2\) of the snapshot of 5 were asked"):
        one.raft.send_chunk(request, b"x")


def test_no_snapshot_is_sent_to_a_member_that_is_silent() -> None:
    """It would only fill the network."""
    one = leader(election_ticks=5)
    one.tick(4)
    one.answer_heartbeats(2)
    one.tick(1)
    one.raft.progress[3].restart(1)

    assert chunks_in(one.sent()) == []
    assert one.raft.progress[3].state is ProgressState.PROBE


def test_a_silent_member_whose_entries_are_compacted_is_probed() -> None:
    """Until it answers and can be sent a snapshot."""
    one = leader(election_ticks=5)
    one.tick(4)
    one.answer_heartbeats(2)
    one.tick(1)
    one.raft.progress[3].become_replicate()

    sent = one.sent()

    assert chunks_in(sent) == []
    assert one.raft.progress[3].state is ProgressState.PROBE
    assert chunks_in(one.answer_heartbeats(3)) != []


def test_a_receiver_takes_the_chunks_in_order_and_installs_the_whole() -> None:
    """It acknowledges when the snapshot is durable."""
    one = member(2)

    answers = [message for offset in (0, 8, 16) for _, message in one.step(chunk(offset))]

    assert answers == [
        InstallSnapshotReply(3, 9, 0, 8, accepted=True),
        InstallSnapshotReply(3, 9, 8, 16, accepted=True),
        AppendEntriesReply(3, success=True, index=9),
    ]
    assert one.applied == _DATA.split(b"\0")
    assert one.disk.log.snapshot == _SNAPSHOT
    assert one.raft.membership.active == _SNAPSHOT.configuration
    status = one.raft.status()
    assert (status.first_index, status.last_index, status.commit_index) == (10, 9, 9)


def test_a_chunk_out_of_order_is_refused() -> None:
    """The answer says which one is wanted."""
    one = member()
    one.step(chunk(0))

    sent = one.step(chunk(16))

    assert sent == [(2, InstallSnapshotReply(3, 9, 16, 8, accepted=False))]


def test_another_snapshot_begins_anew() -> None:
    """Bytes of different snapshots are never mixed."""
    one = member()
    one.step(chunk(0))
    other = SnapshotMetadata(10, 2, THREE, 4)

    sent = one.step(InstallSnapshot(3, other, 0, b"abcd", done=True))

    assert sent == [(2, AppendEntriesReply(3, success=True, index=10))]
    assert one.applied == [b"abcd"]


def test_a_transfer_survives_a_change_of_leadership() -> None:
    """Equal metadata are equal bytes."""
    one = member()
    one.step(chunk(0), 2)
    one.step(Heartbeat(4, 1, 1), 3)

    sent = one.step(chunk(8, term=4), 3)

    assert sent == [(3, InstallSnapshotReply(4, 9, 8, 16, accepted=True))]


def test_a_durable_part_survives_a_restart() -> None:
    """If the driver kept it."""
    partial = Incoming(_SNAPSHOT, 8)
    one = member()
    one.raft.incoming = partial

    sent = one.step(chunk(0))

    assert sent == [(2, InstallSnapshotReply(3, 9, 0, 8, accepted=False))]


def test_a_snapshot_of_what_is_committed_is_not_needed() -> None:
    """The leader is told how far we are."""
    one = member(*[2] * 9, commit_index=10)

    sent = one.step(chunk(0))

    assert sent == [(2, AppendEntriesReply(3, success=True, index=10))]
    assert len(one.terms) == 9


def test_a_snapshot_that_the_log_contains_leaves_the_log() -> None:
    """What goes beyond it was acknowledged and must not be dropped."""
    one = member(*[2] * 11)

    sent = one.step(chunk(0))

    assert sent == [(2, AppendEntriesReply(3, success=True, index=9))]
    assert one.raft.log.commit_index == 9
    assert len(one.terms) == 11


def test_nothing_is_applied_between_a_snapshot_and_its_durability() -> None:
    """The state machine is about to be replaced."""
    one = member()
    for offset in (0, 8, 16):
        one.raft.step(chunk(offset), 2)
    one.raft.step(append(3, (9, 2), 3, commit_index=10), 2)

    first = one.take()
    second = one.take()

    assert first is not None
    assert first.snapshot == _SNAPSHOT
    assert first.committed == ()
    assert second is None
    one.settle()
    assert [entry.index for entry in one.applied_entries] == [10]


def test_a_member_with_a_snapshot_under_way_does_not_campaign() -> None:
    """Its log is not there yet."""
    one = member(pre_vote=False)
    for offset in (0, 8, 16):
        one.raft.step(chunk(offset), 2)

    one.raft.campaign()

    assert one.raft.term == 3


def test_a_driver_asks_for_the_metadata_of_its_own_snapshots() -> None:
    """With the configuration of the index, not of now."""
    one = member(configuration=THREE).lead_and_commit()

    made = one.raft.snapshot_metadata(2, size_bytes=5, checksum=9)

    assert made == SnapshotMetadata(2, 2, THREE, 5, 9)
    with pytest.raises(AssertionError, match="a snapshot at 3 was asked for, 2 is applied"):
        one.raft.snapshot_metadata(3)


def test_a_snapshot_that_a_leaders_overtook_is_of_no_use() -> None:
    """The log does not reach back to it any more."""
    one = member(2, commit_index=2)
    for offset in (0, 8, 16):
        one.raft.step(chunk(offset), 2)

    assert one.raft.snapshot_metadata(2) is None
