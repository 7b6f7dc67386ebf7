"""A master loses its disk, and its member of etcd is replaced, as the manual tells to do it.

What must hold: as long as the member is not replaced, the other two must both be there; so it is
removed, added anew as a learner, started with an empty disk, and promoted when it has caught up.
From then on any of the three may go: when another master goes, writes go on with the new
member's vote. Nothing that was acknowledged is lost, and pods do not notice.

Why it is interesting: the quorum changes four times while clients write, and in the end depends on
a member that has never seen the beginning. A member that came back under its old name with its old
vote could elect a leader that has lost what was acknowledged; one that is never promoted is none.
"""

from kactors.scenario import (
    AddMember,
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
    PromoteMember,
    Ready,
    RemoveMember,
    Running,
    Scale,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="member-replaced",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            LoseDisk("m2", start=At(10), end=For(25)),
            Bounce("m1", start=At(70), end=For(25)),
        )
    ),
    script=(
        RemoveMember("m2", at_s=15),
        AddMember("m2", at_s=20),
        PromoteMember("m2", at_s=40),
        Scale("web", replicas=42, at_s=74),
    ),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("writes go on without m2", ApiAnswers(5, writes=True), after=16, within=15),
        Eventually("writes go on without m1", ApiAnswers(5, writes=True), after=76, within=15),
        Eventually("there are more", Ready("web", replicas=42), after=74, within=60),
    ),
    chaos_s=100,
    converge_s=120,
)
