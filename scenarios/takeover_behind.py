"""A controller manager takes over, and what it is told of the past is of different ages.

What must hold: nothing is collected whose owner is merely not known yet, no Job counts a pod twice
or starts one too many from an old state of itself, and what was asked for gets done.

Why it is interesting: who takes over lists everything, each resource from whichever replica answers
first, and two of them hear late what is stored. So there are pods without the ReplicaSet that made
them, and a Job as it was before it was changed. Sieve (OSDI 2022) finds most of its bugs this way.
"""

from kactors.scenario import (
    At,
    Bounce,
    Completed,
    Drop,
    Eventually,
    FaultPlan,
    For,
    Hold,
    Messages,
    Patch,
    Ready,
    Scenario,
    Sent,
    SetImage,
    Topology,
    Until,
    When,
    deployment,
    job,
    service,
)

LATE = ("m2", "m3")
MANAGERS = "*/kube-controller-manager*"
REPLICA_SET = Sent("api.request", MANAGERS, where={"verb": "create", "resource": "replicasets"})

SCENARIO = Scenario(
    name="takeover-behind",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("web", replicas=10),
        service("web"),
        job("count", completions=60, parallelism=4, seconds=6),
    ),
    faults=FaultPlan(
        (
            # Whoever leads asks m1 from now on, and sees what is new there.
            *(
                Drop(Messages("*", MANAGERS, f"{name}/kube-apiserver"), start=At(1), end=Until(15))
                for name in LATE
            ),
            *(
                Hold(
                    Messages("etcd.watch_response", "*/etcd", f"{name}/kube-apiserver"),
                    start=When(REPLICA_SET),
                    end=Until(70),
                )
                for name in LATE
            ),
            Bounce("@controllers", start=At(28), end=For(8)),
            # Of pods only m1 tells, of ReplicaSets and Jobs only those who are late.
            *(
                Hold(
                    Messages(
                        "api.request",
                        MANAGERS,
                        f"{name}/kube-apiserver",
                        {"verb": "list", "resource": resource},
                    ),
                    start=At(27),
                    end=Until(70),
                )
                for name, resource in (
                    ("m1", "replicasets"),
                    ("m1", "jobs"),
                    ("m2", "pods"),
                    ("m3", "pods"),
                )
            ),
        )
    ),
    script=(
        SetImage("web", image="web:2", at_s=20),
        Patch("count", kind="jobs", patch={"spec": {"parallelism": 5}}, at_s=26),
    ),
    goals=(
        Eventually("the Job has completed", Completed("count", completions=60), after=1),
        Eventually("the rollout is done", Ready("web", 10, image="web:2"), after=20),
    ),
    chaos_s=75,
    converge_s=240,
)
