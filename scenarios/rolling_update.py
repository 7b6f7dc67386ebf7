"""Sixty pods behind a Service are replaced while they are called, and no caller notices.

What must hold: of the calls in any ten seconds at least 99 in 100 are answered by a pod that is
behind the Service, also while messages of one master take their time; in the end all are.

Why it is interesting: five parts have to agree on who is ready (kubelet, API, slices, proxies, and
the pod itself), and each learns of it at another time. What makes it work is the pods' own part: a
readiness probe at the beginning, and a pause at the end, for as long as tables may be behind. (If
the controllers are lost meanwhile, a pause of five seconds is not long enough, here as upstream.)
"""

from kactors.scenario import (
    Always,
    At,
    Calls,
    Delay,
    Eventually,
    Exponential,
    FaultPlan,
    For,
    Ready,
    Running,
    Scenario,
    Served,
    SetImage,
    Topology,
    deployment,
    pod_template,
    service,
)

_TEMPLATE = pod_template("web")
_TEMPLATE["spec"]["containers"][0] |= {
    "readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1},
    "lifecycle": {"preStop": {"sleep": {"seconds": 5}}},
}

SCENARIO = Scenario(
    name="rolling-update",
    topology=Topology.of(masters=3, nodes=10),
    workload=(
        deployment(
            "web",
            replicas=60,
            template=_TEMPLATE,
            strategy={"rollingUpdate": {"maxSurge": "25%", "maxUnavailable": 0}},
        ),
        service("web"),
    ),
    calls=(Calls("web"),),
    faults=FaultPlan((Delay("m2", "*", Exponential(0.05), start=At(8), end=For(25)),)),
    script=(SetImage("web", image="web:2", at_s=5),),
    goals=(
        Always("callers do not notice", Served("web", share=0.99, least=50), after=10),
        Always("enough pods are at work", Running("web", pods=60)),
        Eventually(
            "the rollout is done", Ready("web", replicas=60, image="web:2"), after=5, within=100
        ),
        Eventually("in the end all are served", Served("web", least=80), after=60),
    ),
    chaos_s=60,
    converge_s=120,
)
