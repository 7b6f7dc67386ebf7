"""Majorities and joint majorities, against the definition by enumeration."""

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from kactors.raft import Configuration
from kactors.raft.quorum import Verdict, agreed, majority, majority_value, verdict

_MEMBERS = st.integers(1, 7)
_HALVES = st.frozensets(_MEMBERS, min_size=1, max_size=6).map(lambda ids: tuple(sorted(ids)))
_CONFIGURATIONS = st.builds(Configuration, voters=_HALVES, outgoing=st.one_of(st.just(()), _HALVES))


def quorums(configuration: Configuration) -> list[frozenset[int]]:
    """Enumerate all sets of members that are a majority of every half."""
    everyone = configuration.electorate
    halves = [set(half) for half in (configuration.voters, configuration.outgoing) if half]
    return [
        frozenset(chosen)
        for size in range(len(everyone) + 1)
        for chosen in combinations(everyone, size)
        if all(2 * len(half & set(chosen)) > len(half) for half in halves)
    ]


@given(st.integers(1, 1000))
def test_two_majorities_overlap_and_a_smaller_set_is_none(count: int) -> None:
    """A majority is the smallest number of which two cannot be disjoint."""
    assert 2 * majority(count) > count >= 2 * (majority(count) - 1)


@given(st.lists(st.integers(0, 9), min_size=1, max_size=9))
def test_majority_value_is_reached_by_a_majority_and_no_larger_one_is(values: list[int]) -> None:
    """The value is the largest that more than half of the voters reach."""
    value = majority_value(values)

    assert sum(each >= value for each in values) * 2 > len(values)
    assert sum(each > value for each in values) * 2 <= len(values)


@given(_CONFIGURATIONS, st.lists(st.integers(0, 9), min_size=7, max_size=7))
def test_agreed_is_the_best_that_some_quorum_reaches(
    configuration: Configuration, values: list[int]
) -> None:
    """Of all quorums, the one whose slowest member is fastest decides."""
    expected = max(min(values[each - 1] for each in quorum) for quorum in quorums(configuration))

    assert agreed(configuration, lambda voter: values[voter - 1]) == expected


@given(_CONFIGURATIONS, st.dictionaries(_MEMBERS, st.booleans()))
def test_verdict_is_what_no_further_vote_can_change(
    configuration: Configuration, votes: dict[int, bool]
) -> None:
    """Won: a quorum granted. Lost: no quorum is free of refusals. Else it is pending."""
    all_quorums = quorums(configuration)
    won = any(all(votes.get(each) is True for each in quorum) for quorum in all_quorums)
    possible = any(all(votes.get(each, True) for each in quorum) for quorum in all_quorums)

    assert verdict(configuration, votes) is (
        Verdict.WON if won else Verdict.PENDING if possible else Verdict.LOST
    )


def test_the_votes_of_strangers_do_not_count() -> None:
    """Only voters of the configuration decide."""
    configuration = Configuration(voters=(1, 2, 3), learners=(4,))

    assert verdict(configuration, {1: True, 4: True, 9: True}) is Verdict.PENDING


def test_a_joint_configuration_is_not_its_union() -> None:
    """Three of five members are a majority of the union, but not of both halves."""
    configuration = Configuration(voters=(1, 4, 5), outgoing=(1, 2, 3))

    assert verdict(configuration, {1: True, 4: True, 5: True}) is Verdict.PENDING
    assert agreed(configuration, lambda voter: 9 if voter in (1, 4, 5) else 2) == 2
