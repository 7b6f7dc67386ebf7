"""A daemon is installed while a node is silent, and tainted for it.

What must hold: when the node is back, it has its daemon, as it would without faults.
"""

from kactors.scenario import (
    Apply,
    At,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    Scenario,
    Topology,
    daemon_set,
    deployment,
)

SCENARIO = Scenario(
    name="daemons",
    topology=Topology.of(
        masters=1, nodes=3, dns_replicas=0, knobs={"node-lifecycle.grace.monitor": 25.0}
    ),
    workload=(deployment("web", replicas=2),),
    faults=FaultPlan(
        (
            KillActor("n1/kubelet", start=At(2)),
            Isolate("n2", start=At(4), end=For(50)),
            KillActor("m1/kube-scheduler", start=At(6)),
            KillActor("n3/kube-proxy", start=At(8)),
        )
    ),
    script=(Apply((daemon_set("log"),), at_s=45),),
    chaos_s=56,
    converge_s=180,
)
