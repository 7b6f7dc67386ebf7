"""Owners are deleted in three ways while those who collect what they owned are lost.

What must hold: what belonged to the first two goes, all of it; what belonged to the third is left
as an orphan and lives on; nothing else is touched.

Why it is interesting: the collector's graph is in memory, and its decisions come long after the
deletion that they follow from. A new leader has to draw the graph anew, and must not take an owner
that it has not seen yet for one that is gone: then it deletes what lives.
"""

from kactors.scenario import (
    Always,
    At,
    Bounce,
    Delete,
    Eventually,
    FaultPlan,
    For,
    Gone,
    Not,
    Pause,
    Running,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="garbage-collected",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("background", replicas=10),
        deployment("foreground", replicas=10),
        deployment("orphaned", replicas=10),
        deployment("untouched", replicas=10),
    ),
    faults=FaultPlan(
        (
            Bounce("@controllers", start=At(6), end=For(20)),
            Pause("@controllers", start=At(35), end=For(20)),
        )
    ),
    script=(
        Delete("background", propagation="Background", at_s=5),
        Delete("foreground", propagation="Foreground", at_s=5.5),
        Delete("orphaned", propagation="Orphan", at_s=5.8),
    ),
    goals=(
        Always("others run on", Running("untouched", pods=10)),
        Always("orphans run on", Running("orphaned", pods=10)),
        Eventually("one owner is gone", Gone("deployments", "background", "default"), after=5),
        Eventually("another is", Gone("deployments", "foreground", "default"), after=5),
        Eventually("the third is", Gone("deployments", "orphaned", "default"), after=5),
        Eventually("the first one's pods are gone", Not(Running("background", pods=1)), after=5),
        Eventually("the second one's are", Not(Running("foreground", pods=1)), after=5),
    ),
    chaos_s=58,
    converge_s=120,
)
