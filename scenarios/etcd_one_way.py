"""The leader of etcd is heard by nobody; later another one hears nobody.

What must hold: both times another leader is there within seconds, so writes go on; pods run on, no
node is taken for lost, and what clients read and wrote is linearizable.

Why it is interesting: a leader that is not heard must learn that it was deposed. One that hears
nobody is worse: its heartbeats go on telling the others that all is well, while it can commit
nothing. It has to notice by itself that no majority answers, and step down (check-quorum).
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Direction,
    Eventually,
    FaultPlan,
    For,
    Isolate,
    NodesReady,
    NoPodsDeleted,
    NoTwoLead,
    Running,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="etcd-one-way",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            Isolate("@leader", Direction.OUT, start=At(10), end=For(30)),
            Isolate("@leader", Direction.IN, start=At(60), end=For(30)),
        )
    ),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("writes go on unheard", ApiAnswers(5, writes=True), after=16, within=20),
        Eventually("writes go on unhearing", ApiAnswers(5, writes=True), after=66, within=20),
    ),
    chaos_s=95,
    converge_s=120,
)
