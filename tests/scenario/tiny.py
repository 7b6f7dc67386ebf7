"""The smallest scenarios: a master, a node or two, and runs of half a virtual minute."""

from typing import Any

from kactors.scenario import (
    At,
    Bounce,
    Eventually,
    FaultPlan,
    For,
    Ready,
    Scenario,
    Topology,
    deployment,
    service,
)

__all__ = ["LINES", "tiny"]

#: A file that holds such a scenario.
LINES = '''"""A node goes and comes."""

from kactors.scenario import At, Bounce, Eventually, FaultPlan, For, Ready, Scenario, Topology
from kactors.scenario import deployment

SCENARIO = Scenario(
    name="tiny",
    topology=Topology.of(1, 1, dns_replicas=0),
    workload=(deployment("web", 2),),
    faults=FaultPlan((
        Bounce("n1", start=At(2), end=For(3)),
    )),
    goals=(
        Eventually("up again", Ready("web"), after=5),
    ),
    chaos_s=8,
    converge_s=60,
)
'''


def tiny(**more: Any) -> Scenario:
    """Return a scenario of one master and one node, which is bounced."""
    fields: dict[str, Any] = {
        "name": "tiny",
        "topology": Topology.of(1, 1, dns_replicas=0),
        "workload": (deployment("web", 2), service("web")),
        "faults": FaultPlan((Bounce("n1", start=At(2), end=For(3)),)),
        "goals": (Eventually("up again", Ready("web"), after=5),),
        "chaos_s": 8,
        "converge_s": 60,
    }
    return Scenario(**{**fields, **more})
