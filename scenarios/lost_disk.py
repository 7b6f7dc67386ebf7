"""A master comes back with an empty disk, and must not pretend to remember.

What must hold: the member learns all that is stored from the others, and its apiserver serves it;
but it has no vote. So when another master goes, nothing is written: one that remembers and one that
has forgotten are no majority of three. When that master is back, all goes on, and nothing that was
acknowledged is lost.

Why it is interesting: a member that has forgotten that it voted may vote again, in the same term,
for another one; one that has forgotten what it acknowledged may help to elect a leader that never
had it. Who wants its vote back replaces the member: see
member_replaced.py.
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
    LoseDisk,
    NoPodsDeleted,
    NoTwoLead,
    NoWriteAcknowledged,
    Ready,
    Running,
    Scale,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="lost-disk",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            LoseDisk("m2", start=At(10), end=For(15)),
            Bounce("m1", start=At(45), end=For(20)),
        )
    ),
    script=(Scale("web", replicas=36, at_s=12), Scale("web", replicas=42, at_s=66)),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("writes go on without m2", ApiAnswers(5, writes=True), after=16, within=15),
        Always("who forgot makes no majority", NoWriteAcknowledged(1.0), after=48, until=64),
        Eventually("writes go on with m1", ApiAnswers(5, writes=True), after=66, within=30),
        Eventually("there are more", Ready("web", replicas=42), after=66, within=60),
    ),
    chaos_s=80,
    converge_s=120,
)
