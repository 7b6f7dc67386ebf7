"""What people can get wrong."""

from kactors.cluster.live.errors import LiveClusterError

__all__ = ["BadManifest", "BadName"]


class BadManifest(LiveClusterError, ValueError):
    """A document holds no object; the message begins with where it is."""


class BadName(LiveClusterError, ValueError):
    """What was given as a resource, or as the name of an object, is none."""
