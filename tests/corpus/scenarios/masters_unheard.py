"""The masters are cut off from all nodes.

What must hold: nobody panics. When all nodes are silent at the same time it is not they that are
broken, and no pod is evicted.
"""

from kactors.scenario import (
    Always,
    At,
    Bounce,
    FaultPlan,
    For,
    KillActor,
    NoPodsDeleted,
    Partition,
    Scenario,
    Topology,
    deployment,
    pod_template,
)

_SOON = [
    {"key": f"node.kubernetes.io/{why}", "effect": "NoExecute", "tolerationSeconds": 5}
    | {"operator": "Exists"}
    for why in ("unreachable", "not-ready")
]

SCENARIO = Scenario(
    name="masters-unheard",
    topology=Topology.of(
        masters=1, nodes=3, dns_replicas=0, knobs={"node-lifecycle.grace.monitor": 25.0}
    ),
    workload=(deployment("web", replicas=4, template=pod_template("web", tolerations=_SOON)),),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(2)),
            Partition((("m1",), ("n1", "n2", "n3")), start=At(5), end=For(65)),
            KillActor("m1/kube-scheduler", start=At(12)),
            Bounce("n2", start=At(20), end=For(2)),
        )
    ),
    goals=(Always("nobody is evicted", NoPodsDeleted("web")),),
    chaos_s=80,
    converge_s=180,
)
