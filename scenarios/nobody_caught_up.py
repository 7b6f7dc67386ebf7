"""The only apiserver that was up to date is lost, and the others hear late what is stored.

What must hold: nobody is taken back in time. Readers who have seen what the others have not are
told the most recent state, which is read from etcd, and go on from there; in the end what was
begun meanwhile is complete, and no name of a StatefulSet had two pods at work.

Why it is interesting: an informer asks for a state that is not older than what it has seen. If no
replica has come so far it can wait for ever, or take what it is given and act on a past in which
what was deleted still is. That etcd can be read does not help a replica whose watch is silent.
"""

from kactors.scenario import (
    Always,
    Apply,
    At,
    Bounce,
    Eventually,
    FaultPlan,
    For,
    Hold,
    Messages,
    NoTwoLead,
    OnePodEach,
    Ready,
    Scenario,
    SetImage,
    Topology,
    Until,
    deployment,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="nobody-caught-up",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("web", replicas=6),
        service("web"),
        stateful_set("db", replicas=3),
        service("db", clusterIP="None"),
    ),
    faults=FaultPlan(
        (
            *(
                Hold(
                    Messages("etcd.watch_response", "*/etcd", f"m{number}/kube-apiserver"),
                    start=At(5),
                    end=Until(70),
                )
                for number in (2, 3)
            ),
            Bounce("m1", start=At(20), end=For(55)),
        )
    ),
    script=(
        Apply((deployment("new", replicas=10),), at_s=8),
        SetImage("web", image="web:2", at_s=12),
        SetImage("db", image="db:2", kind="statefulsets", at_s=14),
    ),
    goals=(
        Always("no name has two pods at work", OnePodEach("db")),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("the rollout is done", Ready("web", 6, image="web:2"), after=12),
        Eventually("the new one stands", Ready("new", 10), after=8),
        Eventually(
            "the database is replaced", Ready("db", 3, "statefulsets", image="db:2"), after=14
        ),
    ),
    chaos_s=80,
    converge_s=180,
)
