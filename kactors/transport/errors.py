"""What the transports raise."""

from kactors.errors import KactorsError


class TransportError(KactorsError):
    """Base of what a transport raises; never raised itself."""
