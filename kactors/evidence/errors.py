"""Exceptions of the evidence layer."""

from kactors.errors import KactorsError


class EvidenceError(KactorsError):
    """Base of what this layer raises; never raised itself."""


class WindowError(EvidenceError):
    """A stretch of events was asked for that cannot exist."""


class TraceFormatError(EvidenceError):
    """A line of a trace file is not a record."""
