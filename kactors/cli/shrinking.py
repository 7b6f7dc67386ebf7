"""Shrinking, alone or in a worker: what `kactors shrink` and `kactors hunt --shrink` share."""

from functools import partial
from pathlib import Path

import attrs

from kactors.scenario.campaign import Run
from kactors.scenario.loader import load, located
from kactors.scenario.outcome import Outcome
from kactors.scenario.replay import replay_source
from kactors.scenario.run import Options, run
from kactors.scenario.scenario import Scenario
from kactors.scenario.shrink import RUNS_MAX, shrink
from kactors.testing.ddmin import ddmin

__all__ = ["Smaller", "shrink_file"]


@attrs.frozen
class Smaller:
    """A failing run that was made smaller.

    Attributes:
        signature: in which way it fails.
        text: of its first violation.
        source: of its replay file.
        replay: its token.
        faults: how many are left.
        runs: that it took.
    """

    signature: str
    text: str
    source: str
    replay: str
    faults: int
    runs: int

    def of(self, run: Run) -> Run:
        """Return a campaign's run with this in place of what it was."""
        return attrs.evolve(run, text=self.text, source=self.source, replay=self.replay)


def shrink_file(
    path: str, seed: int | None = None, runs_max: int = RUNS_MAX, *, reference: bool = False
) -> Smaller | None:
    """Shrink what a scenario file does with a seed; None if it holds.

    Args:
        path: of the file.
        seed: of the run; a replay file's own, or 0, unless given.
        runs_max: how many runs it may take.
        reference: compare each end with that of the run without faults.

    Raises:
        BrokenFile: it cannot be run.
    """
    loaded = load(Path(path))
    chosen = seed if seed is not None else loaded.seed or 0
    with located(loaded.path, loaded.source):
        attempt = partial(_attempt, Options(reference=reference))
        found = shrink(loaded.scenario, chosen, ddmin, runs_max=runs_max, attempt=attempt)
    if found is None:
        return None
    outcome = found.outcome
    text = outcome.violations[0].text
    return Smaller(
        signature=outcome.signature,
        text=text,
        source=replay_source(loaded, outcome.scenario, chosen, why=text),
        replay=outcome.replay,
        faults=len(outcome.scenario.plan),
        runs=found.runs,
    )


def _attempt(options: Options, scenario: Scenario, seed: int) -> Outcome:
    return run(scenario, seed, options)[0]
