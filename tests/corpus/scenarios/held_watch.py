"""What members of etcd tell an apiserver is held back, while everybody else compacts.

What must hold: its watch cache misses nothing; it begins anew if what it needs is gone.
"""

from kactors.scenario import (
    At,
    Bounce,
    FaultPlan,
    For,
    Hold,
    KillActor,
    Messages,
    Scale,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="held-watch",
    topology=Topology.of(
        masters=3, nodes=2, dns_replicas=0, knobs={"apiserver.compaction_seconds": 10.0}
    ),
    workload=(deployment("web", replicas=3),),
    faults=FaultPlan(
        (
            KillActor("n2/kubelet", start=At(3)),
            Hold(Messages("*", "*/etcd", "m2/kube-apiserver"), start=At(5), end=For(40)),
            Bounce("n1", start=At(12), end=For(3)),
            KillActor("m3/kube-scheduler", start=At(20)),
        )
    ),
    script=(
        Scale("web", replicas=5, at_s=8),
        Scale("web", replicas=3, at_s=16),
        Scale("web", replicas=4, at_s=24),
    ),
    chaos_s=48,
    converge_s=120,
)
