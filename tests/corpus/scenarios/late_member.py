"""Members of etcd learn late of what is committed.

What must hold: reads by quorum show what was acknowledged before they were asked for, whichever
member answers.
"""

from kactors.scenario import (
    ApiClients,
    At,
    Delay,
    Exponential,
    FaultPlan,
    For,
    Isolate,
    Scenario,
    Topology,
)

SCENARIO = Scenario(
    name="late-member",
    topology=Topology.of(masters=3, nodes=1, dns_replicas=0),
    api_clients=ApiClients(5, keys=2, period_s=0.1),
    faults=FaultPlan(
        (
            Delay("m1", "m2", Exponential(0.05, 0.02), start=At(1), end=For(20)),
            Delay("m2", "m3", Exponential(0.05, 0.02), start=At(3), end=For(20)),
            Delay("m1", "m3", Exponential(0.05, 0.02), start=At(5), end=For(20)),
            Isolate("n1", start=At(6), end=For(4)),
        )
    ),
    chaos_s=26,
    converge_s=120,
)
