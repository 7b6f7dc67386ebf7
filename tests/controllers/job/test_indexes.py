"""Tests of sets of indexes as text."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.controllers.job.indexes import (
    COMPLETION_INDEX,
    completion_index,
    first_pending,
    format_indexes,
    parse_indexes,
)
from tests.controllers.objects import pod


@given(st.frozensets(st.integers(0, 60)))
def test_what_was_written_can_be_read(indexes: frozenset[int]) -> None:
    """Reading is the inverse of writing."""
    assert parse_indexes(format_indexes(indexes)) == indexes


def test_text_that_says_nothing() -> None:
    """Nonsense in a status counts for nothing."""
    assert parse_indexes("") == parse_indexes("a,-,3-x") == frozenset()


@given(st.integers(0, 10), st.integers(0, 10), st.frozensets(st.integers(0, 10)))
def test_the_lowest_that_are_free(count: int, completions: int, taken: frozenset[int]) -> None:
    """What is pending is what is not taken, from below."""
    free = [index for index in range(completions) if index not in taken]
    assert list(first_pending(count, completions, taken)) == free[:count]


def test_a_pod_says_its_index() -> None:
    """The annotation counts; anything but a number says nothing."""
    assert completion_index(pod(annotations={COMPLETION_INDEX: "7"})) == 7
    assert completion_index(pod(annotations={COMPLETION_INDEX: "-7"})) is None
    assert completion_index(pod()) is None
