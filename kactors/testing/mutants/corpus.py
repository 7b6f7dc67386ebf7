"""Finds the planted bugs: modules beside the tests, each with a tuple ``MUTANTS``.

A module may also have a dictionary ``HUNTERS`` that says who looks for its bugs.
"""

import importlib
import pkgutil

import attrs

from kactors.testing.mutants.errors import MutantError
from kactors.testing.mutants.hunter import Hunter
from kactors.testing.mutants.mutant import Mutant
from kactors.testing.mutants.raft_hunter import RAFT_HUNTER

__all__ = ["Corpus", "load_corpus"]


@attrs.frozen
class Corpus:
    """All planted bugs, in the order of their numbers, and who looks for them."""

    mutants: tuple[Mutant, ...]
    hunters: dict[str, Hunter]

    def named(self, name: str) -> Mutant:
        """Return one mutant.

        Raises:
            MutantError: there is none of that name.
        """
        for mutant in self.mutants:
            if mutant.name == name:
                return mutant
        names = ", ".join(mutant.name for mutant in self.mutants)
        raise MutantError(f"no mutant is called {name!r}; there are {names}")


def load_corpus(package: str) -> Corpus:
    """Import all modules of ``package`` and gather what they plant.

    Raises:
        MutantError: there is no such package, or it plants nothing.
    """
    try:
        found = importlib.import_module(package)
    except ModuleNotFoundError as problem:
        raise MutantError(
            f"{package} cannot be imported ({problem}): run from the root of a checkout, "
            "where the tests are, or name another package"
        ) from None
    if not hasattr(found, "__path__"):
        raise MutantError(f"{package} is a module, not a package of modules with MUTANTS")
    mutants: list[Mutant] = []
    hunters: dict[str, Hunter] = {"raft": RAFT_HUNTER}
    for info in sorted(pkgutil.iter_modules(found.__path__), key=lambda each: each.name):
        if info.name.startswith("test_"):
            continue
        module = importlib.import_module(f"{package}.{info.name}")
        mutants.extend(getattr(module, "MUTANTS", ()))
        hunters.update(getattr(module, "HUNTERS", {}))
    if not mutants:
        raise MutantError(f"no module of {package} has MUTANTS: there is nothing to hunt")
    return Corpus(tuple(sorted(mutants, key=lambda each: (each.number, each.name))), hunters)
