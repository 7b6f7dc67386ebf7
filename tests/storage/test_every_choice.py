"""The odometer behind the exhaustive tests."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.storage.every_choice import EveryChoice


@given(st.lists(st.integers(1, 4), max_size=5))
def test_every_sequence_is_given_once(bounds: list[int]) -> None:
    """What is asked for is the product of all the answers, in order and without repetition."""
    choice = EveryChoice()

    runs = [tuple(choice.below(bound) for bound in bounds) for _ in choice]

    assert runs == list(product(*map(range, bounds)))


def test_later_questions_may_depend_on_earlier_answers() -> None:
    """A tree of questions is walked to each of its leaves."""
    choice = EveryChoice()

    runs = [(first := choice.below(3), choice.below(first + 1)) for _ in choice]

    assert runs == [(0, 0), (1, 0), (1, 1), (2, 0), (2, 1), (2, 2)]


def test_a_program_that_changes_its_questions_is_noticed() -> None:
    """The same answers must lead to the same questions, or nothing would be exhaustive."""
    choice = EveryChoice()

    def program() -> None:
        for run in choice:
            choice.below(2 + run)

    with pytest.raises(AssertionError, match="another question"):
        program()
