"""The only master loses its power again and again.

What must hold: what was acknowledged survives; the store goes on from where it was.
"""

from kactors.scenario import (
    ApiClients,
    At,
    Bounce,
    FaultPlan,
    For,
    KillActor,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="power-loss",
    topology=Topology.of(masters=1, nodes=1, dns_replicas=0),
    workload=(deployment("web", replicas=2),),
    api_clients=ApiClients(3, period_s=0.2),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(4)),
            Bounce("m1", start=At(8), end=For(2)),
            Bounce("n1", start=At(10), end=For(4)),
            Bounce("m1", start=At(18), end=For(2)),
            KillActor("m1/kube-apiserver", start=At(25)),
            Bounce("m1", start=At(28), end=For(2)),
        )
    ),
    chaos_s=32,
    converge_s=120,
)
