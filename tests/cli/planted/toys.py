"""Mutants that change nothing, and hunters that know in advance what they will find."""

import multiprocessing
import os
import signal
from contextlib import nullcontext
from typing import Any

import attrs

from kactors.testing.mutants import Edit, Mutant, edited
from kactors.testing.mutants.hunter import Found, Hunter


@attrs.frozen
class Second:
    """Finds everything in its second trial."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Find it, or not yet."""
        return Found("toys stay whole: not so", f"series {seed}", "spin | drop") if number else None

    def shrink(self, found: Found) -> tuple[Any, int]:
        """Drop one of two."""
        return found.schedule, 1


@attrs.frozen
class Blind:
    """Finds nothing."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Look at nothing."""
        return None

    def shrink(self, found: Found) -> tuple[Any, int]:
        """Nobody asks for this."""
        raise AssertionError(found)


@attrs.frozen
class Victim(Blind):
    """Is killed while it looks."""

    def trial(self, seed: int, number: int) -> Found | None:
        """End this process as the operating system does when memory is short."""
        os.kill(os.getpid(), signal.SIGKILL)
        return None


@attrs.frozen
class Impatient(Blind):
    """Has the user press Ctrl-C, and goes on."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Interrupt the command."""
        parent = multiprocessing.parent_process()
        assert parent is not None, "toys are hunted in workers"
        assert parent.pid is not None, "the command runs"
        os.kill(parent.pid, signal.SIGINT)
        signal.pause()
        return None


@attrs.frozen
class Broken(Blind):
    """Has a bug of its own."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Fail as no hunter should."""
        raise ZeroDivisionError("this hunter is broken")


HUNTERS: dict[str, Hunter] = {
    "second": Second(),
    "blind": Blind(),
    "victim": Victim(),
    "impatient": Impatient(),
    "broken": Broken(),
}


def _toy(number: int, name: str) -> Mutant:
    return Mutant(
        name=f"toy-{name}",
        number=number,
        source="a toy box",
        invariant="toys stay whole",
        apply=nullcontext,
        hunt=name,
    )


MUTANTS = (
    *(_toy(number, name) for number, name in enumerate(HUNTERS, start=1)),
    attrs.evolve(
        _toy(9, "second"),
        name="toy-stale",
        apply=edited(Edit("kactors.raft.quorum", "majority", "what is not there", "")),
    ),
)
