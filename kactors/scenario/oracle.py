"""Who watches a run and objects: the face of all oracles.

An oracle looks at the truth and at what components hold, never sends a message, and never raises
because a promise was broken: it reports a `Finding`.
"""

from collections.abc import Callable, Sequence
from typing import ClassVar

import attrs

from kactors.checking.operation import Operation
from kactors.cluster.simulated import SimulatedCluster
from kactors.scenario.truth import Truth

__all__ = ["Finding", "Oracle", "Scene"]


@attrs.frozen
class Finding:
    """A promise that was broken.

    Attributes:
        oracle: who objects, by the name of the oracle.
        signature: what identifies the violation when its details change: which promise, not which
            object or when. Findings with equal oracles and signatures are one bug.
        text: what was promised and what was found, for people.
        at_ns: true time.
    """

    oracle: str
    signature: str
    text: str
    at_ns: int


@attrs.frozen(eq=False)
class Scene:
    """What the oracles of one run look at.

    Attributes:
        cluster: whose observer they may ask.
        truth: what is stored.
        report: takes findings.
        core: the hosts that must be well in the end; others may stay broken for good.
        operations: what clients of the API have done so far.
    """

    cluster: SimulatedCluster
    truth: Truth
    report: Callable[[Finding], None]
    core: Sequence[str]
    operations: list[Operation] = attrs.field(factory=list)

    @property
    def now_ns(self) -> int:
        """True time."""
        return self.cluster.world.simulation.kernel.now_ns


class Oracle:
    """Watches one run. It is made before the cluster runs and may listen to ``scene.truth``.

    Attributes:
        name: how people and findings call it.
    """

    name: ClassVar[str]

    def __init__(self, scene: Scene) -> None:
        self.scene = scene

    def object_to(self, signature: str, text: str) -> None:
        """Report that a promise was broken, now."""
        self.scene.report(Finding(self.name, signature, text, self.scene.now_ns))

    def look(self) -> None:
        """Look at the cluster: called once in each virtual second."""

    def waits(self) -> bool:
        """Tell whether something is still to come about that `finish` will ask for.

        Asked once the cluster has settled; as long as anybody waits, and there is time to converge,
        the run goes on. So what is asked for in the end may take its time, but not for ever.
        """
        return False

    def finish(self, *, converged: bool) -> None:
        """Look once more, at the end.

        Args:
            converged: the cluster is healed and had time to settle: what is promised only in the
                end must hold now. Otherwise only what must always hold is judged.
        """
