"""A storm: everything that can go wrong, drawn anew for every seed.

What must hold: whatever is done to masters, nodes, links, disks and clocks for two minutes, as
long as no more than a minority of masters is down at a time: once a random core of the hosts is
healed, and the rest left as it is, the cluster comes round, its Deployment is complete with the
image that it was given meanwhile, its Job has completed, and its StatefulSet never had two pods of
one name at work; it is whole again unless a pod of it is on a node that is never healed, where none
may take its place.

Why it is interesting: nobody thought of what it does.
"""

from kactors.scenario import (
    Always,
    ApiClients,
    Calls,
    Completed,
    Eventually,
    OnePodEach,
    Ready,
    Scale,
    Scenario,
    SetImage,
    Storm,
    Topology,
    deployment,
    job,
    service,
    stateful_set,
)

SCENARIO = Scenario(
    name="storm",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        deployment("web", replicas=18),
        service("web"),
        stateful_set("db", replicas=3),
        service("db", clusterIP="None"),
        job("count", completions=12, parallelism=3, seconds=8),
    ),
    script=(
        SetImage("web", image="web:2", at_s=30, patience_s=300),
        Scale("web", replicas=24, at_s=70, patience_s=300),
    ),
    calls=(Calls("web", period_s=1.0, hosts=("n1", "n2", "n3")),),
    api_clients=ApiClients(2),
    faults=Storm(),
    goals=(
        Always("no name has two pods at work", OnePodEach("db")),
        Eventually("the rollout is done", Ready("web", replicas=24, image="web:2"), after=70),
        Eventually("the job has completed", Completed("count")),
    ),
    chaos_s=120,
    converge_s=600,
    core="random",
)
