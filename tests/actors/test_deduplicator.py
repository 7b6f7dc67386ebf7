"""Copies of requests are recognised, whatever the order in which they come."""

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.actors.deduplicator import GENERATION, Deduplicator


@given(st.lists(st.integers(1, 500)))
def test_within_a_generation_it_is_a_set(numbers: list[int]) -> None:
    """A number is a copy if and only if it was seen before."""
    deduplicator = Deduplicator()
    seen: list[int] = []

    for number in numbers:
        assert deduplicator.is_copy(number) is (number in seen)
        seen.append(number)


@settings(max_examples=20)
@given(st.permutations(range(40)), st.integers(1, 3))
def test_nothing_is_ever_taken_for_new_twice(blocks: list[int], copies: int) -> None:
    """Far more numbers than are remembered, in any order, each several times."""
    deduplicator = Deduplicator()
    size = GENERATION // 8
    taken: list[int] = []

    for _ in range(copies):
        for block in blocks:
            numbers = range(1 + block * size, 1 + (block + 1) * size)
            taken.extend(number for number in numbers if not deduplicator.is_copy(number))

    assert len(taken) == len(set(taken))
    assert len(deduplicator) <= 2 * GENERATION


def test_rising_numbers_are_all_new() -> None:
    """As they are when the network keeps their order."""
    deduplicator = Deduplicator()

    assert not any(deduplicator.is_copy(number) for number in range(1, 5 * GENERATION))
    assert len(deduplicator) <= 2 * GENERATION


def test_one_that_thousands_have_overtaken_is_dropped() -> None:
    """It might be a copy of one forgotten since; at most once goes before at least once."""
    deduplicator = Deduplicator()
    for number in range(2, 3 * GENERATION + 2):
        deduplicator.is_copy(number)

    assert deduplicator.is_copy(1)


def test_what_was_refused_may_come_again() -> None:
    """Nothing was done for it."""
    deduplicator = Deduplicator()
    deduplicator.is_copy(7)

    deduplicator.forget(7)

    assert not deduplicator.is_copy(7)
    assert deduplicator.is_copy(7)
