"""Each property of Raft objects when it is broken, and is silent when it is not."""

from typing import Any

import attrs
import pytest

from kactors.checking.raft_invariants import Invariant, RaftObserver
from kactors.checking.raft_view import Ack, MemberView, Role, Vote

VOTERS = (1, 2, 3)


@attrs.define
class Disk:
    """A disk, a log, and a member's memory in one; terms of the log from index 1 on."""

    terms: list[int] = attrs.field(factory=list)
    term: int = 1
    vote: int | None = None
    commit_index: int = 0
    payloads: dict[int, str] = attrs.field(factory=dict)

    @property
    def last_index(self) -> int:
        """The end of the log."""
        return len(self.terms)

    def entry(self, index: int) -> tuple[int, Any] | None:
        """Return an entry."""
        if not 0 < index <= len(self.terms):
            return None
        return self.terms[index - 1], self.payloads.get(index, "")


def view_of(disk: Disk, *, role: Role = Role.FOLLOWER, commit: int = 0) -> MemberView:
    """Return what a member over ``disk`` shows."""
    return MemberView(
        role,
        disk.term,
        disk.vote,
        commit,
        1,
        disk.last_index,
        disk.terms[-1] if disk.terms else 0,
        VOTERS,
    )


class Cluster:
    """Three members whose memory and disk are one."""

    def __init__(self, *logs: list[int], term: int = 1) -> None:
        self.observer = RaftObserver()
        self.disks = [Disk(list(log), term=term) for log in (*logs, [], [], [])[:3]]
        for member, disk in enumerate(self.disks, start=1):
            self.observer.started(member, view_of(disk), disk, disk)

    def step(self, member: int, *, role: Role = Role.FOLLOWER, commit: int = 0) -> None:
        """Show a member."""
        disk = self.disks[member - 1]
        self.observer.stepped(member, view_of(disk, role=role, commit=commit), disk)

    @property
    def broken(self) -> str | None:
        """What did not hold."""
        violation = self.observer.broken
        return None if violation is None else violation.invariant


def test_an_ordinary_life_breaks_nothing() -> None:
    """A leader is elected, appends, commits on a majority, and another one takes over."""
    cluster = Cluster([1], [1], [1])
    one, two, three = cluster.disks

    one.term, one.vote = 2, 1
    one.terms.append(2)
    cluster.step(1, role=Role.LEADER)
    two.term = 2
    two.terms.append(2)
    cluster.step(2)
    cluster.step(1, role=Role.LEADER, commit=2)
    two.term = three.term = 3
    two.terms.append(3)
    cluster.step(2, role=Role.LEADER)
    three.terms.extend((2, 3))
    cluster.step(3)
    cluster.step(2, role=Role.LEADER, commit=3)

    assert cluster.broken is None
    assert cluster.observer.highest == 3
    assert cluster.observer.decided(2) == (2, "")
    assert cluster.observer.decided(4) is None


def test_election_safety() -> None:
    """Two leaders in one term."""
    cluster = Cluster([1], [1], term=2)

    cluster.step(1, role=Role.LEADER)
    assert cluster.broken is None
    cluster.step(2, role=Role.LEADER)

    assert cluster.broken == Invariant.ELECTION_SAFETY


def test_leader_append_only() -> None:
    """A leader replaces an entry of its own."""
    cluster = Cluster([1, 1], term=2)

    cluster.step(1, role=Role.LEADER)
    cluster.disks[0].terms[1] = 2
    cluster.step(1, role=Role.LEADER)

    assert cluster.broken == Invariant.LEADER_APPEND_ONLY


def test_a_follower_may_replace_entries() -> None:
    """What is not committed may go."""
    cluster = Cluster([1, 1], term=2)

    cluster.disks[0].terms[1:] = [2, 2]
    cluster.step(1)

    assert cluster.broken is None


def test_log_matching_of_terms() -> None:
    """Equal entries follow different ones."""
    cluster = Cluster([1, 3], [2, 3], term=3)

    assert cluster.broken == Invariant.LOG_MATCHING


def test_log_matching_of_payloads() -> None:
    """Equal index and term, and another command."""
    cluster = Cluster([1])

    cluster.disks[1].terms.append(1)
    cluster.disks[1].payloads[1] = "x"
    cluster.step(2)

    assert cluster.broken == Invariant.LOG_MATCHING


def test_leader_completeness() -> None:
    """A leader of a later term lacks what was committed."""
    cluster = Cluster([1, 1], [1, 1], [1])
    cluster.step(1, role=Role.LEADER, commit=2)
    assert cluster.broken is None

    cluster.disks[2].term = 2
    cluster.step(3, role=Role.LEADER)

    assert cluster.broken == Invariant.LEADER_COMPLETENESS


def test_an_old_leader_need_not_have_what_came_later() -> None:
    """A candidate that wins an old term late is no danger to newer commits."""
    cluster = Cluster([1, 3], [1, 3], [1], term=3)
    cluster.step(1, role=Role.LEADER, commit=2)

    cluster.observer.stopped(3)
    late = Disk([1], term=2)
    cluster.observer.started(3, view_of(late), late, late)
    cluster.observer.stepped(3, view_of(late, role=Role.LEADER), late)

    assert cluster.broken is None


def test_state_machine_safety_of_commits() -> None:
    """Two members commit different entries at one index."""
    cluster = Cluster([1], [2], term=2)

    cluster.step(1, commit=1)
    cluster.step(2, commit=1)

    assert cluster.broken == Invariant.STATE_MACHINE_SAFETY


def test_commit_beyond_the_log() -> None:
    """Nobody commits what it does not have."""
    cluster = Cluster([1])

    cluster.step(1, commit=2)

    assert cluster.broken == Invariant.STATE_MACHINE_SAFETY


@pytest.mark.parametrize("role", [Role.FOLLOWER, Role.LEADER])
def test_monotone_commit(role: Role) -> None:
    """A commit index falls."""
    cluster = Cluster([1, 1], [1, 1])

    cluster.step(1, role=role, commit=2)
    cluster.step(1, role=role, commit=1)

    assert cluster.broken == Invariant.MONOTONE_COMMIT


def test_monotone_commit_on_disk() -> None:
    """A commit index on disk falls; one that a restart found no entries for may."""
    cluster = Cluster([1, 1])
    disk = cluster.disks[0]
    disk.commit_index = 2
    cluster.observer.wrote(1, disk)

    disk.terms.pop()
    cluster.observer.stopped(1)
    cluster.observer.started(1, view_of(disk, commit=1), disk, disk)
    disk.commit_index = 1
    cluster.observer.wrote(1, disk)
    assert cluster.broken is None
    disk.commit_index = 0
    cluster.observer.wrote(1, disk)

    assert cluster.broken == Invariant.MONOTONE_COMMIT


def test_a_restart_forgets_no_commit() -> None:
    """What the disk calls committed and has is committed after a restart."""
    cluster = Cluster([1, 1])
    disk = cluster.disks[0]
    disk.commit_index = 2
    cluster.observer.wrote(1, disk)

    cluster.observer.started(1, view_of(disk, commit=1), disk, disk)

    assert cluster.broken == Invariant.MONOTONE_COMMIT


def test_monotone_term() -> None:
    """A term falls, in memory, on disk, or over a restart."""
    in_memory, on_disk, at_start = Cluster(term=2), Cluster(term=2), Cluster(term=2)
    for cluster in (on_disk, at_start):
        cluster.observer.wrote(1, cluster.disks[0])
    for cluster in (in_memory, on_disk, at_start):
        cluster.disks[0].term = 1

    in_memory.step(1)
    on_disk.observer.wrote(1, on_disk.disks[0])
    disk = at_start.disks[0]
    at_start.observer.started(1, view_of(disk), disk, disk)

    assert {in_memory.broken, on_disk.broken, at_start.broken} == {Invariant.MONOTONE_TERM}


def test_vote_once_in_memory_and_on_disk() -> None:
    """A vote is replaced in the same term."""
    in_memory, on_disk = Cluster(), Cluster()

    for vote in (2, 3):
        in_memory.disks[0].vote = on_disk.disks[0].vote = vote
        in_memory.step(1)
        on_disk.observer.wrote(1, on_disk.disks[0])

    assert in_memory.broken == on_disk.broken == Invariant.VOTE_ONCE


def test_vote_once_in_messages_even_over_a_lost_disk() -> None:
    """Two candidates hold a vote of one member in one term."""
    cluster = Cluster()
    disk = cluster.disks[0]
    disk.vote = 2
    cluster.observer.sent(1, (Vote(1, 2),), disk)

    cluster.observer.stopped(1)
    cluster.observer.wiped(1)
    empty = Disk(term=1, vote=3)
    cluster.observer.started(1, view_of(empty), empty, empty)
    cluster.observer.sent(1, (Vote(1, 3),), empty)

    assert cluster.broken == Invariant.VOTE_ONCE


def test_a_released_member_is_free_again() -> None:
    """A wiped member that the others took in anew is bound by nothing of before."""
    cluster = Cluster()
    disk = cluster.disks[0]
    disk.vote = 2
    cluster.observer.sent(1, (Vote(1, 2),), disk)
    cluster.observer.stopped(1)
    cluster.observer.wiped(1)
    empty = Disk(term=1, vote=3)
    outside = view_of(empty)._replace(recovering=True)
    cluster.observer.started(1, outside, empty, empty)
    cluster.observer.stepped(1, view_of(empty), empty)

    cluster.observer.sent(1, (Vote(1, 3),), empty)

    assert cluster.broken is None


@pytest.mark.parametrize("promise", [Vote(2, 1), Vote(1, 2), Ack(2, 1), Ack(1, 2)])
def test_persisted_before_sent(promise: Vote | Ack) -> None:
    """A message promises what the disk does not hold."""
    cluster = Cluster([1])

    cluster.observer.sent(1, (promise,), cluster.disks[0])

    assert cluster.broken == Invariant.PERSISTED_BEFORE_SENT


def test_an_acknowledgement_of_an_older_term_may_leave_late() -> None:
    """The entries may have been replaced since by a newer leader."""
    cluster = Cluster([1], term=2)

    cluster.observer.sent(1, (Ack(1, 5), Vote(1, 3)), cluster.disks[0])

    assert cluster.broken is None


def test_committed_on_a_quorum() -> None:
    """A leader commits what only it has."""
    cluster = Cluster([1], [], [])

    cluster.step(1, role=Role.LEADER, commit=1)

    assert cluster.broken == Invariant.COMMITTED_ON_QUORUM


def test_committed_on_both_halves_of_a_joint_configuration() -> None:
    """A majority of the incoming voters alone is not enough."""
    cluster = Cluster([1], [1], [1])
    disk = cluster.disks[0]
    joint = view_of(disk, role=Role.LEADER)._replace(outgoing=(1, 4, 5))
    cluster.observer.stepped(1, joint, disk)

    cluster.observer.stepped(1, joint._replace(commit_index=1), disk)

    assert cluster.broken == Invariant.COMMITTED_ON_QUORUM


def test_exactly_once() -> None:
    """An entry is applied again, or left out."""
    again, left_out = RaftObserver(), RaftObserver()

    again.applied(1, 3, 4, "state")
    left_out.applied(1, 5, 4, "state")

    for observer in (again, left_out):
        assert observer.broken is not None
        assert observer.broken.invariant == Invariant.EXACTLY_ONCE


def test_state_machines_agree() -> None:
    """Two members are in different states after the same entry."""
    observer = RaftObserver()

    observer.applied(1, 3, 3, "this")
    observer.applied(2, 3, 3, "that")

    assert observer.broken is not None
    assert observer.broken.invariant == Invariant.STATE_MACHINE_SAFETY
    assert observer.broken.member == 2


def test_a_snapshot_is_the_state() -> None:
    """A snapshot differs from the state at its index."""
    observer = RaftObserver()

    observer.applied(1, 3, 3, "this")
    observer.restored(2, 3, "that")

    assert observer.broken is not None
    assert observer.broken.invariant == Invariant.SNAPSHOT_IS_STATE


def test_linearizable_reads() -> None:
    """A read is answered at an index below what was committed when it was asked."""
    lawful, observer = RaftObserver(), RaftObserver()

    lawful.answered(1, 4, 4)
    observer.answered(1, 3, 4)

    assert lawful.broken is None
    assert observer.broken is not None
    assert observer.broken.invariant == Invariant.LINEARIZABLE_READ
    assert "answers a read at 3" in str(observer.broken)


def test_the_first_violation_stays() -> None:
    """What comes after the first may be nonsense."""
    observer = RaftObserver()

    observer.note("first", "a", 1)
    observer.note("second", "b", 2)

    assert str(observer.broken) == "first; a"
