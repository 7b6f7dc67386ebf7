"""A storm without mercy: any number of masters may be lost at a time, or come back with nothing.

What must hold: no more than can. Nobody is told that a write was done which later was not; no
member of etcd tells another story than the others; no node is given more than it has, though pods
of a higher priority come while it is full; a StatefulSet never has two pods of one name at work.
Whether anything gets done is not asked.

Why it is interesting: a design that survives what it was made for may still lie when it is broken.
"""

from kactors.scenario import (
    Always,
    ApiClients,
    Apply,
    Calls,
    Delete,
    OnePodEach,
    Scale,
    Scenario,
    SetImage,
    Storm,
    Topology,
    deployment,
    job,
    pod_template,
    service,
    stateful_set,
)


def _half_a_node(name: str, replicas: int, priority: str) -> dict[str, object]:
    """Return a Deployment of pods of which two fit on a node."""
    template = pod_template(name, priorityClassName=priority)
    template["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1900m"}}
    return deployment(name, replicas, template=template)


def _priority(name: str, value: int) -> dict[str, object]:
    return {
        "apiVersion": "scheduling.k8s.io/v1",
        "kind": "PriorityClass",
        "metadata": {"name": name},
        "value": value,
    }


SCENARIO = Scenario(
    name="storm-beyond",
    topology=Topology.of(masters=3, nodes=5, zones=("zone-a",)),
    workload=(
        _priority("low", 1),
        _priority("high", 1000),
        _half_a_node("filler", 8, "low"),
        _half_a_node("urgent", 0, "high"),
        deployment("web", replicas=8),
        service("web"),
        stateful_set("db", replicas=3),
        service("db", clusterIP="None"),
    ),
    script=(
        Apply((job("count", completions=20, parallelism=4, seconds=15),), at_s=2, patience_s=60),
        Delete("count", kind="jobs", at_s=15, patience_s=60),
        SetImage("web", image="web:2", at_s=20, patience_s=60),
        Scale("urgent", replicas=6, at_s=40, patience_s=60),
        SetImage("db", image="db:2", kind="statefulsets", at_s=60, patience_s=60),
    ),
    calls=(Calls("web", hosts=("n1", "n2")),),
    api_clients=ApiClients(3),
    faults=Storm(),
    goals=(Always("no name has two pods at work", OnePodEach("db")),),
    chaos_s=120,
    converge_s=60,
    core="random",
    budget="beyond",
)
