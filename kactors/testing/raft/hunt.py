"""The broad search: one schedule after the other from a seed, nothing shrunk.

Schedule ``n`` of seed ``s`` is always the same, so a hunt can be split, repeated and resumed.
"""

from collections.abc import Iterable

import attrs

from kactors.testing.raft.dice import Dice
from kactors.testing.raft.effect import Tally
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.run import Outcome, run
from kactors.testing.raft.schedule import Schedule
from kactors.testing.raft.storm import storm

__all__ = ["Hunt", "hunt", "nth_schedule"]


@attrs.define
class Hunt:
    """What a hunt did.

    Attributes:
        schedules: how many were run.
        found: the run that broke a property, ``None`` if none did.
        virtual_ns, steps, acknowledged, served: sums over all runs.
        tally: what became of all faults.
    """

    schedules: int = 0
    found: Outcome | None = None
    virtual_ns: int = 0
    steps: int = 0
    acknowledged: int = 0
    served: int = 0
    tally: Tally = attrs.field(factory=Tally)

    def add(self, outcome: Outcome) -> None:
        """Count one run."""
        self.schedules += 1
        self.virtual_ns += outcome.virtual_ns
        self.steps += outcome.steps
        self.acknowledged += outcome.acknowledged
        self.served += outcome.served
        self.tally.add(outcome.tally)
        if outcome.violation is not None:
            self.found = outcome


def nth_schedule(seed: int, number: int, implementation: Implementation = OURS) -> Schedule:
    """Return schedule ``number`` of the hunt with ``seed``."""
    return storm(Dice(seed, 0x40A7, number), implementation.capabilities)


def hunt(seed: int, numbers: Iterable[int], implementation: Implementation = OURS) -> Hunt:
    """Run schedules until one breaks a property.

    Args:
        seed: names the series of schedules.
        numbers: which of them, for instance ``range(1000)``.
        implementation: the Raft to test.
    """
    result = Hunt()
    for number in numbers:
        result.add(run(nth_schedule(seed, number, implementation), implementation))
        if result.found is not None:
            break
    return result
