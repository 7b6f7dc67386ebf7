"""The broad search: one schedule after the other from a seed, nothing shrunk.

Schedule ``n`` of seed ``s`` is always the same, so a hunt can be split, repeated and resumed.
"""

from collections.abc import Callable, Iterable

import attrs

from kactors.faults.injector import Counts
from kactors.testing.etcd.run import Outcome, run
from kactors.testing.etcd.schedule import Schedule
from kactors.testing.etcd.storm import storm
from kactors.testing.raft.dice import Dice

__all__ = ["Hunt", "hunt", "nth_schedule"]

_KEY = 0xE7CD


@attrs.define
class Hunt:
    """What a hunt did.

    Attributes:
        schedules: how many were run.
        found: the run that broke a promise, ``None`` if none did.
        virtual_s, answered, revisions, responses, leases, deaths: sums over all runs.
        counts: what became of all faults, by kind.
    """

    schedules: int = 0
    found: Outcome | None = None
    virtual_s: float = 0.0
    answered: int = 0
    revisions: int = 0
    responses: int = 0
    leases: int = 0
    deaths: int = 0
    counts: dict[str, Counts] = attrs.field(factory=dict)

    def add(self, outcome: Outcome) -> None:
        """Count one run."""
        self.schedules += 1
        for name in ("virtual_s", "answered", "revisions", "responses", "leases", "deaths"):
            setattr(self, name, getattr(self, name) + getattr(outcome, name))
        for kind, more in outcome.counts.items():
            sofar = self.counts.get(kind, Counts(0, 0, 0))
            self.counts[kind] = Counts(
                sofar.armed + more.armed, sofar.fired + more.fired, sofar.felt + more.felt
            )
        if outcome.violation is not None:
            self.found = outcome


def nth_schedule(seed: int, number: int) -> Schedule:
    """Return schedule ``number`` of the hunt with ``seed``."""
    return storm(Dice(seed, _KEY, number))


def hunt(
    seed: int, numbers: Iterable[int], *, schedule_of: Callable[[int, int], Schedule] = nth_schedule
) -> Hunt:
    """Run schedules until one breaks a promise.

    Args:
        seed: names the series of schedules.
        numbers: which of them, for instance ``range(1000)``.
        schedule_of: another series.
    """
    result = Hunt()
    for number in numbers:
        result.add(run(schedule_of(seed, number)))
        if result.found is not None:
            break
    return result
