"""The Raft paper and the thesis, section by section; the names say which.

"Paper" is the extended version of *In Search of an Understandable Consensus Algorithm*, "thesis"
is Ongaro's dissertation; sections with three-digit chapters and 10.x are the thesis'.
"""

from itertools import pairwise

import pytest

from kactors.raft import (
    Action,
    AppendEntries,
    AppendEntriesReply,
    ConfChange,
    ConfChangeRefused,
    ConfRefusal,
    Entry,
    Heartbeat,
    HeartbeatReply,
    MemberChange,
    Message,
    PreVote,
    PreVoteReply,
    RequestVote,
    RequestVoteReply,
    Role,
    TimeoutNow,
)
from tests.raft.node import FixedRng
from tests.raft.solo import FIVE, Solo, append, entries, member

# Paper, Figure 2 and section 5.1: terms


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize(
    "message",
    [
        RequestVote(9, 5, 5, 1, 1),
        RequestVoteReply(9, False, 1, 1),
        PreVoteReply(9, 2, False, 1, 1),
        append(9, (1, 1)),
        AppendEntriesReply(9, success=False, index=1),
        Heartbeat(9, 1, 1),
        HeartbeatReply(9, 1),
    ],
    ids=lambda message: type(message).__name__,
)
def test_5_1_a_newer_term_makes_a_follower(role: Role, message: Message) -> None:
    """Whatever carries it: a candidate or a leader that sees a newer term steps down."""
    one = member(pre_vote=role is Role.PRE_CANDIDATE, check_quorum=False)
    if role is Role.LEADER:
        one.lead()
    elif role is not Role.FOLLOWER:
        one.raft.campaign()
    assert one.has_role(role)

    one.step(message)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.term == 9


def test_5_1_requests_of_an_older_term_are_refused_with_ours() -> None:
    """The sender learns that it is out of date, and nothing else happens."""
    one = member(3, term=5)

    assert one.step(append(4, (2, 3), 4)) == [(2, AppendEntriesReply(5, success=False, index=2))]
    assert one.step(RequestVote(4, 9, 4, 1, 1)) == [(2, RequestVoteReply(5, False, 1, 1))]
    assert one.step(Heartbeat(4, 2, round=7)) == [(2, HeartbeatReply(5, 7))]
    assert one.raft.leader is None
    assert one.terms == [3]


@pytest.mark.parametrize(
    "message",
    [
        RequestVoteReply(2, True, 1, 1),
        AppendEntriesReply(2, success=True, index=99),
        HeartbeatReply(2, 99),
    ],
)
def test_5_1_replies_of_an_older_term_are_ignored(message: Message) -> None:
    """They speak of another election, or of a log that may have changed since."""
    one = member(term=4).lead()
    before = one.raft.status()

    assert one.step(message) == []

    assert one.raft.status() == before


def test_5_1_votes_of_an_older_term_do_not_elect() -> None:
    """They were given in another election, perhaps to a log that was longer then."""
    one = member(term=4, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for voter in (2, 3):
        one.step(RequestVoteReply(4, True, 1, 1), voter)

    assert one.has_role(Role.CANDIDATE)


def test_5_1_the_term_and_the_vote_are_durable_before_anyone_hears() -> None:
    """The reply leaves with the write, not before."""
    one = member()
    one.raft.step(RequestVote(7, 1, 1, 1, 1), 3)

    ready = one.raft.ready()

    assert ready is not None
    assert ready.hard_state is not None
    assert (ready.hard_state.term, ready.hard_state.vote) == (7, 3)
    assert ready.must_sync
    assert ready.messages == ((3, RequestVoteReply(7, True, 1, 1)),)
    assert ready.messages_now == ()


# Paper, section 5.2: leader election


def test_5_2_members_start_as_followers() -> None:
    """Also after a restart, whatever they were before."""
    one = member().lead()

    one.start()

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.leader is None


def test_5_2_a_leader_sends_heartbeats() -> None:
    """Once per heartbeat interval, to everyone."""
    one = member(heartbeat_ticks=2).lead_and_commit()

    assert one.tick() == []
    beats = one.tick()

    assert beats == [(2, Heartbeat(2, 2, 1)), (3, Heartbeat(2, 2, 1))]


def test_5_2_a_heartbeat_promises_no_more_than_what_the_member_has() -> None:
    """Beyond what matches, its log may differ, and must not be committed."""
    one = member(heartbeat_ticks=1).lead()
    one.acknowledge(2, 2)

    beats = dict(one.tick())

    assert beats == {2: Heartbeat(2, 2, 1), 3: Heartbeat(2, 0, 1)}


def test_5_2_a_follower_without_a_leader_becomes_a_candidate() -> None:
    """It opens a term, votes for itself and asks everyone, when its timeout has passed."""
    one = member(3, 3, pre_vote=False, draw=4)

    assert one.tick(13) == []
    asked = one.tick()

    ask = RequestVote(4, 3, 3, 1, 1)
    assert asked == [(2, ask), (3, ask)]
    assert one.has_role(Role.CANDIDATE)
    assert one.raft.vote == 1


def test_5_2_a_leader_that_is_heard_keeps_followers_quiet() -> None:
    """Appends and heartbeats both count."""
    one = member(pre_vote=False)

    one.tick(9)
    one.step(Heartbeat(1, 1, 1))
    one.tick(9)
    one.step(append(1, (1, 1)))
    one.tick(9)

    assert one.has_role(Role.FOLLOWER)
    one.tick()
    assert one.has_role(Role.CANDIDATE)


@pytest.mark.parametrize(
    ("replies", "role"),
    [
        ({}, Role.CANDIDATE),
        ({2: True}, Role.CANDIDATE),
        ({2: True, 3: True}, Role.LEADER),
        ({2: True, 3: False, 4: True}, Role.LEADER),
        ({2: False, 3: False}, Role.CANDIDATE),
        ({2: False, 3: False, 4: False}, Role.FOLLOWER),
    ],
)
def test_5_2_a_majority_elects(replies: dict[int, bool], role: Role) -> None:
    """Three of five votes win, the own one included; three refusals lose."""
    one = member(configuration=FIVE, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for voter, granted in replies.items():
        one.step(RequestVoteReply(2, granted, 1, 1), voter)

    assert one.has_role(role)


def test_5_2_the_first_answer_of_a_voter_counts() -> None:
    """A repeated message does not vote twice."""
    one = member(configuration=FIVE, pre_vote=False)
    one.raft.campaign()
    one.settle()

    for _ in range(3):
        one.step(RequestVoteReply(2, True, 1, 1), 2)

    assert one.has_role(Role.CANDIDATE)


def test_5_2_the_own_vote_counts_when_it_is_durable() -> None:
    """A member that forgets it in a crash could give it to another."""
    one = member(pre_vote=False)
    one.raft.campaign()
    one.take()

    one.raft.step(RequestVoteReply(2, True, 1, 1), 2)
    before = one.raft.role
    one.settle()

    assert before is Role.CANDIDATE
    assert one.has_role(Role.LEADER)


@pytest.mark.parametrize(
    ("vote", "candidate", "granted"), [(None, 2, True), (2, 2, True), (3, 2, False)]
)
def test_5_2_one_vote_per_term(vote: int | None, candidate: int, granted: bool) -> None:
    """First come, first served; asking again gets the same answer."""
    one = member(term=4, vote=vote)

    sent = one.step(RequestVote(4, 9, 4, 1, 1), candidate)

    assert sent == [(candidate, RequestVoteReply(4, granted, 1, 1))]
    assert one.raft.vote == (candidate if granted else vote)


def test_5_2_the_vote_survives_a_restart() -> None:
    """Else two candidates of one term could win with it."""
    one = member()
    one.step(RequestVote(4, 9, 4, 1, 1), 2)

    one.start()

    assert one.step(RequestVote(4, 9, 4, 1, 1), 3) == [(3, RequestVoteReply(4, False, 1, 1))]


def test_5_2_a_leader_that_steps_down_in_its_term_keeps_its_vote() -> None:
    """It voted for itself, and that stays true."""
    one = member(check_quorum=True).lead()

    one.tick(10)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.vote == 1
    assert one.step(RequestVote(2, 9, 2, 1, 1), 3) == [(3, RequestVoteReply(2, False, 1, 1))]


@pytest.mark.parametrize("message", [append(2, (1, 1)), Heartbeat(2, 1, 1)])
def test_5_2_a_candidate_yields_to_the_leader_of_its_term(message: Message) -> None:
    """Somebody else has won."""
    one = member(pre_vote=False)
    one.raft.campaign()
    one.settle()

    one.step(message, sender=3)

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.leader == 3
    assert one.raft.term == 2


def test_5_2_a_split_vote_is_tried_again_in_another_term() -> None:
    """With another timeout: chance is asked anew for each attempt."""
    drawn: list[tuple[int, int]] = []

    def chance(term: int, attempt: int) -> FixedRng:
        drawn.append((term, attempt))
        return FixedRng(len(drawn))

    one = member(pre_vote=False, chance=chance)

    one.tick(60)

    assert one.raft.term > 3
    assert len(set(drawn)) == len(drawn)
    assert all(later > earlier for earlier, later in pairwise(drawn))


def test_5_2_granting_a_vote_resets_the_timeout_and_refusing_does_not() -> None:
    """Else a candidate that cannot win would keep everyone else from trying."""
    one = member(3, pre_vote=False, check_quorum=False)

    one.tick(9)
    one.step(RequestVote(5, 1, 1, 1, 1), 2)
    one.tick()
    assert one.has_role(Role.FOLLOWER), "a newer term counts as a fresh start"

    one.tick(8)
    one.step(RequestVote(5, 1, 1, 1, 1), 3)
    one.tick()
    assert one.has_role(Role.CANDIDATE)


# Paper, section 5.3: log replication


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


# Paper, section 5.4: safety


@pytest.mark.parametrize(
    ("last_index", "last_term", "granted"),
    [
        (3, 3, True),
        (4, 3, True),
        (2, 4, True),
        (2, 3, False),
        (9, 2, False),
        (1, 1, False),
    ],
)
def test_5_4_1_a_vote_is_refused_to_a_log_that_is_less_complete(
    last_index: int, last_term: int, granted: bool
) -> None:
    """The last term decides, and the length only if it is the same."""
    one = member(3, 3, term=4)

    sent = one.step(RequestVote(5, last_index, last_term, 1, 1))

    assert sent == [(2, RequestVoteReply(5, granted, 1, 1))]


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


# Thesis


def test_4_1_changes_wait_for_an_entry_of_the_leaders_term() -> None:
    """The correction of 2015 to single-server changes; we demand it of all."""
    one = member().lead()
    learner = ConfChange((MemberChange(Action.ADD_LEARNER, 4),))

    with pytest.raises(ConfChangeRefused) as refused:
        one.raft.propose_conf_change(learner)
    one.acknowledge(2, 2)

    assert refused.value.reason is ConfRefusal.TERM_NOT_COMMITTED
    assert one.raft.propose_conf_change(learner) == 3


def test_4_2_3_a_member_that_hears_its_leader_ignores_candidates() -> None:
    """Neither vote nor term: the candidate may have been removed."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)
    ask = RequestVote(9, 9, 9, 1, 1)

    one.tick(9)
    assert one.step(ask) == []
    assert one.raft.term == 2

    one.tick()
    one.step(ask)
    assert one.raft.term == 9


def test_4_2_3_a_transfer_is_not_ignored() -> None:
    """The leader itself wants it."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(RequestVote(3, 9, 9, 1, 1, transfer=True))

    assert sent == [(2, RequestVoteReply(3, True, 1, 1))]


def test_4_2_3_a_leader_is_not_shielded_from_itself() -> None:
    """If it asks for an election it does not lead any more."""
    one = member(check_quorum=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(PreVote(3, 9, 9, 1, 1), sender=3)

    assert sent == [(3, PreVoteReply(2, 3, True, 1, 1))]


def test_6_2_a_leader_without_a_quorum_steps_down() -> None:
    """Within an election timeout; one answer of one other member keeps it."""
    one = member(check_quorum=True).lead_and_commit()

    one.tick(5)
    one.answer_heartbeats(2)
    one.tick(9)
    assert one.has_role(Role.LEADER)
    one.tick()

    assert one.has_role(Role.FOLLOWER)
    assert one.raft.term == 2


def test_6_2_without_check_quorum_a_leader_stays() -> None:
    """Then only a newer term ends it."""
    one = member(check_quorum=False).lead_and_commit()

    one.tick(50)

    assert one.has_role(Role.LEADER)


@pytest.mark.parametrize(
    ("term", "last", "granted"),
    [(4, (2, 3), True), (3, (2, 3), False), (4, (1, 1), False), (9, (2, 3), True)],
)
def test_9_6_a_pre_vote_asks_what_would_happen(
    term: int, last: tuple[int, int], granted: bool
) -> None:
    """A newer term and a complete log; the one who answers changes nothing."""
    one = member(3)

    sent = one.step(PreVote(term, *last, 1, 1))

    assert sent == [(2, PreVoteReply(3, term, granted, 1, 1))]
    assert (one.raft.term, one.raft.vote) == (3, None)


def test_9_6_a_candidate_opens_a_term_only_with_a_pre_vote_quorum() -> None:
    """Its own opinion counts; one more of three suffices."""
    one = member(pre_vote=True)

    asked = one.tick(10)
    assert asked == [(to, PreVote(2, 1, 1, 1, 1)) for to in (2, 3)]
    assert (one.raft.term, one.raft.vote) == (1, None)
    sent = one.step(PreVoteReply(1, 2, True, 1, 1))

    assert sent == [(to, RequestVote(2, 1, 1, 1, 1)) for to in (2, 3)]


def test_9_6_opinions_on_another_campaign_do_not_count() -> None:
    """They come late."""
    one = member(pre_vote=True, term=4)
    one.raft.campaign()
    one.sent()

    one.step(PreVoteReply(3, 4, True, 1, 1))

    assert one.has_role(Role.PRE_CANDIDATE)


def test_9_6_a_member_of_an_older_term_can_give_its_opinion() -> None:
    """Its term is older because a pre-vote does not raise it; the opinion counts."""
    one = member(pre_vote=True, term=4)
    one.raft.campaign()
    one.sent()

    one.step(PreVoteReply(2, 5, True, 1, 1))

    assert one.has_role(Role.CANDIDATE)


def test_9_6_transfers_use_no_pre_vote() -> None:
    """The others shield the leader, so a pre-vote would fail."""
    one = member(pre_vote=True)
    one.step(Heartbeat(2, 1, 1), 3)

    sent = one.step(TimeoutNow(2), 3)

    assert sent == [(to, RequestVote(3, 1, 1, 1, 1, transfer=True)) for to in (2, 3)]


def test_10_2_1_the_leader_writes_and_sends_in_parallel() -> None:
    """Appends need no promise of the leader's own disk."""
    one = member().lead_and_commit()
    one.raft.propose(b"x")

    ready = one.raft.ready()

    assert ready is not None
    assert ready.entries == (Entry(3, 2, b"x"),)
    assert [type(message) for _, message in ready.messages_now] == [AppendEntries, AppendEntries]
    assert ready.messages == ()


def test_10_2_1_followers_do_not() -> None:
    """Their acknowledgement is the promise."""
    one = member()
    one.raft.step(append(2, (1, 1), 2), 2)

    ready = one.raft.ready()

    assert ready is not None
    assert ready.entries == entries(2)
    assert ready.messages == ((2, AppendEntriesReply(2, success=True, index=2)),)
    assert ready.messages_now == ()


def test_10_2_2_a_leader_does_not_wait_for_answers() -> None:
    """Appends are pipelined, up to the limit of what may be in flight."""
    one = member(max_append_entries=1, max_inflight_messages=3).lead_and_commit()

    for _ in range(5):
        one.raft.propose(b"x")
    sent = [message for message in one.sent_to(2) if isinstance(message, AppendEntries)]

    assert [message.prev_log_index for message in sent] == [2, 3, 4]
    freed = [message for to, message in one.acknowledge(4, 2) if to == 2]
    assert [type(message) for message in freed] == [AppendEntries, AppendEntries]
