"""All masters are cut off from all nodes for two minutes, and nobody is evicted for it.

What must hold: the masters take every node for lost, and no pod for that reason: if all are silent,
it is more likely the masters who are alone. Pods run on, and reach each other by name. When the
link is mended, all nodes are well again, and pods are where they were.

Why it is interesting: the pods here tolerate the loss of their node for 30 seconds only, so every
one of them would be deleted in time if the node lifecycle controller did not know of full
disruption. The edges are the dangerous part: nodes fall silent, and are heard again, one after
another, so for some seconds it looks as if some nodes were lost and others were not. And what is
stored of the pods says by then that none is ready: proxies learn of that before kubelets object, so
a few calls may fail, as upstream's may, when the link is mended.
"""

from kactors.scenario import (
    Always,
    At,
    Calls,
    Eventually,
    FaultPlan,
    For,
    NodesReady,
    NoPodsDeleted,
    Not,
    Partition,
    Running,
    Scenario,
    Served,
    Topology,
    deployment,
    pod_template,
    service,
)

_TOPOLOGY = Topology.of(masters=3, nodes=10)

_IMPATIENT = [
    {
        "key": f"node.kubernetes.io/{trouble}",
        "operator": "Exists",
        "effect": "NoExecute",
        "tolerationSeconds": 30,
    }
    for trouble in ("not-ready", "unreachable")
]

SCENARIO = Scenario(
    name="masters-cut-off",
    topology=_TOPOLOGY,
    workload=(
        deployment("web", replicas=60, template=pod_template("web", tolerations=_IMPATIENT)),
        service("web"),
    ),
    calls=(Calls("web", period_s=2.0),),
    faults=FaultPlan(
        (Partition((_TOPOLOGY.master_names, _TOPOLOGY.node_names), start=At(10), end=For(120)),)
    ),
    goals=(
        Always("pods run on", Running("web", pods=60)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("pods are reached by name", Served("web", share=0.9), after=5, until=129),
        Eventually("all nodes are silent", Not(NodesReady(1)), after=10, within=75),
        Eventually("all nodes are well again", NodesReady(), after=130, within=45),
        Eventually("all are reached again", Served("web"), after=140),
    ),
    chaos_s=132,
    converge_s=120,
)
