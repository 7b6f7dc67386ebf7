"""Makes a failing run smaller, as long as it fails in the same way.

Fewer faults first, because everything else gets faster by that; then fewer steps, knobs at their
defaults, shorter faults, a shorter run, and fewer nodes. What is kept is always a scenario
that was run and failed. Source: Zeller's delta debugging for lists; FoundationDB's and
TigerBeetle's users have only seeds, which a schedule that shrinks is meant to better.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Protocol, TypeVar

import attrs

from kactors.cluster.errors import InvalidTopology
from kactors.cluster.topology import Topology
from kactors.faults.plan import FaultPlan
from kactors.faults.when import At, For, Until
from kactors.scenario.errors import InvalidScenario
from kactors.scenario.outcome import Outcome
from kactors.scenario.run import run
from kactors.scenario.scenario import Scenario

__all__ = ["RUNS_MAX", "Attempt", "Minimise", "Shrunk", "shrink"]

T = TypeVar("T")

#: Runs that one shrinking may take.
RUNS_MAX: Final = 100
_NODES_LEAST: Final = 2


Attempt = Callable[[Scenario, int], Outcome]
"""Runs a scenario with a seed."""


class Minimise(Protocol):
    """Delta debugging of a list: `kactors.testing.ddmin.ddmin`."""

    def __call__(
        self, items: Sequence[T], fails: Callable[[tuple[T, ...]], bool], /
    ) -> tuple[T, ...]:
        """Return a sublist that still fails, and of which no item can go."""
        ...


@attrs.frozen
class Shrunk:
    """What a failing run was made to.

    Attributes:
        scenario: the smallest that failed in the same way.
        outcome: of it.
        runs: that it took.
    """

    scenario: Scenario
    outcome: Outcome
    runs: int


def shrink(
    scenario: Scenario,
    seed: int,
    minimise: Minimise,
    *,
    runs_max: int = RUNS_MAX,
    attempt: Attempt | None = None,
) -> Shrunk | None:
    """Return the smallest run that fails as a scenario does with a seed; None if it holds.

    Args:
        scenario: what fails.
        seed: with which it does.
        minimise: delta debugging.
        runs_max: how many runs it may take.
        attempt: makes a run; `run` without options unless given.
    """
    attempt = attempt or _plain_run
    outcome = attempt(scenario, seed)
    if not outcome.violations:
        return None
    search = _Search(outcome, runs_max, attempt)
    search.drop_faults(minimise)
    search.drop_steps(minimise)
    search.drop_knobs(minimise)
    for smaller in (_milder, _shorter, _fewer_nodes):
        search.descend(smaller)
    return Shrunk(search.best.scenario, search.best, search.runs)


def _plain_run(scenario: Scenario, seed: int) -> Outcome:
    return run(scenario, seed)[0]


class _Search:
    """The smallest failing run so far."""

    def __init__(self, outcome: Outcome, runs_max: int, attempt: Attempt) -> None:
        self.best = outcome
        self.runs = 1
        self._runs_max = runs_max
        self._attempt = attempt

    def tries(self, scenario: Scenario) -> bool:
        """Run a scenario if that is still allowed; keep it if it fails in the same way."""
        if self.runs >= self._runs_max:
            return False
        self.runs += 1
        outcome = self._attempt(scenario, self.best.seed)
        same = outcome.signature == self.best.signature
        if same:
            self.best = outcome
        return same

    def drop_faults(self, minimise: Minimise) -> None:
        """Take away what faults are not needed."""
        whole = self.best.scenario
        minimise(
            whole.plan.faults,
            lambda kept: self.tries(attrs.evolve(whole, faults=FaultPlan(kept))),
        )

    def drop_steps(self, minimise: Minimise) -> None:
        """Take away what steps of the script are not needed."""
        whole = self.best.scenario
        minimise(whole.script, lambda kept: self.tries(attrs.evolve(whole, script=kept)))

    def drop_knobs(self, minimise: Minimise) -> None:
        """Leave knobs at their defaults that need not be turned."""
        whole = self.best.scenario
        topology = whole.topology
        minimise(
            topology.knobs,
            lambda kept: self.tries(
                attrs.evolve(whole, topology=attrs.evolve(topology, knobs=dict(kept)))
            ),
        )

    def descend(self, smaller: Callable[[Scenario], Iterator[Scenario]]) -> None:
        """Go on to the first smaller scenario that fails, again and again."""
        while any(self.tries(candidate) for candidate in smaller(self.best.scenario)):
            continue


def _milder(scenario: Scenario) -> Iterator[Scenario]:
    """Yield scenarios in which one fault is half as long."""
    for plan in scenario.plan.milder():
        yield attrs.evolve(scenario, faults=plan)


def _shorter(scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario with a chaos that ends when the last fault and step does."""
    ends = [step.at_s + 1 for step in scenario.script]
    for fault in scenario.plan:
        if not isinstance(fault.start, At):
            return
        match fault.end:
            case For(seconds=seconds):
                ends.append(fault.start.seconds + seconds + 1)
            case Until(seconds=seconds):
                ends.append(seconds + 1)
            case _:
                ends.append(fault.start.seconds + 1)
    end_s = float(round(max(ends, default=1.0) + 0.5))
    if end_s < scenario.chaos_s:
        yield attrs.evolve(scenario, chaos_s=end_s)


def _fewer_nodes(scenario: Scenario) -> Iterator[Scenario]:
    """Yield the scenario on half as many nodes, if no fault names those that are left out."""
    topology: Topology = scenario.topology
    half = max(_NODES_LEAST, topology.nodes // 2)
    if half >= topology.nodes or len(topology.pools) != 1:
        return
    pools = (attrs.evolve(topology.pools[0], count=half),)
    try:
        yield attrs.evolve(scenario, topology=attrs.evolve(topology, pools=pools))
    except (InvalidScenario, InvalidTopology):
        return
