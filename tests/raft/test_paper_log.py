"""The Raft paper on the log: sections 5.3, 5.4.2, 5.5 and 8; the names say which."""

import pytest

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    Entry,
    Heartbeat,
)
from tests.raft.solo import FIVE, Solo, append, member


def test_5_3_a_leader_appends_and_replicates() -> None:
    """Entries of its term, after the point where the logs match."""
    one = member().lead_and_commit()

    index = one.raft.propose(b"hello")
    sent = one.sent()

    entry = Entry(3, 2, b"hello")
    assert index == 3
    assert sent == [(to, AppendEntries(2, 2, 2, (entry,), 2)) for to in (2, 3)]


def test_5_3_many_proposals_travel_in_one_append() -> None:
    """Nothing is sent until the driver takes what is owed."""
    one = member().lead_and_commit()

    for number in range(5):
        one.raft.propose(b"%d" % number)
    sent = one.sent_to(2)

    assert len(sent) == 1
    assert isinstance(sent[0], AppendEntries)
    assert [entry.data for entry in sent[0].entries] == [b"0", b"1", b"2", b"3", b"4"]


@pytest.mark.parametrize(
    ("acknowledgers", "committed"), [((), 2), ((2,), 2), ((2, 3), 3), ((2, 3, 4, 5), 3)]
)
def test_5_3_an_entry_is_committed_when_a_majority_has_it(
    acknowledgers: tuple[int, ...], committed: int
) -> None:
    """Of five members two others suffice, with the leader's own disk."""
    one = member(configuration=FIVE).lead_and_commit()
    one.raft.propose(b"x")
    one.sent()

    one.acknowledge(3, *acknowledgers)

    assert one.raft.log.commit_index == committed


def test_5_3_the_leader_counts_itself_only_when_its_own_disk_has_the_entry() -> None:
    """With its write under way it is one of those that may still lose it."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")
    one.take()

    one.raft.step(AppendEntriesReply(2, success=True, index=3), 2)
    before = one.raft.log.commit_index
    one.settle()

    assert before == 2
    assert one.raft.log.commit_index == 3


def test_5_3_what_precedes_a_committed_entry_is_committed() -> None:
    """Also what earlier leaders left."""
    one = member(1, 1, 1).lead()

    one.acknowledge(5, 2)

    assert one.raft.log.commit_index == 5
    assert [entry.index for entry in one.applied_entries] == [2, 3, 4, 5]


def test_5_3_followers_learn_the_commit_index_with_appends() -> None:
    """And apply in log order."""
    one = member()

    one.step(append(2, (1, 1), 2, 2, commit_index=2))
    assert [entry.index for entry in one.applied_entries] == [2]
    one.step(append(2, (3, 2), commit_index=3))

    assert [entry.index for entry in one.applied_entries] == [2, 3]


@pytest.mark.parametrize(
    ("prev", "terms", "log_after"),
    [
        ((3, 2), (3,), [2, 2, 3]),
        ((3, 2), (), [2, 2]),
        ((2, 2), (2, 3), [2, 2, 3]),
        ((2, 2), (3, 3), [2, 3, 3]),
        ((1, 1), (3,), [3]),
        ((1, 1), (2,), [2, 2]),
    ],
)
def test_5_3_entries_follow_a_point_where_the_logs_match(
    prev: tuple[int, int], terms: tuple[int, ...], log_after: list[int]
) -> None:
    """A conflict replaces what follows; what is there already is kept, also what is longer."""
    one = member(2, 2)

    sent = one.step(append(3, prev, *terms))

    last_new_index = prev[0] + len(terms)
    assert sent == [(2, AppendEntriesReply(3, success=True, index=last_new_index))]
    assert one.terms == log_after


@pytest.mark.parametrize(
    ("prev", "hint"),
    [((3, 3), (3, 2)), ((9, 3), (3, 2)), ((2, 1), (1, 1)), ((3, 1), (1, 1))],
)
def test_5_3_entries_that_do_not_follow_are_refused_with_a_hint(
    prev: tuple[int, int], hint: tuple[int, int]
) -> None:
    """The hint is our last entry that is not above the one asked for, in index and in term."""
    one = member(2, 2)

    sent = one.step(append(4, prev, 4))

    assert sent == [
        (2, AppendEntriesReply(4, False, prev[0], hint_index=hint[0], hint_term=hint[1]))
    ]
    assert one.terms == [2, 2]


def test_5_3_a_late_append_does_not_truncate() -> None:
    """It was overtaken by a longer one, which was acknowledged."""
    one = member()
    one.step(append(2, (1, 1), 2, 2, 2))

    sent = one.step(append(2, (1, 1), 2))

    assert one.terms == [2, 2, 2]
    assert sent == [(2, AppendEntriesReply(2, success=True, index=2))]


def test_5_3_a_follower_acknowledges_what_the_append_covers_and_no_more() -> None:
    """Its own longer log may differ from the leader's there."""
    one = member(2, 2, 2)

    sent = one.step(append(3, (2, 2)))

    assert sent == [(2, AppendEntriesReply(3, success=True, index=2))]


def test_5_3_a_follower_commits_what_the_append_covers_and_no_more() -> None:
    """The leader has committed more, but not what this member has there."""
    one = member(2, 2, 2)

    one.step(append(3, (2, 2), commit_index=4))

    assert one.raft.log.commit_index == 2


def test_5_3_the_commit_index_never_falls() -> None:
    """A new leader may know less than a follower."""
    one = member(2, 2, commit_index=3)

    one.step(append(3, (3, 2), commit_index=1))
    one.step(Heartbeat(3, 2, 1))

    assert one.raft.log.commit_index == 3


@pytest.mark.parametrize(
    "terms",
    [
        (1, 1, 1, 4, 4, 5, 5, 6, 6),
        (1, 1, 1, 4),
        (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 6),
        (1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 7, 7),
        (1, 1, 1, 4, 4, 4, 4),
        (1, 1, 1, 2, 2, 2, 3, 3, 3, 3, 3),
    ],
    ids="abcdef",
)
def test_5_3_figure_7_a_leader_makes_every_log_like_its_own(terms: tuple[int, ...]) -> None:
    """Followers (a) to (f) of the figure: missing, extra and wrong entries."""
    leader = member(1, 1, 1, 4, 4, 5, 5, 6, 6, 6, term=7).lead()
    follower = member(*terms, term=7, member=2)

    refusals = converse(leader, follower)

    assert follower.terms == leader.terms == [1, 1, 1, 4, 4, 5, 5, 6, 6, 6, 8]
    assert refusals <= 2, "a refusal for each term that differs, not for each entry"


def converse(leader: Solo, follower: Solo) -> int:
    """Let a leader and member 2 talk until nothing is left; return how many refusals it took."""
    refusals = 0
    to_follower = [message for to, message in leader.tick() if to == 2]
    while to_follower:
        for message in to_follower:
            for _, reply in follower.step(message, sender=1):
                leader.raft.step(reply, 2)
                refusals += isinstance(reply, AppendEntriesReply) and not reply.success
        to_follower = leader.sent_to(2)
    return refusals


@pytest.mark.parametrize(
    ("acknowledged", "committed"), [(2, 1), (3, 1), (4, 4)], ids=["old", "older tail", "own"]
)
def test_5_4_2_only_an_entry_of_the_own_term_is_committed_by_counting(
    acknowledged: int, committed: int
) -> None:
    """A majority that has an older one does not decide it: Figure 8."""
    one = member(1, 2).lead()

    one.acknowledge(acknowledged, 2, 3)

    assert one.raft.term == 3
    assert one.raft.log.commit_index == committed


def test_5_5_repeated_requests_are_harmless() -> None:
    """Raft messages are idempotent."""
    one = member()
    message = append(2, (1, 1), 2, 2, commit_index=3)

    first = one.step(message)
    second = one.step(message)

    assert one.terms == [2, 2]
    assert [entry.index for entry in one.applied_entries] == [2, 3]
    assert all(to == 2 for to, _ in first + second)


# Paper, section 8, and thesis, section 6.4: a leader begins with an entry of its own


def test_8_a_new_leader_appends_an_empty_entry() -> None:
    """With it, everything before is committed, too."""
    one = member(1).lead()

    entry = one.raft.log.entry(3)

    assert (entry.term, entry.data, entry.change) == (2, b"", None)
    assert one.raft.opening_index == 3
