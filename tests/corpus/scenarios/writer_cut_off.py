"""A node with a pod of a StatefulSet is cut off for longer than the pod tolerates.

What must hold: nobody takes its place while it may still write.
"""

from kactors.scenario import (
    At,
    Bounce,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    Scenario,
    Topology,
    pod_template,
    stateful_set,
)

_SOON = [
    {"key": f"node.kubernetes.io/{why}", "effect": "NoExecute", "tolerationSeconds": 5}
    | {"operator": "Exists"}
    for why in ("unreachable", "not-ready")
]

SCENARIO = Scenario(
    name="writer-cut-off",
    topology=Topology.of(
        masters=1, nodes=3, dns_replicas=0, knobs={"node-lifecycle.grace.monitor": 25.0}
    ),
    workload=(stateful_set("db", replicas=3, template=pod_template("db", tolerations=_SOON)),),
    faults=FaultPlan(
        (
            KillActor("n3/kubelet", start=At(2)),
            Isolate("n1", start=At(4), end=For(70)),
            Bounce("n3", start=At(9), end=For(3)),
            KillActor("m1/kube-scheduler", start=At(15)),
        )
    ),
    chaos_s=78,
    converge_s=180,
)
