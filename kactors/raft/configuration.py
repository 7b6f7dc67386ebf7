"""Who votes: configurations as values, and the pure rules that change them.

A configuration is joint while ``outgoing`` is not empty: then every decision needs a
majority of ``voters`` *and* a majority of ``outgoing``.

Source: Raft thesis, chapter 4; learners, ``learners_next`` and the three ways to leave
follow etcd/raft's ``confchange`` package.
"""

from collections.abc import Iterable
from enum import IntEnum

from kactors.raft.errors import ConfChangeRefused, ConfRefusal
from kactors.wire import message

__all__ = ["Action", "ConfChange", "Configuration", "MemberChange", "Transition", "changed"]


class Action(IntEnum):
    """What happens to one member."""

    ADD_VOTER = 1
    ADD_LEARNER = 2
    REMOVE = 3


class Transition(IntEnum):
    """How a change that needs a joint configuration gets in and out of it."""

    #: Simple if at most one voter changes, else joint, left automatically.
    AUTO = 0
    #: Joint even if it need not be, left automatically.
    IMPLICIT = 1
    #: Joint even if it need not be, left by an explicit empty change.
    EXPLICIT = 2


@message("raft.member_change")
class MemberChange:
    """One member's part in a change; ``ADD_LEARNER`` of a voter demotes it."""

    action: Action
    member: int


@message("raft.conf_change")
class ConfChange:
    """A change of the configuration, as an entry of the log carries it.

    An empty ``changes`` leaves a joint configuration. ``context`` belongs to the
    driver (addresses of new members, a request to answer).
    """

    changes: tuple[MemberChange, ...] = ()
    transition: Transition = Transition.AUTO
    context: bytes = b""

    @property
    def leaves_joint(self) -> bool:
        """Whether this change leaves a joint configuration."""
        return not self.changes


@message("raft.configuration")
class Configuration:
    """Who votes and who listens; every tuple is sorted and without repetition.

    Invariants: learners never vote, neither in ``voters`` nor in ``outgoing``;
    ``learners_next`` are voters of ``outgoing`` that become learners when it is left.
    """

    voters: tuple[int, ...] = ()
    learners: tuple[int, ...] = ()
    outgoing: tuple[int, ...] = ()
    learners_next: tuple[int, ...] = ()
    auto_leave: bool = False

    @property
    def joint(self) -> bool:
        """Whether two majorities are needed."""
        return bool(self.outgoing)

    @property
    def electorate(self) -> tuple[int, ...]:
        """Everyone whose vote counts, in one half or in both."""
        return _ordered((*self.voters, *self.outgoing)) if self.outgoing else self.voters

    @property
    def members(self) -> tuple[int, ...]:
        """Everyone to whom the log is replicated."""
        return _ordered((*self.voters, *self.outgoing, *self.learners))

    def is_voter(self, member: int) -> bool:
        """Answer whether ``member`` votes in one of the halves."""
        return member in self.voters or member in self.outgoing

    def __str__(self) -> str:
        text = _listed(self.voters)
        if self.outgoing:
            text += f"&&{_listed(self.outgoing)}"
        if self.learners:
            text += f" learners={_listed(self.learners)}"
        if self.learners_next:
            text += f" learners_next={_listed(self.learners_next)}"
        return text + (" auto-leave" if self.auto_leave else "")


def changed(configuration: Configuration, change: ConfChange) -> Configuration:
    """Return the configuration after ``change``.

    Raises:
        ConfChangeRefused: the change breaks a rule of joint consensus.
    """
    if change.leaves_joint:
        return leave_joint(configuration)
    if configuration.joint:
        raise ConfChangeRefused(f"found {configuration}", reason=ConfRefusal.JOINT)
    target = _altered(configuration, change.changes)
    if needs_joint(configuration, target, change.transition):
        return enter_joint(
            configuration, change, auto_leave=change.transition is not Transition.EXPLICIT
        )
    return target


def needs_joint(before: Configuration, after: Configuration, transition: Transition) -> bool:
    """Answer whether the way from ``before`` to ``after`` leads through both."""
    return transition is not Transition.AUTO or _voters_altered(before, after) > 1


def enter_joint(
    configuration: Configuration, change: ConfChange, *, auto_leave: bool
) -> Configuration:
    """Return C(old,new): the present voters go out, the changed ones come in."""
    joint = Configuration(
        voters=configuration.voters,
        learners=configuration.learners,
        outgoing=configuration.voters,
        auto_leave=auto_leave,
    )
    return _altered(joint, change.changes)


def leave_joint(configuration: Configuration) -> Configuration:
    """Return C(new): only the incoming voters decide, staged learners become learners.

    Raises:
        ConfChangeRefused: the configuration is not joint.
    """
    if not configuration.joint:
        raise ConfChangeRefused(f"found {configuration}", reason=ConfRefusal.NOT_JOINT)
    return Configuration(
        voters=configuration.voters,
        learners=_ordered((*configuration.learners, *configuration.learners_next)),
    )


def _altered(configuration: Configuration, changes: Iterable[MemberChange]) -> Configuration:
    voters, learners = list(configuration.voters), list(configuration.learners)
    staged = list(configuration.learners_next)
    for change in changes:
        member = change.member
        for group in (voters, learners, staged):
            if member in group:
                group.remove(member)
        match change.action:
            case Action.ADD_VOTER:
                voters.append(member)
            case Action.ADD_LEARNER:
                # A voter of the outgoing half cannot be a learner yet: it still votes there.
                (staged if member in configuration.outgoing else learners).append(member)
            case Action.REMOVE:
                pass
    if not voters:
        raise ConfChangeRefused(f"found {configuration}", reason=ConfRefusal.NO_VOTERS)
    return Configuration(
        voters=_ordered(voters),
        learners=_ordered(learners),
        outgoing=configuration.outgoing,
        learners_next=_ordered(staged),
        auto_leave=configuration.auto_leave,
    )


def _voters_altered(before: Configuration, after: Configuration) -> int:
    return len(set(before.voters) ^ set(after.voters))


def _ordered(members: Iterable[int]) -> tuple[int, ...]:
    return tuple(sorted(set(members)))


def _listed(members: Iterable[int]) -> str:
    return f"({' '.join(map(str, members))})"
