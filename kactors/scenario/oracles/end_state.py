"""What a cluster has come to with faults is what it comes to without."""

from collections.abc import Callable
from itertools import islice
from typing import ClassVar

from kactors.scenario.end_state import Counts, EndState, differences, end_state
from kactors.scenario.oracle import Oracle, Scene

__all__ = ["EndRecorder", "SameEnd"]


class EndRecorder(Oracle):
    """Keeps the end state of a run that converges; objects to nothing.

    Attributes:
        state: nothing until then.
    """

    name: ClassVar[str] = "end recorder"

    def __init__(self, scene: Scene) -> None:
        super().__init__(scene)
        self.state: EndState | None = None
        self._counts = Counts(scene.truth)

    def finish(self, *, converged: bool) -> None:
        """Take note of the end."""
        if converged:
            self.state = end_state(self.scene.truth, self._counts)


class SameEnd(Oracle):
    """Sieve's differential oracle: end state, and counts of creations and deletions.

    It needs no knowledge of what a controller should do, and it costs another run, which is made
    when everything else has held. Catches what no other promise covers: a pod that nobody
    recreates (k8s#95432), an object that an unobserved or repeated step leaves behind.

    Args:
        scene: of the run with faults.
        reference: makes the run without faults, and returns what it came to; nothing if that
            itself did not hold.
    """

    name: ClassVar[str] = "end state"

    def __init__(self, scene: Scene, reference: Callable[[], EndState | None]) -> None:
        super().__init__(scene)
        self._reference = reference
        self._counts = Counts(scene.truth)

    def finish(self, *, converged: bool) -> None:
        """Compare, if the run had all the time that it needed."""
        reference = self._reference() if converged else None
        if reference is None:
            return
        found = list(islice(differences(end_state(self.scene.truth, self._counts), reference), 3))
        if found:
            text = f"the end differs from that of the run without faults: {'; '.join(found)}"
            self.object_to("the end differs from that without faults", text)
