"""Does a scenario repeat itself? In other interpreters, and whoever shares decoded objects."""

from pathlib import Path
from typing import Final

import attrs

from kactors.evidence.compare import Difference, differing_window, first_difference
from kactors.scenario.fingerprint import Way, fingerprints

__all__ = ["Verification", "verify"]

_WAYS: Final = (Way(hash_seed=0), Way(hash_seed=4242))
_PARANOID: Final = Way(hash_seed=7, paranoid=True)


@attrs.frozen
class Verification:
    """Whether runs were the same.

    Attributes:
        digest: of the first run.
        events: of it.
        difference: the first event that differs in another, if one does.
    """

    digest: str
    events: int
    difference: Difference | None

    @property
    def same(self) -> bool:
        """Whether all runs were the same."""
        return self.difference is None


def verify(path: Path, seed: int = 0, *, paranoid: bool = False) -> Verification:
    """Run a scenario in several interpreters with different hashes of strings; compare the runs.

    Args:
        path: of the scenario.
        seed: of all runs.
        paranoid: compare with a run in which no two actors share a decoded object, too.

    Raises:
        BrokenFile: it cannot be run.
    """
    ways = (*_WAYS, _PARANOID) if paranoid else _WAYS
    first, *others = fingerprints(path, seed, ways)
    for way, other in zip(ways[1:], others, strict=True):
        window = differing_window(first, other)
        if window is not None:
            left, right = fingerprints(path, seed, (ways[0], way), keep=window)
            difference = first_difference(left.kept, right.kept, first=window[0])
            return Verification(first.digest, first.events, difference or _unlike(window))
    return Verification(first.digest, first.events, None)


def _unlike(window: tuple[int, int]) -> Difference:
    """Return the difference of runs that were the same when they were run once more."""
    text = f"events {window[0]} to {window[1]} differed, and were the same when run again"
    remedy = "a run does not repeat even itself: look for real time, chance or threads"
    return Difference(window[0], text, remedy, (), ())
