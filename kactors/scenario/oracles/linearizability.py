"""What clients of the API were told can be explained by one order of what they did."""

from typing import ClassVar

from kactors.checking.linearizability import check
from kactors.scenario.oracle import Oracle

__all__ = ["Linearizability"]


class Linearizability(Oracle):
    """Reads by quorum, writes and compare-and-swap writes of ConfigMaps are linearizable.

    A history that cannot be decided within the checker's budget is not objected to.

    Source: Herlihy and Wing, Linearizability, TOPLAS 12(3), 1990; `kactors.checking`.
    """

    name: ClassVar[str] = "linearizability"

    def finish(self, *, converged: bool) -> None:
        """Judge the whole history."""
        del converged
        found = check(self.scene.operations)
        if found.failure is not None:
            self.object_to(
                "the history of the API is not linearizable",
                f"after {len(found.failure.linearization)} operations nothing explains: "
                f"{found.failure.blocked}",
            )
