"""What can be wrong with a topology."""

from kactors.errors import KactorsError

__all__ = ["ClusterError", "InvalidTopology", "NotReady"]


class ClusterError(KactorsError):
    """Something about a cluster as a whole."""


class InvalidTopology(ClusterError, ValueError):
    """A topology contradicts itself; the message says what to change."""


class NotReady(ClusterError):
    """A cluster is not what it was waited for to become; the message says what is missing."""
