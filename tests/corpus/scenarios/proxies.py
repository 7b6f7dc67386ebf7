"""A node is cut off while pods are replaced, and learns of much at once.

What must hold: its proxy sends traffic where the pods are, in the end.
"""

from kactors.scenario import (
    At,
    Bounce,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    Scale,
    Scenario,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="proxies",
    topology=Topology.of(masters=1, nodes=3, dns_replicas=0),
    workload=(
        deployment("web", replicas=3),
        service("web"),
        deployment("api", replicas=3),
        service("api"),
        deployment("db", replicas=2),
        service("db"),
    ),
    faults=FaultPlan(
        (
            KillActor("n1/kube-proxy", start=At(2)),
            Isolate("n2", start=At(4), end=For(12)),
            KillActor("m1/kube-scheduler", start=At(6)),
            Bounce("n3", start=At(18), end=For(2)),
        )
    ),
    script=(
        Scale("web", replicas=5, at_s=6),
        Scale("api", replicas=5, at_s=7),
        Scale("db", replicas=4, at_s=8),
    ),
    chaos_s=24,
    converge_s=120,
)
