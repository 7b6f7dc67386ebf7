"""Disks of the masters are slow, and then the leader's hangs.

What must hold: with one disk a hundred times slower, and with all of them ten times slower, writes
go on, only later; while the leader's disk does not answer at all, the others' disks are a majority,
or one of them leads within half a minute. Nobody is evicted because a master writes slowly.

Why it is interesting: a member that is half dead is worse than one that is dead. It goes on sending
heartbeats, so nobody else has a reason to take over, while all that is written waits for it.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Eventually,
    FaultPlan,
    For,
    NodesReady,
    NoPodsDeleted,
    NoTwoLead,
    Ready,
    Running,
    Scale,
    Scenario,
    SlowDisk,
    StalledDisk,
    Topology,
    deployment,
)

SCENARIO = Scenario(
    name="slow-disks",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30),),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            SlowDisk("@leader", 100, start=At(5), end=For(25)),
            SlowDisk("m1", 10, start=At(35), end=For(25)),
            SlowDisk("m2", 10, start=At(35), end=For(25)),
            SlowDisk("m3", 10, start=At(35), end=For(25)),
            StalledDisk("@leader", start=At(65), end=For(35)),
        )
    ),
    script=(Scale("web", replicas=36, at_s=10), Scale("web", replicas=42, at_s=40)),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("no node is taken for lost", NodesReady()),
        Always("nothing has two leaders", NoTwoLead()),
        Eventually("a slow disk does not stop a rollout", Ready("web", 36), after=10, within=25),
        Eventually("three slow disks do not, either", Ready("web", 42), after=40, within=25),
        Eventually(
            "writes go on past a disk that hangs", ApiAnswers(5, writes=True), after=71, within=25
        ),
    ),
    chaos_s=102,
    converge_s=120,
)
