"""What may go wrong on a node and is somebody else's business to handle."""

from kactors.errors import KactorsError

__all__ = [
    "ConfigMissing",
    "ConnectionFailed",
    "ConnectionRefused",
    "ConnectionTimedOut",
    "ImagePullError",
    "LookupFailed",
    "MalformedBehaviour",
    "NetworkNotReady",
    "NoSuchContainer",
    "NoSuchName",
    "NodeError",
    "VolumeNotReady",
]  # fmt: skip


class NodeError(KactorsError):
    """Base of what this package raises; never raised itself."""


class MalformedBehaviour(NodeError, ValueError):
    """An annotation that chooses a simulated behaviour says none."""


class ImagePullError(NodeError):
    """An image could not be pulled; it is tried again after a back-off."""


class NetworkNotReady(NodeError):
    """A sandbox can have no address yet: the node has no range of addresses for pods."""


class NoSuchContainer(NodeError, LookupError):
    """A container was asked for by an id that the runtime does not know."""


class VolumeNotReady(NodeError):
    """A volume cannot be mounted yet; the pod waits in ``ContainerCreating``."""


class ConfigMissing(NodeError):
    """A container cannot be made: something that its environment names is not there."""


class ConnectionFailed(NodeError):
    """A connection through the network of nodes was not made; one below it says how."""


class ConnectionRefused(ConnectionFailed):
    """Somebody answered, and said no: nobody listens there, or a Service has no endpoints."""


class ConnectionTimedOut(ConnectionFailed):
    """Nobody answered: packets are dropped, the address is nobody's, or its host is away."""


class LookupFailed(NodeError):
    """A name could not be resolved: no server answered, or it answered that it cannot."""


class NoSuchName(LookupFailed):
    """A name does not exist, says a server that should know."""
