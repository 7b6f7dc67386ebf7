"""Exceptions of the mutants."""

from kactors.errors import KactorsError

__all__ = ["MutantError", "StaleMutant"]


class MutantError(KactorsError):
    """Base of what goes wrong with mutants themselves."""


class StaleMutant(MutantError):
    """The code that a mutant changes is not what it expects any more."""
