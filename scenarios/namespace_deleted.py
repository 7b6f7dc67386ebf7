"""A namespace is deleted with all that is in it, while masters come and go.

What must hold: in the end nothing is left of it, neither stored nor at work, and another namespace
with objects of the same names has not lost a pod.

Why it is interesting: the deletion takes many steps by several controllers, each of which may be
lost in between, while others go on making what is being deleted. A namespace that stays in
Terminating for ever is the best-known way in which this goes wrong.
"""

from kactors.scenario import (
    Always,
    At,
    Bounce,
    Delete,
    Eventually,
    FaultPlan,
    For,
    Gone,
    Isolate,
    NoPodsDeleted,
    Not,
    Running,
    Scenario,
    Topology,
    deployment,
    service,
)


def _in_shop(obj: dict[str, object]) -> dict[str, object]:
    return {**obj, "metadata": {"name": "web", "namespace": "shop"}}


SCENARIO = Scenario(
    name="namespace-deleted",
    topology=Topology.of(masters=3, nodes=6),
    workload=(
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "shop"}},
        _in_shop(deployment("web", replicas=20)),
        _in_shop(service("web")),
        deployment("web", replicas=10),
        service("web"),
    ),
    faults=FaultPlan(
        (
            Bounce("@controllers", start=At(6), end=For(20)),
            Isolate("n1", start=At(4), end=For(25)),
            Bounce("@leader", start=At(40), end=For(15)),
        )
    ),
    script=(Delete("shop", kind="namespaces", namespace="", at_s=5),),
    goals=(
        Always("the other one's pods stay", NoPodsDeleted("web")),
        Always("the other one's pods run on", Running("web", pods=10)),
        Eventually("the namespace is gone", Gone("namespaces", "shop"), after=5),
        Eventually("so are its pods", Gone("pods", namespace="shop"), after=5),
        Eventually("so is its Deployment", Gone("deployments", namespace="shop"), after=5),
        Eventually("so is its Service", Gone("services", namespace="shop"), after=5),
        Eventually("none runs", Not(Running("web", pods=1, namespace="shop")), after=5),
    ),
    chaos_s=58,
    converge_s=180,
)
