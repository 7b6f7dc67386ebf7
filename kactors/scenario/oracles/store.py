"""Members of etcd agree on what happened, in every life."""

from typing import ClassVar

from kactors.scenario.oracle import Oracle

__all__ = ["StoreAgreement"]


class StoreAgreement(Oracle):
    """Every member applies at each revision what the first to apply it did.

    Source: State Machine Safety of the Raft paper, figure 3, at the level of what is stored; etcd's
    hash check (``etcd#13766``, revisions that diverge after a crash).
    """

    name: ClassVar[str] = "store agreement"

    def look(self) -> None:
        """Report the first contradiction."""
        contradictions = self.scene.truth.contradictions
        if contradictions:
            self.object_to("members disagree", contradictions[0].text)

    def finish(self, *, converged: bool) -> None:
        """Look once more."""
        del converged
        self.look()
