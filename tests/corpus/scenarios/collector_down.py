"""An owner goes while the garbage collector is down.

What must hold: its successor finds what is left.
"""

from kactors.scenario import (
    At,
    Bounce,
    Delete,
    FaultPlan,
    For,
    KillActor,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="collector-down",
    topology=Topology.of(masters=3, nodes=2, dns_replicas=0),
    workload=(deployment("web", replicas=2), deployment("old", replicas=2)),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(2)),
            Bounce("@controllers", start=At(4), end=For(3)),
            Bounce("n2", start=At(6), end=For(2)),
            KillActor("m1/kube-scheduler", start=At(8)),
        )
    ),
    script=(Delete("old", at_s=5),),
    chaos_s=12,
    converge_s=120,
)
