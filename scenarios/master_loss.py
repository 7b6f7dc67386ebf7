"""The loss of one master of three.

What must hold: pods run on, as if nothing had happened, and are reached by name; nobody is evicted;
the two masters that are left elect a leader of etcd, a scheduler and a controller manager within
half a minute, clients write again, and a rollout that is begun meanwhile is carried out. When the
master comes back it takes part again.

Why it is interesting: it is what three masters are for. The one that is lost is the one that leads
etcd, so its clients lose their connections, its leases and the requests they have under way at the
same time.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Bounce,
    Calls,
    Eventually,
    FaultPlan,
    For,
    Leads,
    NodesReady,
    NoPodsDeleted,
    Ready,
    Running,
    Scenario,
    Served,
    SetImage,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="master-loss",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=60), service("web", clusterIP="10.96.0.20")),
    calls=(Calls("web"),),
    api_clients=ApiClients(3),
    faults=FaultPlan((Bounce("@leader", start=At(10), end=For(60)),)),
    script=(SetImage("web", image="web:2", at_s=40),),
    goals=(
        Always("pods run on", Running("web", pods=45)),
        Always("nobody is evicted", NoPodsDeleted("web"), until=39),
        Always("no node is taken for lost", NodesReady()),
        Always("pods are reached by name", Served("web", share=0.95, least=0), after=2, until=39),
        Eventually("writes go on", ApiAnswers(3, writes=True), after=15, within=15),
        Eventually("etcd has a leader again", Leads("etcd"), after=15, within=15),
        Eventually("a scheduler leads", Leads("scheduler"), after=30, within=20),
        Eventually("controllers run", Leads("controllers"), after=30, within=20),
        Eventually("the rollout is done", Ready("web", replicas=60, image="web:2"), after=40),
        Eventually("everybody is served again", Served("web"), after=60),
    ),
    chaos_s=120,
    converge_s=120,
)
