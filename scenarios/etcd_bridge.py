"""Two members of etcd do not see each other, and a third sees both.

What must hold: there is one leader that stays, and writes go on all the time but for one election;
whoever asks the apiserver that is left without a leader is helped by another.

Why it is interesting: the member at one end hears of no leader and wants to be one. Without
pre-vote its ever higher terms would depose the leader again and again, by way of the one in the
middle, for as long as the link is cut: that is how Cloudflare lost its API for six hours in 2020.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Bridge,
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
)

SCENARIO = Scenario(
    name="etcd-bridge",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    api_clients=ApiClients(3),
    faults=FaultPlan((Bridge(("m1",), ("m2",), ("m3",), start=At(10), end=For(70)),)),
    script=(Scale("web", replicas=40, at_s=20),),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Always("writes go on", ApiAnswers(1, over_s=10, writes=True), after=30),
        Eventually("there are more", Ready("web", replicas=40), after=20, within=60),
    ),
    chaos_s=82,
    converge_s=120,
)
