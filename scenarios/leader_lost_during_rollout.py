"""The leader of etcd is lost in the midst of a rollout.

What must hold: the rollout goes on and ends without anybody's help; at no time are fewer pods at
work than its strategy allows, three quarters of them, whatever became of the writes under way.

Why it is interesting: with the leader go the requests that were under way, and nobody knows whether
they were carried out. A controller that counts on its own memory there makes pods twice, or takes
away more than it may.
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
    NoTwoLead,
    Ready,
    Running,
    Scenario,
    SetImage,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="leader-lost-during-rollout",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=60), service("web")),
    api_clients=ApiClients(2),
    faults=FaultPlan((Bounce("@leader", start=At(8), end=For(30)),)),
    script=(SetImage("web", image="web:2", at_s=5),),
    goals=(
        Always("enough pods are at work", Running("web", pods=45)),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("the API answers again", ApiAnswers(5, writes=True), after=14, within=15),
        Eventually(
            "the rollout is done", Ready("web", replicas=60, image="web:2"), after=5, within=85
        ),
    ),
    chaos_s=45,
    converge_s=120,
)
