"""Exceptions of the harness."""

from kactors.errors import KactorsError

__all__ = ["InvalidSchedule"]


class InvalidSchedule(KactorsError, ValueError):
    """A schedule asks for what cannot be."""
