"""Exceptions of the Raft harness."""

from kactors.errors import KactorsError

__all__ = ["HarnessError", "InvalidSchedule"]


class HarnessError(KactorsError):
    """Base of what the harness raises; a bug that it finds is a `Failure`, never one of these."""


class InvalidSchedule(HarnessError, ValueError):
    """A schedule asks for what cannot be run."""
