"""The clocks of masters jump ahead of each other, then by hours, and so do those of nodes.

What must hold: never do two schedulers or two controller managers lead, no node is taken for lost,
nobody is evicted, and whoever leads goes on with what is asked for.

Why it is interesting: leases are times, and k8s#125761 is what happens if somebody compares a time
that another has written with the own clock: set an hour forward, a standby sees the lease long
expired and leads too, until the old leader notices. Each master in turn is set ahead of all others,
so one of them is a standby. The same goes for what nodes say of themselves.
"""

from kactors.scenario import (
    Always,
    At,
    ClockJump,
    Eventually,
    FaultPlan,
    NodesReady,
    NoPodsDeleted,
    NoTwoLead,
    Ready,
    Running,
    Scale,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="clock-jump",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    faults=FaultPlan(
        (
            ClockJump("m1", 60.0, start=At(2)),
            ClockJump("m2", 120.0, start=At(6)),
            ClockJump("m3", 180.0, start=At(10)),
            ClockJump("@scheduler", -3600.0, start=At(15)),
            ClockJump("@controllers", 3600.0, start=At(20)),
            ClockJump("m2", -3600.0, start=At(24)),
            ClockJump("n1", 3600.0, start=At(30)),
            ClockJump("n2", -3600.0, start=At(30)),
        )
    ),
    script=(Scale("web", replicas=35, at_s=12), Scale("web", replicas=40, at_s=32)),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("there are more", Ready("web", replicas=35), after=12, within=20),
        Eventually("there are more again", Ready("web", replicas=40), after=32, within=20),
    ),
    chaos_s=90,
    converge_s=90,
)
