"""What an observer sees of one member of a Raft cluster, whoever implemented it.

Indexes are 1-based. An entry's payload is anything that can be compared: equal payloads are
the same command.
"""

from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeAlias

import attrs

__all__ = ["Ack", "DurableState", "LogView", "MemberView", "Promise", "Role", "Vote"]


class Role(StrEnum):
    """The roles of the paper; a member that asks around before a campaign is a candidate."""

    FOLLOWER = "follower"
    CANDIDATE = "candidate"
    LEADER = "leader"


class MemberView(NamedTuple):
    """One member at one moment, in memory: some of it may not be durable yet.

    Attributes:
        first_index: the first entry that is not compacted.
        last_index, last_term: the position of the last entry.
        voters: those whose majority decides, as this member knows it.
        outgoing: the other half of a joint configuration.
        learners: those who receive the log and do not vote.
        recovering: this member lost its storage once and promises nothing.
    """

    role: Role
    term: int
    vote: int | None
    commit_index: int
    first_index: int
    last_index: int
    last_term: int
    voters: tuple[int, ...]
    outgoing: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    recovering: bool = False


class LogView(Protocol):
    """A log that can be read."""

    def entry(self, index: int) -> tuple[int, Any] | None:
        """Return the term and the payload of an entry, ``None`` if it is not there."""


class DurableState(LogView, Protocol):
    """What a member would find if it restarted now."""

    @property
    def term(self) -> int:
        """The term on disk."""

    @property
    def vote(self) -> int | None:
        """The vote on disk."""

    @property
    def commit_index(self) -> int:
        """The commit index on disk; 0 if it is not kept."""

    @property
    def last_index(self) -> int:
        """The last entry on disk."""


@attrs.frozen
class Vote:
    """A message promises that its sender votes for nobody but ``candidate`` in ``term``."""

    term: int
    candidate: int


@attrs.frozen
class Ack:
    """A message promises that its sender holds the log of ``term``'s leader up to ``index``."""

    term: int
    index: int


Promise: TypeAlias = Vote | Ack
