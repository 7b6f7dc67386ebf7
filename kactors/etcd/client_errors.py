"""What clients of the store and operators of members are told, besides etcd's own errors."""

from kactors.errors import KactorsError

__all__ = [
    "BadMemberConfig",
    "BadUrl",
    "ClusterUnavailable",
    "MemberFailed",
    "MemberRemoved",
    "OutcomeUnknown",
]


class OutcomeUnknown(KactorsError):
    """A write was sent and not answered: it may have happened, may happen yet, or never will.

    Read to find out, or write again in a way that does no harm if it happens twice.
    """


class ClusterUnavailable(KactorsError):
    """No member could serve the request in time, and certainly nothing was done: retry later."""


class BadUrl(KactorsError, ValueError):
    """A text does not say where a member is."""


class BadMemberConfig(KactorsError, ValueError):
    """What a member is configured with contradicts itself or what its disk holds."""


class MemberRemoved(KactorsError):
    """The cluster has removed this member for ever: empty its disk and add it anew."""


class MemberFailed(KactorsError):
    """A member cannot go on with what its disk holds; the text says what to do."""
