"""Pods are created and bound, and those who asked for it are not told.

What must hold: the scheduler, and the controllers, ask again or look, and find that it was done;
there are as many pods as were asked for, none of them twice, and no node is given more than it has.
A binding that comes when its pod is gone binds nothing.

Why it is interesting: a write without an answer has happened, or has not, or will. Who takes it for
failed creates a pod too many, or gives the same room to two; who takes it for done waits for a pod
that never comes.
"""

from kactors.scenario import (
    Apply,
    At,
    Completed,
    Drop,
    Eventually,
    FaultPlan,
    For,
    Hold,
    Messages,
    Ready,
    Scale,
    Scenario,
    Sent,
    Topology,
    Until,
    When,
    deployment,
    job,
    service,
)

SCENARIO = Scenario(
    name="lost-answers",
    topology=Topology.of(masters=3, nodes=6),
    workload=(deployment("web", replicas=6), deployment("brief", replicas=0), service("web")),
    faults=FaultPlan(
        (
            *(
                Drop(
                    Messages("api.response", "*/kube-apiserver", f"*/{asker}*", {"code": 201}),
                    count=12,
                    start=When(
                        Sent(
                            "api.request",
                            f"*/{asker}*",
                            where={"verb": "create", "resource": "pods"},
                        )
                    ),
                    end=For(12),
                )
                for asker in ("kube-scheduler", "kube-controller-manager")
            ),
            Hold(
                Messages("api.request", "*/kube-scheduler", "*", {"subresource": "binding"}),
                start=At(34),
                end=Until(40),
            ),
        )
    ),
    script=(
        Scale("web", replicas=30, at_s=3),
        Apply((job("count", completions=10, parallelism=5, seconds=3),), at_s=4),
        Scale("brief", replicas=8, at_s=35),
        Scale("brief", replicas=0, at_s=37),
        Scale("web", replicas=10, at_s=45),
    ),
    goals=(
        Eventually("as many run as were asked for", Ready("web", 10), after=45),
        Eventually("the Job has completed", Completed("count", completions=10), after=4),
    ),
    chaos_s=60,
    converge_s=180,
)
