"""Each master is lost for forty seconds, one after another.

What must hold: whoever is lost, the other two carry out within forty seconds what they are asked
for, pods run on, nobody is evicted, and clients of the API are answered again within seconds.

Why it is interesting: each loss takes another set of leaders along, and the last two hit a cluster
that has just come round. A replica that came back and only seems to take part is found out when the
next one goes: the quorum needs it then.
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
    NodesReady,
    NoPodsDeleted,
    NoTwoLead,
    Ready,
    Running,
    Scale,
    Scenario,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="each-master-in-turn",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=40), service("web")),
    api_clients=ApiClients(2),
    faults=FaultPlan(
        (
            Bounce("m1", start=At(10), end=For(40)),
            Bounce("m2", start=At(65), end=For(40)),
            Bounce("m3", start=At(120), end=For(40)),
        )
    ),
    script=(
        Scale("web", replicas=44, at_s=12),
        Scale("web", replicas=48, at_s=67),
        Scale("web", replicas=52, at_s=122),
    ),
    goals=(
        Always("pods run on", Running("web", pods=40)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("writes go on without m1", ApiAnswers(5, writes=True), after=16, within=15),
        Eventually("there are more without m1", Ready("web", replicas=44), after=12, within=38),
        Eventually("writes go on without m2", ApiAnswers(5, writes=True), after=71, within=15),
        Eventually("there are more without m2", Ready("web", replicas=48), after=67, within=38),
        Eventually("writes go on without m3", ApiAnswers(5, writes=True), after=126, within=15),
        Eventually("there are more without m3", Ready("web", replicas=52), after=122, within=38),
    ),
    chaos_s=162,
    converge_s=120,
)
