"""A node is silent for six minutes: longer than pods tolerate unless told otherwise.

What must hold: after forty seconds it is taken for lost, five minutes later its pods are told to
go, and those of a Deployment are replaced; those of a StatefulSet are not, because nobody knows
whether they still run. When the node is heard of again, what has to go goes.

Why it is interesting: three clocks are involved (the lease, the controller's grace, the tolerations
of 300 seconds), and two opposite promises about the same event: for a Deployment as many pods as
asked for, for a StatefulSet never two of one name.
"""

from kactors.scenario import (
    AllOf,
    Always,
    At,
    Eventually,
    FaultPlan,
    For,
    Isolate,
    NodesReady,
    NoPodsDeleted,
    Not,
    OnePodEach,
    Ready,
    Running,
    Scenario,
    Topology,
    deployment,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="node-lost",
    topology=Topology.of(masters=3, nodes=3),
    workload=(
        deployment("web", replicas=9),
        stateful_set("db", replicas=3),
        service("db", clusterIP="None"),
    ),
    faults=FaultPlan((Isolate("n1", start=At(5), end=For(365)),)),
    goals=(
        Always("no name has two pods at work", OnePodEach("db")),
        Always("pods run on", Running("web", pods=9)),
        Always("the other nodes are ready", NodesReady(2)),
        Always("nobody is evicted too early", NoPodsDeleted(), until=340),
        Eventually("the node is taken for lost", Not(NodesReady()), after=5, within=60),
        Eventually(
            "others take the place of the Deployment's pods",
            AllOf((Not(NodesReady()), Ready("web"))),
            after=60,
            within=310,
        ),
        Eventually("the database is whole", Ready("db", kind="statefulsets"), after=370),
    ),
    chaos_s=372,
    converge_s=120,
)
