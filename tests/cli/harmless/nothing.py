"""What changes nothing, and a scenario in which nothing happens."""

from contextlib import nullcontext
from pathlib import Path

from kactors.scenario import FaultPlan, Scenario, Topology
from kactors.scenario.planted import Planted

SCENARIO = Scenario(
    name="nothing",
    topology=Topology.of(1, 0, dns_replicas=0),
    faults=FaultPlan(),
    chaos_s=1,
    converge_s=30,
)

PLANTED = (
    Planted(
        id="harmless",
        mechanism="Nothing is wrong.",
        breaks="goal: nothing",
        scenario=Path(__file__),
        apply=nullcontext,
    ),
)
