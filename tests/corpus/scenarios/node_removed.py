"""A node is lost, and removed.

What must hold: nothing is put on it any more; what was asked for meanwhile comes up elsewhere.
"""

from kactors.scenario import (
    At,
    Bounce,
    Delete,
    Eventually,
    FaultPlan,
    For,
    KillActor,
    Ready,
    Scale,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="node-removed",
    topology=Topology.of(masters=1, nodes=3, dns_replicas=0),
    workload=(deployment("web", replicas=3),),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(2)),
            Bounce("n3", start=At(4), end=For(100)),
            KillActor("n2/kube-proxy", start=At(7)),
        )
    ),
    script=(
        Delete("n3", kind="nodes", namespace="", at_s=6),
        Scale("web", replicas=12, at_s=9),
    ),
    goals=(Eventually("all is up elsewhere", Ready("web", 12), after=9, within=30),),
    chaos_s=110,
    converge_s=150,
)
