"""A node hears nothing of a deletion, and when it is back nobody remembers it.

What must hold: whoever keeps a copy sees from a new list that the object must have gone.
"""

from kactors.scenario import (
    At,
    Bounce,
    Delete,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    Scenario,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="missed-deletion",
    topology=Topology.of(masters=1, nodes=2, dns_replicas=0),
    workload=(deployment("web", replicas=2), service("web"), service("old")),
    faults=FaultPlan(
        (
            KillActor("n2/kube-proxy", start=At(2)),
            Isolate("n1", start=At(4), end=For(16)),
            Bounce("n2", start=At(6), end=For(2)),
            KillActor("m1/kube-apiserver", start=At(14)),
            KillActor("m1/kube-scheduler", start=At(18)),
        )
    ),
    script=(Delete("old", kind="services", at_s=8),),
    chaos_s=24,
    converge_s=120,
)
