"""Clocks jump, and masters are cut off: who leads?

What must hold: of each component that only one may be, only one is at work.
"""

from kactors.scenario import (
    Always,
    At,
    Bounce,
    ClockJump,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    NoTwoLead,
    Scenario,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="who-leads",
    topology=Topology.of(masters=3, nodes=1, dns_replicas=0),
    workload=(deployment("web", replicas=2),),
    faults=FaultPlan(
        (
            ClockJump("m1", 3600.0, start=At(3.4)),
            KillActor("n1/kubelet", start=At(5)),
            ClockJump("m2", 7200.0, start=At(9.1)),
            ClockJump("m3", 10800.0, start=At(14.7)),
            Bounce("n1", start=At(17), end=For(2)),
            Isolate("@scheduler", start=At(20), end=For(30)),
        )
    ),
    goals=(Always("nothing has two leaders", NoTwoLead()),),
    chaos_s=54,
    converge_s=150,
)
