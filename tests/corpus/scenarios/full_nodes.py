"""The scheduler that leads is lost while nodes are nearly full.

What must hold: its successor knows what was bound, and gives no node more than it has.
"""

from kactors.scenario import (
    At,
    Bounce,
    FaultPlan,
    For,
    KillActor,
    Scale,
    Scenario,
    Topology,
    deployment,
    pod_template,
)

_CONTAINER = {"name": "web", "image": "web:1", "resources": {"requests": {"cpu": "1900m"}}}
_PODS = pod_template("web", containers=[_CONTAINER])

SCENARIO = Scenario(
    name="full-nodes",
    topology=Topology.of(masters=3, nodes=3, dns_replicas=0),
    workload=(deployment("web", replicas=4, template=_PODS),),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(3)),
            Bounce("@scheduler", start=At(5), end=For(6)),
            Bounce("n2", start=At(16), end=For(3)),
            KillActor("m1/kube-apiserver", start=At(20)),
        )
    ),
    script=(Scale("web", replicas=6, at_s=8),),
    chaos_s=26,
    converge_s=180,
)
