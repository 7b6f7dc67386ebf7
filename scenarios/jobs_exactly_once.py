"""A Job's pods, nodes and controllers are lost, and it completes exactly once.

What must hold: twenty completions were asked for, and the Job counts twenty, each of them a pod
that really succeeded, none of them twice, whoever was lost between the success and the count.

Why it is interesting: a success is seen by one controller, counted by another, and the pod that it
happened in may be gone by then. Counting the pods that there are is wrong as soon as one is
deleted; adding up is wrong as soon as a controller does not know what the one before it had added.
"""

from kactors.scenario import (
    Apply,
    At,
    Bounce,
    Completed,
    Delete,
    Duplicate,
    Eventually,
    FaultPlan,
    For,
    Isolate,
    Pause,
    Scenario,
    Topology,
    job,
)

SCENARIO = Scenario(
    name="jobs-exactly-once",
    topology=Topology.of(masters=3, nodes=6),
    faults=FaultPlan(
        (
            Bounce("@controllers", start=At(9), end=For(15)),
            Bounce("n1", start=At(6), end=For(6)),
            Isolate("n2", start=At(10), end=For(20)),
            Pause("n3", start=At(14), end=For(10)),
            Duplicate("*", "m2", 0.2, start=At(2), end=For(50)),
            Pause("@controllers", start=At(40), end=For(20)),
        )
    ),
    script=(
        Apply((job("count", completions=20, parallelism=5, seconds=6, backoffLimit=30),), at_s=1),
        Apply((job("other", completions=6, parallelism=6, seconds=2, backoffLimit=30),), at_s=36),
        Apply((job("gone", completions=50, parallelism=5, seconds=3),), at_s=2),
        Delete("gone", kind="jobs", propagation="Background", at_s=12),
    ),
    goals=(
        Eventually("the Job has completed", Completed("count", completions=20), after=1),
        Eventually("the other has, too", Completed("other", completions=6), after=36),
    ),
    chaos_s=65,
    converge_s=240,
)
