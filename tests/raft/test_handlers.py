"""The table of handlers is the specification, so it must say something about every pair."""

from itertools import product
from typing import get_args

import pytest

from kactors.raft import Message, Role
from kactors.raft.handlers import HANDLERS, ignore, impossible
from tests.raft.solo import append, member

_PAIRS = list(product(Role, get_args(Message)))


@pytest.mark.parametrize(("role", "kind"), _PAIRS)
def test_every_pair_is_handled(role: Role, kind: type[Message]) -> None:
    """A role and a message type without a handler would be a silent drop."""
    assert (role, kind) in HANDLERS


def test_the_table_has_nothing_else() -> None:
    """A pair that cannot be dispatched would be dead code."""
    assert len(HANDLERS) == len(_PAIRS) == 60


def test_only_a_second_leader_is_impossible() -> None:
    """Messages that only a leader of our own term sends cannot come to one."""
    forbidden = {kind.__name__ for (role, kind), each in HANDLERS.items() if each is impossible}
    roles = {role for (role, _), each in HANDLERS.items() if each is impossible}

    assert forbidden == {"AppendEntries", "Heartbeat", "InstallSnapshot", "TimeoutNow"}
    assert roles == {Role.LEADER}


def test_the_impossible_speaks() -> None:
    """If it happens, election safety is broken, and the text says by whom."""
    leader = member().lead()

    with pytest.raises(AssertionError, match=r"leader of term 2.*from member 3: two members lead"):
        leader.step(append(2, (1, 1)), sender=3)


def test_ignoring_changes_nothing() -> None:
    """A late message leaves no trace."""
    follower = member()
    before = follower.raft.status()

    ignore(follower.raft, append(1, (1, 1)), 2)

    assert follower.raft.status() == before
    assert follower.sent() == []
