"""A scenario is a value that contradicts nobody, least of all itself."""

from typing import Any

import pytest

import kactors.scenario
from kactors.scenario import (
    Always,
    At,
    Bounce,
    Crash,
    Eventually,
    FaultPlan,
    Isolate,
    Not,
    Ready,
    Scale,
    Scenario,
    Storm,
    Topology,
)
from kactors.scenario.errors import InvalidScenario
from tests.scenario.tiny import tiny


@pytest.mark.parametrize(
    "scenario",
    [
        tiny(),
        tiny(faults=Storm(("bounce", "cut"), most=3, knobs=False)),
        tiny(script=(Scale("web", replicas=3, at_s=1),), budget="beyond", core="random"),
        tiny(goals=(Always("down", Not(Ready("web", 9)), after=1, until=2),)),
        tiny(topology=Topology.of(3, 4, knobs={"etcd.tick_seconds": 0.05}, cloud=True)),
    ],
)
def test_its_repr_is_its_source(scenario: Scenario) -> None:
    """It can be logged, mailed, edited and run again."""
    assert eval(repr(scenario), vars(kactors.scenario)) == scenario


@pytest.mark.parametrize(
    ("fields", "problem", "literal"),
    [
        ({"faults": FaultPlan((Crash("n9", start=At(1)),))}, "'n9'.*did you mean", "n9"),
        ({"faults": FaultPlan((Crash("@boss", start=At(1)),))}, "nobody plays", "@boss"),
        (
            {"faults": FaultPlan((Isolate("n1", start=At(1), forever=True),))},
            "never ends.*budget='beyond'",
            "forever",
        ),
        ({"budget": "huge"}, "one of 'recoverable', 'beyond'", "huge"),
        ({"core": "mine"}, "one of 'everything', 'random'", "mine"),
        ({"chaos_s": 0}, "seconds above 0", ""),
        ({"script": (Scale("web", replicas=3, at_s=9),)}, "after chaos has ended", ""),
        ({"goals": (Eventually("a", Ready("x")),) * 2}, "two goals are named 'a'", "a"),
        ({"goals": (Ready("x"),)}, "goals has Ready", ""),
        ({"script": ("kubectl",)}, "script has 'kubectl'", ""),
        ({"workload": ("web",)}, "workload has 'web'", ""),
        ({"faults": ()}, "give a FaultPlan or a Storm", ""),
    ],
)
def test_what_cannot_be_is_refused(fields: dict[str, Any], problem: str, literal: str) -> None:
    """With what is wrong, what to do, and what leads to the line."""
    with pytest.raises(InvalidScenario, match=problem) as refused:
        tiny(**fields)
    assert refused.value.literal == literal


def test_beyond_the_budget_a_fault_may_last_for_ever() -> None:
    """Liveness is not judged then."""
    fault = Isolate("n1", start=At(1), forever=True)
    assert tiny(faults=FaultPlan((fault,)), budget="beyond").plan.faults == (fault,)


def test_only_a_storm_is_drawn() -> None:
    """A plan stays what it is; a storm becomes a plan and knobs, the same for the same seed."""
    assert tiny().drawn(3) is not None
    assert tiny().drawn(3) == tiny()
    stormy = tiny(topology=Topology.of(3, 3), faults=Storm(("bounce",)))
    drawn = [stormy.drawn(seed) for seed in range(20)]
    assert drawn == [stormy.drawn(seed) for seed in range(20)]
    assert all(isinstance(fault, Bounce) for each in drawn for fault in each.plan)
    assert len({repr(each) for each in drawn}) > 10
    assert any(each.topology.knobs for each in drawn)
