"""Edits change real code, everywhere at once, and take nothing for granted."""

import pytest

from kactors.raft import quorum
from kactors.raft.handlers import HANDLERS
from kactors.raft.messages import RequestVote
from kactors.raft.role import Role
from kactors.testing.mutants import Edit, StaleMutant, edited

MAJORITY = Edit("kactors.raft.quorum", "majority", "count // 2 + 1", "42")


def test_an_edit_is_there_and_gone() -> None:
    """Inside the context the code is another, outside it is as it was."""
    with edited(MAJORITY)():
        assert quorum.majority(3) == 42

    assert quorum.majority(3) == 2


def test_an_edit_is_undone_after_an_exception() -> None:
    """A trial that fails leaves nothing behind."""
    with pytest.raises(ZeroDivisionError), edited(MAJORITY)():
        quorum.majority(1 // 0)

    assert quorum.majority(3) == 2


def test_tables_of_functions_have_it_too() -> None:
    """It is the function itself that changes, not a name for it."""
    handler = HANDLERS[Role.FOLLOWER, RequestVote]
    code = handler.__code__

    edit = Edit("kactors.raft.election", "on_request_vote", "raft.vote = sender", "pass")
    with edited(edit)():
        assert handler.__code__ is not code

    assert handler.__code__ is code


def test_methods_and_properties_can_be_edited() -> None:
    """A property is named as a method is."""
    from kactors.raft.progress import Inflights

    window = Inflights(count_max=1, bytes_max=1)
    with edited(
        Edit("kactors.raft.progress", "Inflights.full", "return", "return 'full' or"),
        Edit("kactors.raft.progress", "Inflights.__len__", "len(self._window)", "7"),
    )():
        full: object = window.full
        assert full == "full"
        assert len(window) == 7

    assert not window.full


@pytest.mark.parametrize(
    ("edit", "text"),
    [
        (Edit("kactors.raft.quorum", "majority", "count // 3", "1"), "contains 0 times"),
        (Edit("kactors.raft.quorum", "majority_value", "len(values)", "1"), "contains 2 times"),
        (Edit("kactors.raft.quorum", "minority", "x", "y"), "has no minority"),
    ],
)
def test_a_mutant_that_rots_says_so(edit: Edit, text: str) -> None:
    """Code moves on; a mutant that does not find its place is an error, not a survivor."""
    with pytest.raises(StaleMutant, match=text), edited(edit)():
        pass
