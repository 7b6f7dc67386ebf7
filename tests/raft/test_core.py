"""Starting, restarting, and what a member shows of itself."""

import pytest

from kactors.raft import HardState, Role, election
from tests.raft.solo import THREE, Solo, append, member


def test_a_member_starts_with_what_its_storage_holds() -> None:
    """Term, vote, log and commit index."""
    one = member(2, 3, term=5, vote=3, commit_index=2)

    status = one.raft.status()

    assert (status.role, status.term, status.vote, status.leader) == (Role.FOLLOWER, 5, 3, None)
    assert (status.first_index, status.last_index, status.durable_index) == (2, 3, 3)
    assert (status.commit_index, status.applied_index) == (2, 2)
    assert status.configuration == THREE
    assert status.progress == {}


def test_a_restart_applies_what_is_committed_after_the_snapshot() -> None:
    """The state machine is rebuilt."""
    one = member(2, 2, 2, commit_index=4)

    assert [entry.index for entry in one.applied_entries] == [2, 3, 4]


def test_a_state_machine_that_kept_its_state_is_not_given_it_again() -> None:
    """Exactly once, if it tells what it has applied."""
    log = member(2, 2, 2, commit_index=4).disk.log
    one = Solo(log, {})

    again = type(one.raft)(one.raft.config, log, applied_index=3)
    ready = again.ready()

    assert ready is not None
    assert [entry.index for entry in ready.committed] == [4]


def test_what_was_applied_is_committed_whatever_the_hard_state_says() -> None:
    """It may not have been written."""
    log = member(2, 2, 2).disk.log
    one = Solo(log, {})

    again = type(one.raft)(one.raft.config, log, applied_index=3)

    assert again.log.commit_index == 3


def test_a_hard_state_may_speak_of_entries_that_were_not_written() -> None:
    """It is written first; a crash may have come between."""
    log = member(2).disk.log
    log.hard_state = HardState(2, None, 9)

    one = Solo(log, {})

    assert one.raft.log.commit_index == 2


def test_unwritten_entries_are_gone_after_a_crash() -> None:
    """And were never acknowledged."""
    one = member()
    one.raft.step(append(2, (1, 1), 2, 2), 2)
    ready = one.raft.ready()

    one.start()

    assert ready is not None
    assert one.terms == []
    assert one.raft.term == 1


def test_a_leader_shows_the_progress_of_its_members() -> None:
    """Its own included."""
    one = member().lead_and_commit()
    one.raft.propose(b"12345")
    one.sent()

    progress = one.raft.status().progress

    assert set(progress) == {1, 2, 3}
    assert (progress[2].state, progress[2].match_index, progress[2].next_index) == (
        "replicate",
        2,
        4,
    )
    assert (progress[2].inflight_messages, progress[2].inflight_bytes) == (1, 21)
    assert progress[1].match_index == 3
    assert one.raft.status().uncommitted_bytes == 5


def test_entries_of_a_leader_are_told_apart() -> None:
    """Commands have data, changes have a change, and the opening entry has neither."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")

    opening, command = one.raft.log.entry(2), one.raft.log.entry(3)

    assert (opening.data, opening.change) == (b"", None)
    assert (command.data, command.change) == (b"x", None)


def test_proposals_of_a_batch_get_successive_indexes() -> None:
    """The last one is returned."""
    one = member().lead_and_commit()

    last = one.raft.propose_many([b"a", b"b", b"c"])

    assert last == 5
    assert [one.raft.log.entry(index).data for index in (3, 4, 5)] == [b"a", b"b", b"c"]


def test_a_term_never_goes_back() -> None:
    """An assertion guards it."""
    one = member(term=5)

    with pytest.raises(AssertionError, match="the term went back from 5 to 4"):
        election.enter_term(one.raft, 4)
