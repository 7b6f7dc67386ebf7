"""The loss of two masters of three.

What must hold: nobody can read by quorum or write any more, so no write is acknowledged while one
master is left alone; pods run on and are reached by name all the same; nothing acknowledged is lost
when the two come back, and what was asked for meanwhile is carried out then.

Why it is interesting: it is the line between what a majority survives and what it does not. A
control plane that goes on serving here serves two truths; one that takes the data plane along has
made itself indispensable.
"""

from kactors.scenario import (
    Always,
    ApiAnswers,
    ApiClients,
    At,
    Bounce,
    Calls,
    Eventually,
    FaultPlan,
    For,
    NoPodsDeleted,
    NoWriteAcknowledged,
    Running,
    Scale,
    Scenario,
    Served,
    Topology,
    deployment,
    service,
)

SCENARIO = Scenario(
    name="two-masters-lost",
    topology=Topology.of(masters=3, nodes=10),
    workload=(deployment("web", replicas=30), service("web")),
    calls=(Calls("web"),),
    api_clients=ApiClients(3),
    faults=FaultPlan(
        (
            Bounce("m1", start=At(10), end=For(50)),
            Bounce("m2", start=At(10), end=For(50)),
        )
    ),
    script=(Scale("web", replicas=40, at_s=70),),
    goals=(
        Always("pods run on", Running("web", pods=30)),
        Always("nobody is evicted", NoPodsDeleted("web")),
        Always("pods are reached by name", Served("web", share=0.9, least=0), after=2),
        Always("nothing is written", NoWriteAcknowledged(1.0), after=12, until=59),
        Eventually("the API answers again", ApiAnswers(5, writes=True), after=60, within=45),
    ),
    chaos_s=90,
    converge_s=150,
)
