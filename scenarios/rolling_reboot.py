"""All nodes are rebooted, one after another, and then all masters.

What must hold: no pod is deleted: each goes on under its name where it was, once its node is back.
No more than one node's pods are away at a time, and in the end all calls are answered. Masters may
be rebooted in turn without a node or a pod noticing.

Why it is interesting: it is what every upgrade does. A kubelet that comes up again has to recognise
its pods, find out that nothing runs any more, and start what is missing, but no second pod of any
name and without asking for new ones. Callers do notice: nobody was asked to go elsewhere first.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Calls,
    Eventually,
    FaultPlan,
    For,
    NoPodsDeleted,
    NoTwoLead,
    OnePodEach,
    Ready,
    Reboot,
    Running,
    Scenario,
    Served,
    Topology,
    deployment,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="rolling-reboot",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("web", replicas=36),
        service("web"),
        stateful_set("db", replicas=3),
        service("db", clusterIP="None"),
    ),
    calls=(Calls("web"),),
    api_clients=ApiClients(2),
    faults=FaultPlan(
        (
            *(Reboot(f"n{n}", start=At(20 * n - 15), end=For(5)) for n in range(1, 7)),
            *(Reboot(f"m{m}", start=At(30 * m + 95), end=For(8)) for m in range(1, 4)),
        )
    ),
    goals=(
        Always("most pods run", Running("web", pods=24)),
        Always("no pod is deleted", NoPodsDeleted()),
        Always("no name has two pods at work", OnePodEach("db")),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("all pods are ready", Ready("web", replicas=36), after=112, within=20),
        Eventually("writes go on after m1", ApiAnswers(5, writes=True), after=129, within=20),
        Eventually("writes go on after m2", ApiAnswers(5, writes=True), after=159, within=20),
        Eventually("writes go on after m3", ApiAnswers(5, writes=True), after=189, within=20),
        Eventually("in the end all calls are answered", Served("web", least=30), after=200),
    ),
    chaos_s=200,
    converge_s=120,
)
