"""Many runs, and what they have in common: failures by their signatures, faults, probes."""

from collections import Counter
from pathlib import Path
from typing import Any

import attrs

from kactors.faults.injector import Counts
from kactors.runtime.probes import is_rare
from kactors.scenario.loader import load, located
from kactors.scenario.replay import replay_source
from kactors.scenario.run import Options, run

__all__ = ["Campaign", "Failure", "Result", "Run", "run_once"]


@attrs.frozen(kw_only=True)
class Run:
    """What a campaign keeps of one run.

    Attributes:
        scenario, seed: of the run.
        signature: of its failure; empty if all held.
        text: of its first violation.
        replay: the token.
        source: of the replay file; empty if all held.
        virtual_s, wall_s: how long it was, and took.
        faults, probes: as in an `Outcome`.
    """

    scenario: str
    seed: int
    signature: str
    text: str
    replay: str
    source: str
    virtual_s: float
    wall_s: float
    faults: dict[str, Counts]
    probes: dict[str, int]


def run_once(path: str, seed: int, *, reference: bool = False) -> Run:
    """Run a scenario file, in whatever process this is.

    Args:
        path: of the file.
        seed: of the run.
        reference: compare its end with that of the run without faults.

    Raises:
        BrokenFile: it cannot be run.
    """
    loaded = load(Path(path))
    with located(loaded.path, loaded.source):
        outcome, _ = run(loaded.scenario, seed, Options(reference=reference))
    first = outcome.violations[0].text if outcome.violations else ""
    source = replay_source(loaded, outcome.scenario, seed, why=first) if first else ""
    return Run(
        scenario=outcome.scenario.name,
        seed=seed,
        signature=outcome.signature,
        text=first,
        replay=outcome.replay,
        source=source,
        virtual_s=outcome.virtual_s,
        wall_s=outcome.wall_s,
        faults=outcome.faults,
        probes=outcome.probes,
    )


@attrs.frozen
class Result:
    """A run in a line, for tables and pictures.

    Attributes:
        scenario, seed: of the run.
        signature: of its failure; empty if all held.
        virtual_s, wall_s: how long it was, and took.
    """

    scenario: str
    seed: int
    signature: str
    virtual_s: float
    wall_s: float


@attrs.define
class Failure:
    """Runs that failed in the same way.

    Attributes:
        run: the first of them, in the order of the campaign.
        count: how many there are.
        file: where the replay file is; None before it is written.
        shrunk_faults: how many faults are left of it, if it was shrunk.
    """

    run: Run
    count: int = 1
    file: Path | None = None
    shrunk_faults: int | None = None

    def as_json(self) -> dict[str, Any]:
        """Return the JSON object of one failure."""
        return {
            "scenario": self.run.scenario,
            "seed": self.run.seed,
            "signature": self.run.signature,
            "text": self.run.text,
            "runs": self.count,
            "replay": self.run.replay,
            "file": None if self.file is None else str(self.file),
            "shrunk_faults": self.shrunk_faults,
        }


@attrs.define
class Campaign:
    """What is known so far; runs are to be added in the order of the campaign.

    Attributes:
        results: a line for each run.
        failures: by scenario and signature.
        faults: of all runs together, by kind.
        probes: of all runs together.
        complete: nobody interrupted it, and no run was lost.
    """

    results: list[Result] = attrs.field(factory=list)
    failures: dict[tuple[str, str], Failure] = attrs.field(factory=dict)
    faults: dict[str, Counts] = attrs.field(factory=dict)
    probes: Counter[str] = attrs.field(factory=Counter)
    complete: bool = True

    def add(self, run: Run) -> Failure | None:
        """Take one more run into account; return its failure if it is a new one."""
        line = Result(run.scenario, run.seed, run.signature, run.virtual_s, run.wall_s)
        self.results.append(line)
        for kind, counts in run.faults.items():
            before = self.faults.get(kind, Counts(0, 0, 0))
            self.faults[kind] = Counts(
                armed=before.armed + counts.armed,
                fired=before.fired + counts.fired,
                felt=before.felt + counts.felt,
            )
        for name, hits in run.probes.items():
            self.probes[name] += hits
        if not run.signature:
            return None
        known = self.failures.get((run.scenario, run.signature))
        if known is not None:
            known.count += 1
            return None
        failure = self.failures[run.scenario, run.signature] = Failure(run)
        return failure

    @property
    def runs(self) -> int:
        """How many there were."""
        return len(self.results)

    @property
    def held(self) -> int:
        """How many of them held."""
        return sum(not result.signature for result in self.results)

    @property
    def virtual_s(self) -> float:
        """Of all runs together."""
        return sum(result.virtual_s for result in self.results)

    def by_scenario(self) -> dict[str, list[Result]]:
        """Return the runs of each scenario, sorted by its name."""
        found: dict[str, list[Result]] = {}
        for result in sorted(self.results, key=lambda each: (each.scenario, each.seed)):
            found.setdefault(result.scenario, []).append(result)
        return found

    @property
    def probes_never_hit(self) -> list[str]:
        """The probes that no run has hit, sorted; without those that are declared to be rare."""
        return sorted(name for name, hits in self.probes.items() if not hits and not is_rare(name))

    def as_json(self, wall_s: float) -> dict[str, Any]:
        """Return the JSON object of ``kactors hunt --json``; see the manual."""
        return {
            "runs": self.runs,
            "held": self.held,
            "violated": self.runs - self.held,
            "failures": [failure.as_json() for failure in self.failures.values()],
            "scenarios": {
                name: {
                    "runs": len(results),
                    "held": sum(not each.signature for each in results),
                    "virtual_s": round(sum(each.virtual_s for each in results), 3),
                    "wall_s": round(sum(each.wall_s for each in results), 3),
                }
                for name, results in self.by_scenario().items()
            },
            "virtual_s": round(self.virtual_s, 3),
            "wall_s": round(wall_s, 3),
            "ratio": round(self.virtual_s / wall_s, 1) if wall_s else 0.0,
            "faults": {kind: attrs.asdict(self.faults[kind]) for kind in sorted(self.faults)},
            "probes": {name: self.probes[name] for name in sorted(self.probes)},
            "probes_never_hit": self.probes_never_hit,
            "complete": self.complete,
        }
