"""What may go wrong between a program and the apiservers, besides what they themselves say.

An apiserver's refusal is a `kactors.api.errors.ApiError`, with upstream's reason and code.
"""

from kactors.errors import KactorsError

__all__ = [
    "ClientError",
    "NotLeading",
    "OutcomeUnknown",
    "ShutDown",
    "TerminalError",
    "Unavailable",
    "WatchBroken",
]


class ClientError(KactorsError):
    """Base of what the client layer raises; never raised itself."""


class OutcomeUnknown(ClientError):
    """A write was sent and not answered: it may have happened, may happen yet, or never will.

    Read to find out, or write again in a way that does no harm if it happens twice.
    """


class Unavailable(ClientError):
    """No apiserver could serve the request in time, and certainly nothing was changed."""


class WatchBroken(ClientError):
    """A watch ended before its time: nothing is known of later changes, all earlier ones came."""


class NotLeading(ClientError):
    """A write that only the leader may make was not sent: somebody else may lead by now."""


class ShutDown(ClientError):
    """The work queue gives out nothing any more."""


class TerminalError(ClientError):
    """Raised by a reconciler: the key is not to be tried again before something has changed."""
