"""Looks for bugs of the Raft core with the storms of the harness."""

from typing import Any

from kactors.testing.mutants.hunter import Found, Hunter
from kactors.testing.raft.hunt import nth_schedule
from kactors.testing.raft.minimise import minimise
from kactors.testing.raft.run import run

__all__ = ["RAFT_HUNTER", "RaftHunter"]


class RaftHunter:
    """One trial is one schedule."""

    def trial(self, seed: int, number: int) -> Found | None:
        """Run schedule ``number`` of the hunt with ``seed``."""
        violation = run(nth_schedule(seed, number)).violation
        if violation is None:
            return None
        return Found(violation.invariant, str(violation), nth_schedule(seed, number))

    def shrink(self, found: Found) -> tuple[Any, int]:
        """Minimise the schedule."""
        smallest = minimise(found.schedule)
        return smallest, len(smallest.faults)


RAFT_HUNTER: Hunter = RaftHunter()
