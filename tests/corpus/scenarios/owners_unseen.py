"""Who collects garbage is replaced, and hears late of one kind of owners.

What must hold: nothing is collected whose owner lives.
"""

from kactors.scenario import (
    At,
    Bounce,
    FaultPlan,
    For,
    Hold,
    KillActor,
    Messages,
    Scenario,
    Topology,
    deployment,
)

_LISTS = Messages("api.request", where={"verb": "list", "resource": "replicasets"})

SCENARIO = Scenario(
    name="owners-unseen",
    topology=Topology.of(masters=3, nodes=2, dns_replicas=0),
    workload=(deployment("web", replicas=3),),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(3)),
            Bounce("@controllers", start=At(5), end=For(3)),
            Hold(_LISTS, start=At(8), end=For(20)),
            KillActor("m2/kube-scheduler", start=At(10)),
            Bounce("n2", start=At(12), end=For(2)),
        )
    ),
    chaos_s=32,
    converge_s=120,
)
