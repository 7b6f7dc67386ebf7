"""Majorities, of one configuration or of both halves of a joint one.

Everything that a quorum decides in this package goes through `agreed` (how far have
enough members come?) or `verdict` (did enough members say yes?), so the rule of joint
consensus stands in one place.

Source: Raft paper, section 6; thesis, section 4.3.
"""

from collections.abc import Callable, Mapping
from enum import Enum

from kactors.raft.configuration import Configuration

__all__ = ["Verdict", "agreed", "majority", "majority_value", "majority_verdict", "verdict"]


class Verdict(Enum):
    """The state of an election."""

    PENDING = "pending"
    WON = "won"
    LOST = "lost"


def majority(count: int) -> int:
    """Return how many of ``count`` voters are more than half of them."""
    return count // 2 + 1


def majority_value(values: list[int]) -> int:
    """Return the largest value that a majority of ``values`` reaches.

    Example:
        >>> majority_value([7, 3, 5])
        5
        >>> majority_value([7, 3, 5, 9])
        5
    """
    return sorted(values)[len(values) - majority(len(values))]


def agreed(configuration: Configuration, value_of: Callable[[int], int]) -> int:
    """Return the largest value that a quorum of ``configuration`` reaches.

    A joint configuration needs both majorities, so it is as far as the slower half.

    Args:
        configuration: one with voters.
        value_of: how far a voter has come, for instance its match index.
    """
    value = majority_value([value_of(member) for member in configuration.voters])
    if configuration.outgoing:
        outgoing = majority_value([value_of(member) for member in configuration.outgoing])
        return min(value, outgoing)
    return value


def majority_verdict(voters: tuple[int, ...], votes: Mapping[int, bool]) -> Verdict:
    """Count ``votes`` among ``voters``; the votes of others do not count."""
    granted = sum(votes.get(voter) is True for voter in voters)
    refused = sum(votes.get(voter) is False for voter in voters)
    needed = majority(len(voters))
    if granted >= needed:
        return Verdict.WON
    return Verdict.LOST if len(voters) - refused < needed else Verdict.PENDING


def verdict(configuration: Configuration, votes: Mapping[int, bool]) -> Verdict:
    """Count ``votes`` in every half: one lost half loses, and all must be won to win."""
    verdicts = {majority_verdict(configuration.voters, votes)}
    if configuration.outgoing:
        verdicts.add(majority_verdict(configuration.outgoing, votes))
    if Verdict.LOST in verdicts:
        return Verdict.LOST
    return Verdict.PENDING if Verdict.PENDING in verdicts else Verdict.WON
