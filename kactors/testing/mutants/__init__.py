"""Planted bugs: what they are, how they are applied at run time, and how they are hunted.

The corpus itself lives beside the tests (``tests/mutants``): modules with a tuple ``MUTANTS``.
Nothing of it is visible in production code.
"""

from kactors.testing.mutants.edit import Edit, edited
from kactors.testing.mutants.errors import MutantError, StaleMutant
from kactors.testing.mutants.mutant import Mutant

__all__ = ["Edit", "Mutant", "MutantError", "StaleMutant", "edited"]
