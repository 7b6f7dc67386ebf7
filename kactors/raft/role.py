"""The four roles of a member in a term."""

from enum import Enum

__all__ = ["Role"]


class Role(Enum):
    """What a member does in its term; being a voter or a learner is another matter."""

    FOLLOWER = "follower"
    PRE_CANDIDATE = "pre-candidate"
    CANDIDATE = "candidate"
    LEADER = "leader"

    # Roles are keys of the dispatch table: identity is the cheapest hash there is.
    __hash__ = object.__hash__
