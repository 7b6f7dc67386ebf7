"""What became of a run, for people and as the JSON that programs read."""

from typing import Any, Literal

import attrs

from kactors.faults.injector import Counts
from kactors.scenario.scenario import Scenario
from kactors.scenario.timeline import GoalOutcome, Timeline

__all__ = ["Outcome", "Violation"]

Verdict = Literal["held", "violated"]


@attrs.frozen
class Violation:
    """A promise that was broken.

    Attributes:
        by: who objects: ``goal``, ``liveness``, ``bug``, or an oracle by its name.
        signature: what identifies the violation when its details change.
        text: what was promised and what was found.
        at_s: scenario time.
    """

    by: str
    signature: str
    text: str
    at_s: float


@attrs.frozen(kw_only=True)
class Outcome:
    """What became of one run.

    Attributes:
        scenario: as it was run: what a storm has drawn is a plan in it.
        seed: of the run.
        violations: what was broken, in the order of time.
        goals: of each goal what became of it.
        digest: of all messages.
        events: how many of these there were.
        virtual_s: how long the run was, in virtual time.
        wall_s: how long it took.
        faults: what became of each kind of fault.
        probes: how often each probe was hit.
        replay: the token.
        timeline: what it looked like.
    """

    scenario: Scenario
    seed: int
    violations: tuple[Violation, ...]
    goals: tuple[GoalOutcome, ...]
    digest: str
    events: int
    virtual_s: float
    wall_s: float
    faults: dict[str, Counts]
    probes: dict[str, int]
    replay: str
    timeline: Timeline

    @property
    def verdict(self) -> Verdict:
        """Whether everything held."""
        return "violated" if self.violations else "held"

    @property
    def signature(self) -> str:
        """What identifies the failure: that of the first violation; empty if all held."""
        return self.violations[0].signature if self.violations else ""

    @property
    def ratio(self) -> float:
        """Virtual seconds for each real one."""
        return self.virtual_s / self.wall_s if self.wall_s else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of ``kactors run --json``; see the manual."""
        return {
            "scenario": self.scenario.name,
            "seed": self.seed,
            "verdict": self.verdict,
            "violations": [attrs.asdict(each) for each in self.violations],
            "goals": [attrs.asdict(each) for each in self.goals],
            "digest": self.digest,
            "events": self.events,
            "virtual_s": round(self.virtual_s, 3),
            "wall_s": round(self.wall_s, 3),
            "ratio": round(self.ratio, 1),
            "faults": {kind: attrs.asdict(counts) for kind, counts in self.faults.items()},
            "probes": dict(sorted(self.probes.items())),
            "replay": self.replay,
            "plan": self.scenario.plan.to_python(),
            "knobs": dict(self.scenario.topology.knobs),
        }
