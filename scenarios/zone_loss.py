"""A zone of three is lost: one master and four of ten nodes.

What must hold: the other zones carry on at once. Once the nodes are taken for lost, nobody is sent
to their pods any more; their pods are made anew in the zones that are left, none of those there is
touched; when the zone comes back it is used again, and nothing runs twice.

Why it is interesting: it is what zones are for. That all nodes of one zone are silent while others
are heard is no reason to wait: that rule is for masters that hear nobody at all.
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
    NodesReady,
    NoTwoLead,
    Ready,
    Running,
    Scenario,
    Served,
    Topology,
    deployment,
    pod_template,
    service,
)

_IMPATIENT = [
    {
        "key": f"node.kubernetes.io/{trouble}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 15,
    }
    for trouble in ("not-ready", "unreachable")
]

SCENARIO = Scenario(
    name="zone-loss",
    topology=Topology.of(masters=3, nodes=10),
    workload=(
        deployment("web", replicas=60, template=pod_template("web", tolerations=_IMPATIENT)),
        service("web"),
    ),
    calls=(Calls("web", hosts=("n2", "n3", "n5")),),
    api_clients=ApiClients(2),
    faults=FaultPlan(
        tuple(Bounce(host, start=At(10), end=For(140)) for host in ("m1", "n1", "n4", "n7", "n10"))
    ),
    goals=(
        Always("the other zones run on", Running("web", pods=15)),
        Always("the other zones' nodes are ready", NodesReady(6)),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("the API answers again", ApiAnswers(5, writes=True), after=16, within=15),
        Eventually("others are called", Served("web", share=0.95, least=20), after=60, within=40),
        Eventually("all pods run elsewhere", Running("web", pods=60), after=12, within=138),
        Eventually("all pods are ready elsewhere", Ready("web"), after=75, within=75),
        Eventually("all nodes are well again", NodesReady(), after=150, within=45),
    ),
    chaos_s=152,
    converge_s=180,
)
