"""The contract with the driver: what is owed, in which order, and what a crash may take."""

import pytest

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    HardState,
    Heartbeat,
    HeartbeatReply,
    InstallSnapshotReply,
    Message,
    PreVote,
    PreVoteReply,
    ReadIndex,
    Ready,
    RequestVote,
    RequestVoteReply,
    Role,
    SoftState,
    TimeoutNow,
)
from tests.raft.solo import THREE, Solo, append, entries, member

#: Messages that promise something about the sender's disk.
_PROMISES = (RequestVote, RequestVoteReply, AppendEntriesReply)


def take(one: Solo) -> Ready:
    """Take what is owed; there must be something."""
    ready = one.raft.ready()
    assert ready is not None
    return ready


def test_nothing_owed_is_none() -> None:
    """The driver may sleep."""
    one = member()

    assert one.raft.ready() is None
    one.raft.tick()
    assert one.raft.ready() is None


def test_the_first_ready_tells_the_configuration() -> None:
    """The driver learns whom it will talk to."""
    one = member()
    one.start()

    assert take(one).configuration == THREE
    assert one.raft.ready() is None


def test_what_was_handed_over_is_not_owed_again() -> None:
    """Also while it is not durable."""
    one = member()
    one.raft.step(append(2, (1, 1), 2), 2)

    first = take(one)

    assert first.entries == entries(2)
    assert one.raft.ready() is None


def test_the_core_steps_on_while_writes_are_under_way() -> None:
    """Each `Ready` holds what is new, and their numbers rise."""
    one = member()
    one.raft.step(append(2, (1, 1), 2), 2)
    first = take(one)
    one.raft.step(append(2, (2, 2), 2), 2)
    second = take(one)

    assert second.number == first.number + 1
    assert [entry.index for entry in second.entries] == [3]
    assert second.messages == ((2, AppendEntriesReply(2, True, 3)),)


@pytest.mark.parametrize(
    ("message", "must_sync"),
    [
        (append(1, (2, 1), 1), True),
        (RequestVote(2, 9, 9, 1, 1), True),
        (append(1, (2, 1), commit_index=2), False),
        (PreVote(9, 9, 9, 1, 1), False),
    ],
)
def test_only_what_must_not_be_forgotten_is_synced(message: Message, must_sync: bool) -> None:
    """A commit index alone may be lost; others know it."""
    one = member(1)

    one.raft.step(message, 2)

    assert take(one).must_sync is must_sync


def test_a_commit_index_is_written_with_the_entries_that_need_it() -> None:
    """In the same `Ready` as a change that follows another, see `membership`."""
    one = member(1)

    one.raft.step(append(1, (2, 1), 1, commit_index=2), 2)
    ready = take(one)

    assert ready.hard_state == HardState(1, None, 2)
    assert [entry.index for entry in ready.entries] == [3]


def test_soft_state_is_told_when_it_changes() -> None:
    """Role and leader."""
    one = member()

    one.raft.step(Heartbeat(2, 1, 1), 3)
    changed = take(one)
    one.raft.step(Heartbeat(2, 1, 2), 3)
    same = take(one)

    assert changed.soft_state == SoftState(Role.FOLLOWER, 3)
    assert same.soft_state is None


def test_promises_wait_for_the_disk_and_other_messages_do_not() -> None:
    """Every message that this member can send is on the right side."""
    one = member(pre_vote=True)
    seen: dict[type[Message], set[str]] = {}

    def note(ready: Ready | None) -> None:
        while ready is not None:
            for where, sent in (("now", ready.messages_now), ("after", ready.messages)):
                for _, message in sent:
                    seen.setdefault(type(message), set()).add(where)
            one.raft.advance(ready)
            one.disk.log.save(ready)
            ready = one.raft.ready()

    for message in (
        Heartbeat(2, 1, 1),
        append(2, (1, 1), 2),
        append(1, (1, 1), 2),
        RequestVote(2, 1, 1, 1, 1),
        PreVote(3, 1, 1, 1, 1),
    ):
        one.raft.step(message, 3)
        note(one.raft.ready())
    one.raft.read_index("r")
    one.raft.propose(b"x")
    note(one.raft.ready())
    one.raft.step(TimeoutNow(2), 3)
    note(one.raft.ready())
    one.raft.campaign()
    note(one.raft.ready())

    assert seen[PreVoteReply] == seen[HeartbeatReply] == seen[ReadIndex] == {"now"}
    assert {kind for kind, where in seen.items() if "after" in where} == set(_PROMISES)
    assert all(seen[kind] == {"after"} for kind in _PROMISES)


def test_a_leaders_messages_promise_nothing() -> None:
    """It need not wait for its own disk."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.raft.read_index("r")
    one.raft.transfer_leadership(3)

    ready = take(one)

    assert {type(message) for _, message in ready.messages_now} == {
        AppendEntries,
        Heartbeat,
    }
    assert ready.messages == ()


def test_chunk_answers_promise_nothing_until_the_snapshot_is_whole() -> None:
    """A lost part is sent again."""
    assert not issubclass(InstallSnapshotReply, _PROMISES)


def test_advance_is_persisted_and_applied() -> None:
    """For drivers that finish one `Ready` before the next."""
    one = member(configuration=Configuration((1,)))
    one.lead()
    one.raft.propose(b"x")
    write = take(one)
    one.disk.log.save(write)

    one.raft.advance(write)
    apply = take(one)
    one.disk.log.save(apply)
    one.raft.advance(apply)

    assert [entry.data for entry in apply.committed] == [b"x"]
    assert one.raft.log.applied_index == 3
    assert not apply.must_sync
    assert apply.writes
    assert one.raft.ready() is None


def test_acknowledging_twice_or_late_is_harmless() -> None:
    """Reports may be merged."""
    one = member()
    one.raft.step(append(2, (1, 1), 2), 2)
    first = take(one)
    one.raft.step(append(2, (2, 2), 2), 2)
    second = take(one)
    for ready in (first, second):
        one.disk.log.save(ready)

    one.raft.persisted(second.number)
    one.raft.persisted(first.number)
    one.raft.persisted(second.number)

    assert one.raft.log.durable_index == 3
