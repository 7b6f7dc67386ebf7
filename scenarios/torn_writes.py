"""A master loses its power again and again while its member of etcd writes.

What must hold: each time it comes up, takes the torn end of its log for what it is, neither for
damage nor for something that was promised, and catches up; no member tells another story than the
others, nobody is told of a write that is then gone, and a rollout goes on all the while.

Why it is interesting: a record that is larger than a sector may be there in part, or without its
beginning. Who reads on behind it brings back what nobody has voted for; who refuses it turns every
power failure into a lost disk. The disk is so slow that nearly always a write is under way when the
power fails, and that what has come meanwhile is written in one batch.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Bounce,
    Eventually,
    FaultPlan,
    For,
    NoPodsDeleted,
    Ready,
    Scale,
    Scenario,
    SetImage,
    SlowDisk,
    Topology,
    TornWrite,
    Until,
    deployment,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="torn-writes",
    topology=Topology.of(masters=3, nodes=6),
    workload=(deployment("web", replicas=12), service("web"), stateful_set("db", replicas=2)),
    api_clients=ApiClients(4),
    faults=FaultPlan(
        (
            TornWrite("m2", start=At(1), end=Until(78)),
            SlowDisk("m2", 1500, start=At(1), end=Until(78)),
            *(Bounce("m2", start=At(5 + 7.37 * number), end=For(0.3)) for number in range(10)),
        )
    ),
    script=(
        SetImage("web", image="web:2", at_s=4),
        Scale("web", replicas=18, at_s=30),
        SetImage("web", image="web:3", at_s=50),
    ),
    goals=(
        Always("the database is left alone", NoPodsDeleted("db")),
        Eventually("writes go on", ApiAnswers(5, writes=True), after=20, within=20),
        Eventually("the last rollout is done", Ready("web", 18, image="web:3"), after=50),
    ),
    chaos_s=80,
    converge_s=180,
)
