"""What a member cannot do now, each with its reason as a value.

`ProposalDropped` and its kin mean "not now, not here": nothing was changed and the
caller may try again. `StorageLost` and `LogLost` are final: the member must stop,
because going on could break a promise that its disk no longer remembers.
"""

from enum import Enum

from kactors.errors import KactorsError

__all__ = [
    "ConfChangeRefused",
    "ConfRefusal",
    "DropReason",
    "InvalidConfig",
    "LogLost",
    "NotLeader",
    "ProposalDropped",
    "RaftError",
    "ReadDropped",
    "StorageLost",
    "TransferRefused",
]


class RaftError(KactorsError):
    """This member cannot serve this now."""


class InvalidConfig(RaftError, ValueError):
    """The knobs of a member contradict each other."""


class DropReason(Enum):
    """Why a proposal or a read was not taken."""

    NOT_LEADER = "not leader"
    TRANSFERRING = "leadership is being transferred"
    UNCOMMITTED_LIMIT = "too many uncommitted bytes"
    TOO_MANY_READS = "too many reads wait"


class ProposalDropped(RaftError):
    """A proposal was not appended; it will never commit, so it may be proposed again.

    Attributes:
        reason: what stood in the way.
    """

    def __init__(self, text: str, *, reason: DropReason) -> None:
        super().__init__(text)
        self.reason = reason


class NotLeader(ProposalDropped):
    """Only the leader appends, and this member may not or cannot forward.

    Attributes:
        leader_hint: who to ask instead; ``None`` while an election runs.
    """

    def __init__(self, member: int, term: int, *, leader_hint: int | None) -> None:
        hint = (
            "no leader is known: retry after an election timeout"
            if leader_hint is None
            else f"ask member {leader_hint}"
        )
        super().__init__(
            f"member {member} is not the leader of term {term}; {hint}",
            reason=DropReason.NOT_LEADER,
        )
        self.leader_hint = leader_hint


class ReadDropped(RaftError):
    """A read was not registered; it may be asked again.

    Attributes:
        reason: what stood in the way.
    """

    def __init__(self, text: str, *, reason: DropReason) -> None:
        super().__init__(text)
        self.reason = reason


class TransferRefused(RaftError):
    """The leader will not hand its leadership to that member."""


class ConfRefusal(Enum):
    """Why a change of the configuration was not proposed."""

    PENDING = "an earlier change is not committed yet"
    TERM_NOT_COMMITTED = "nothing of this term is committed yet"
    JOINT = "the configuration is joint: leave it first"
    NOT_JOINT = "the configuration is not joint: there is nothing to leave"
    NO_VOTERS = "nobody would be left to vote"
    NOT_CAUGHT_UP = "only a learner that holds the current configuration becomes a voter"


class ConfChangeRefused(RaftError):
    """A change of the configuration breaks a rule, and nothing was appended.

    Attributes:
        reason: the rule.
    """

    def __init__(self, text: str, *, reason: ConfRefusal) -> None:
        super().__init__(f"{reason.value}: {text}")
        self.reason = reason


class StorageLost(RaftError):
    """A member was started as a known one, but its storage does not know what it promised."""


class LogLost(RaftError):
    """A leader of this term knows entries acknowledged by this member that it does not have.

    The disk lost what was synced. The member must stop, and come back with an empty
    storage and ``joining`` set: see `kactors.raft.recovery`.
    """

    def __init__(self, member: int, *, commit_index: int, last_index: int) -> None:
        super().__init__(
            f"member {member} acknowledged entry {commit_index}, but its log ends at {last_index}: "
            "its storage lost entries; stop it, empty its storage and let it join again"
        )
        self.commit_index = commit_index
        self.last_index = last_index
