"""Leadership handed over on purpose."""

import pytest

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    Configuration,
    DropReason,
    Heartbeat,
    NotLeader,
    ProposalDropped,
    Role,
    TimeoutNow,
    TransferLeadership,
    TransferRefused,
)
from tests.raft.solo import Solo, member


def leader() -> Solo:
    """Return a leader that everyone has caught up with."""
    return member(configuration=Configuration((1, 2, 3), (4,))).lead_and_commit()


def test_an_heir_that_is_up_to_date_is_asked_at_once() -> None:
    """It campaigns while its log is complete."""
    one = leader()

    one.raft.transfer_leadership(3)

    assert one.sent() == [(3, TimeoutNow(2))]


def test_an_heir_that_lags_is_brought_up_to_date_first() -> None:
    """Without the last entries it could not win."""
    one = leader()
    one.raft.propose(b"x")
    one.sent()

    one.raft.transfer_leadership(3)
    assert one.sent() == []
    sent = one.acknowledge(3, 3)

    assert (3, TimeoutNow(2)) in sent


def test_a_leader_that_hands_over_takes_no_proposals() -> None:
    """The heir would never catch up."""
    one = leader()
    one.raft.transfer_leadership(3)

    with pytest.raises(ProposalDropped) as dropped:
        one.raft.propose(b"x")

    assert dropped.value.reason is DropReason.TRANSFERRING


def test_a_transfer_that_leads_to_nothing_is_given_up() -> None:
    """After an election timeout, and proposals are taken again."""
    one = leader()
    one.raft.transfer_leadership(3)

    one.tick(9)
    one.answer_heartbeats(2, 3)
    assert one.raft.status().transferee == 3
    one.tick()

    assert one.raft.status().transferee is None
    assert one.raft.propose(b"x") == 3


def test_naming_the_leader_itself_gives_up_at_once() -> None:
    """It stays."""
    one = leader()
    one.raft.transfer_leadership(3)

    one.raft.transfer_leadership(1)

    assert one.raft.transferee is None


def test_the_same_wish_again_changes_nothing_and_another_one_does() -> None:
    """The timeout of the first goes on."""
    one = leader()
    one.raft.transfer_leadership(3)
    one.sent()
    one.tick(3)

    one.raft.transfer_leadership(3)
    assert one.sent() == []
    assert one.raft.transfer_elapsed == 3
    one.raft.transfer_leadership(2)

    assert one.sent() == [(2, TimeoutNow(2))]
    assert one.raft.transfer_elapsed == 0


@pytest.mark.parametrize("target", [4, 9])
def test_only_voters_inherit(target: int) -> None:
    """A learner or a stranger could not lead."""
    one = leader()

    with pytest.raises(TransferRefused):
        one.raft.transfer_leadership(target)
    one.step(TransferLeadership(2, target), 3)

    assert one.raft.transferee is None


def test_a_follower_passes_the_wish_on() -> None:
    """If it knows a leader."""
    one = member()

    with pytest.raises(NotLeader):
        one.raft.transfer_leadership(2)
    one.step(Heartbeat(2, 1, 1), 3)
    one.raft.transfer_leadership(2)

    assert one.sent() == [(3, TransferLeadership(2, 2))]


def test_the_leader_obeys_a_wish_that_was_passed_on() -> None:
    """Whoever asked."""
    one = leader()

    sent = one.step(TransferLeadership(2, 3), 2)

    assert sent == [(3, TimeoutNow(2))]


def test_an_heir_campaigns_at_once() -> None:
    """Its term begins before anyone's timeout."""
    one = member()
    one.step(Heartbeat(2, 1, 1), 3)

    one.step(TimeoutNow(2), 3)

    assert one.has_role(Role.CANDIDATE)
    assert one.raft.term == 3


def test_an_heir_that_cannot_lead_does_nothing() -> None:
    """It was demoted meanwhile."""
    one = member(configuration=Configuration((2, 3), (1,)))
    one.step(Heartbeat(2, 1, 1), 3)

    assert one.step(TimeoutNow(2), 3) == []


def test_a_leader_that_is_replaced_forgets_the_transfer() -> None:
    """It succeeded, or became pointless."""
    one = leader()
    one.raft.transfer_leadership(3)

    one.step(AppendEntries(3, 2, 2, (), 2), 3)

    assert one.raft.transferee is None
    assert one.raft.leader == 3


def test_an_old_acknowledgement_of_the_heir_does_not_hurry() -> None:
    """Only a complete log counts."""
    one = leader()
    one.raft.propose_many([b"x", b"y"])
    one.sent()
    one.raft.transfer_leadership(3)

    sent = one.step(AppendEntriesReply(2, success=True, index=3), 3)

    assert all(not isinstance(message, TimeoutNow) for _, message in sent)
