"""What can go wrong with a cluster on one machine."""

from kactors.cluster.errors import ClusterError

__all__ = ["ContradictingSettings", "DataDirectoryBroken", "LiveClusterError", "NoCluster"]


class LiveClusterError(ClusterError):
    """Something about a cluster on one machine."""


class NoCluster(LiveClusterError):
    """There is no cluster in the directory."""


class ContradictingSettings(LiveClusterError, ValueError):
    """A cluster was made with other settings than are asked for now."""


class DataDirectoryBroken(LiveClusterError):
    """A file in the directory is not what it has to be."""
