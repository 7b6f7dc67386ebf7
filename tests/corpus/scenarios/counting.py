"""Whoever counts the pods of a Job hears late of its own writes, and is replaced.

What must hold: the Job counts each pod once, and starts no more than it needs.
"""

from kactors.scenario import (
    Apply,
    At,
    Bounce,
    Completed,
    Delay,
    Eventually,
    Exponential,
    FaultPlan,
    For,
    KillActor,
    Scenario,
    Topology,
    job,
)

SCENARIO = Scenario(
    name="counting",
    topology=Topology.of(masters=3, nodes=2, dns_replicas=0),
    faults=FaultPlan(
        (
            Delay("m1", "m2", Exponential(0.2, 0.05), start=At(0.5), end=For(25)),
            Delay("m1", "m3", Exponential(0.2, 0.05), start=At(0.5), end=For(25)),
            Delay("m2", "m3", Exponential(0.2, 0.05), start=At(0.5), end=For(25)),
            KillActor("@controllers/kube-controller-manager", start=At(6)),
            Bounce("n1", start=At(12), end=For(3)),
        )
    ),
    script=(Apply((job("count", completions=14, parallelism=3, seconds=3),), at_s=0),),
    goals=(Eventually("the job has completed", Completed("count", 14)),),
    chaos_s=30,
    converge_s=180,
)
