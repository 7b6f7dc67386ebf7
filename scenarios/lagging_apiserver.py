"""One replica of the apiserver hears nothing from etcd for a while, and its readers with it.

What must hold: nobody who asks that replica is taken back in time or left there; a StatefulSet
whose pods are replaced meanwhile never has two of one name at work, although a kubelet that starts
anew may ask the very replica that does not know; a rollout is carried out.

Why it is interesting: k8s#59848, one of the bugs that Sieve was made for. A cache that is late
looks like one that is right. Nodes that lose their memory and ask it learn of pods that have long
been moved.
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
    Hold,
    KillActor,
    Messages,
    NodesReady,
    NoTwoLead,
    OnePodEach,
    Ready,
    Running,
    Scenario,
    SetImage,
    Topology,
    deployment,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="lagging-apiserver",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("web", replicas=24),
        stateful_set("db", replicas=4),
        service("db", clusterIP="None"),
    ),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            Hold(Messages("*", "*/etcd", "m2/kube-apiserver"), start=At(8), end=For(40)),
            *(KillActor(f"n{n}/kubelet", start=At(14 + 3 * n)) for n in range(1, 4)),
            *(Bounce(f"n{n}", start=At(10 * n - 16), end=For(2)) for n in range(4, 7)),
        )
    ),
    script=(
        SetImage("db", image="db:2", kind="statefulsets", at_s=10),
        SetImage("web", image="web:2", at_s=12),
    ),
    goals=(
        Always("no name has two pods at work", OnePodEach("db")),
        Always("most pods run", Running("web", pods=10)),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("writes go on", ApiAnswers(5, writes=True), after=14, within=15),
        Eventually("the rollout is done", Ready("web", 24, image="web:2"), after=12, within=60),
        Eventually(
            "the database is replaced", Ready("db", 4, "statefulsets", image="db:2"), after=10
        ),
    ),
    chaos_s=55,
    converge_s=150,
)
