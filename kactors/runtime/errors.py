"""Exceptions of the runtime face; the names and meanings are trio's."""

from kactors.errors import KactorsError


class RuntimeFaceError(KactorsError):
    """Base of what the runtime face raises; never raised itself."""


class NoRuntimeError(RuntimeFaceError):
    """A function of the face was called where neither world is running."""


class TooSlowError(RuntimeFaceError):
    """Raised by `fail_after` and `fail_at` when the body was not done in time."""


class WouldBlock(RuntimeFaceError):
    """Raised by ``X_nowait`` functions if ``X`` would block."""


class EndOfChannel(RuntimeFaceError):
    """Every sender has closed and nothing is left to receive."""


class ClosedResourceError(RuntimeFaceError):
    """*You* closed the resource that you are now using."""


class BrokenResourceError(RuntimeFaceError):
    """Somebody else, or a fault, broke the resource that you are using."""
