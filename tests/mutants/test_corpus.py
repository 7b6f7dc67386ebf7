"""The corpus itself: every mutant applies, and leaves nothing behind."""

import pytest

from kactors.testing.mutants import Mutant
from kactors.testing.mutants.corpus import load_corpus

CORPUS = load_corpus("tests.mutants")


def test_names_are_unique() -> None:
    """A mutant is asked for by its name."""
    names = [mutant.name for mutant in CORPUS.mutants]

    assert len(set(names)) == len(names)


@pytest.mark.parametrize("mutant", CORPUS.mutants, ids=lambda mutant: mutant.name)
def test_every_mutant_applies(mutant: Mutant) -> None:
    """The code that a mutant changes is there, as the mutant knows it, twice in a row."""
    for _ in range(2):
        with mutant.apply():
            pass


def test_every_mutant_has_a_hunter() -> None:
    """Nothing is planted that nobody looks for."""
    for mutant in CORPUS.mutants:
        assert mutant.hunt in CORPUS.hunters, mutant.name
