"""Nodes of a StatefulSet come and go, for longer than its pods tolerate.

What must hold: never do two pods of one name run. While a node is not heard of, its pods run on,
so nobody may take their place, even if they were told to go; once it is heard of again, they go,
and others come.

Why it is interesting: k8s#61832. Who takes silence for death starts the second writer of a
database. The price is that the place stays empty for as long as the node is silent, and that is the
promise that a StatefulSet makes.
"""

from kactors.scenario import (
    Always,
    At,
    Delete,
    Eventually,
    FaultPlan,
    For,
    Isolate,
    NodesReady,
    OnePodEach,
    Ready,
    Scenario,
    Topology,
    pod_template,
    service,
    stateful_set,
)

_IMPATIENT = [
    {
        "key": f"node.kubernetes.io/{trouble}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 5,
    }
    for trouble in ("not-ready", "unreachable")
]

SCENARIO = Scenario(
    name="node-flapping",
    topology=Topology.of(masters=3, nodes=4),
    workload=(
        stateful_set("db", replicas=6, template=pod_template("db", tolerations=_IMPATIENT)),
        service("db", clusterIP="None"),
    ),
    faults=FaultPlan(
        (
            Isolate("n1", start=At(5), end=For(60)),
            Isolate("n1", start=At(70), end=For(20)),
            Isolate("n1", start=At(95), end=For(60)),
            Isolate("n2", start=At(60), end=For(60)),
            Isolate("n3", start=At(125), end=For(10)),
        )
    ),
    script=tuple(Delete(f"db-{n}", kind="pods", at_s=10 + 20 * n) for n in range(6)),
    goals=(
        Always("no name has two pods at work", OnePodEach("db")),
        Always("the other nodes are ready", NodesReady(2)),
        Eventually("all nodes are well again", NodesReady(), after=155),
        Eventually("the database is whole", Ready("db", kind="statefulsets"), after=155),
    ),
    chaos_s=157,
    converge_s=180,
)
