"""What must be true of the pods at the end, however fast it was.

Each function looks at nothing but objects, and says in words what is wrong; nothing if all is well.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from kactors.api.labels import LabelSelector
from kactors.api.meta import key_of, labels_of, name_of, namespace_of
from kactors.api.node_affinity import RequiredNodeAffinity
from kactors.api.objects import Object, field
from kactors.bench.operations import CreatePods
from kactors.bench.record import Record
from kactors.scheduler.resources import Resources, pod_requests, resources_of

__all__ = [
    "lost",
    "misplaced",
    "needless_evictions",
    "over_committed",
    "uneven",
    "unscheduled",
    "violations",
]

Amounts = Counter[str]


def violations(record: Record) -> list[str]:
    """Return what is wrong at the end of a run."""
    nodes, pods = record.nodes, record.pods
    found = [
        *over_committed(nodes, pods),
        *misplaced(nodes, pods),
        *uneven(nodes, pods),
        *needless_evictions(nodes, pods, record.evicted),
    ]
    if record.complete:
        operations = [each for each in record.workload.operations if isinstance(each, CreatePods)]
        namespaces = dict.fromkeys(each.namespace for each in operations)
        there = [pod for pod in pods if namespace_of(pod) in namespaces]
        gone_on = dict.fromkeys(each.namespace for each in operations if each.goes_on)
        found += unscheduled(pod for pod in there if namespace_of(pod) not in gone_on)
        evicted = [pod for pod in record.evicted if namespace_of(pod) in namespaces]
        found += lost(sum(each.count for each in operations), there, evicted)
    return found


def unscheduled(waited_for: Iterable[Object]) -> Iterator[str]:
    """Yield which pods have no node, although somebody has waited until they had."""
    for pod in waited_for:
        if not _node_of(pod):
            yield f"pod {key_of(pod)} has no node"


def over_committed(nodes: Iterable[Object], pods: Iterable[Object]) -> Iterator[str]:
    """Yield which nodes hold pods that ask for more than the node has."""
    used = _used(pods)
    for node in nodes:
        name = name_of(node)
        has = _allocatable(node)
        for resource, amount in sorted(used.pop(name, Counter()).items()):
            if amount > has[resource]:
                yield f"node {name} has {has[resource]} of {resource}, its pods ask for {amount}"
    for name in sorted(used):
        yield f"{sum(1 for _ in used[name])} pods are on the node {name}, which does not exist"


def misplaced(nodes: Iterable[Object], pods: Iterable[Object]) -> Iterator[str]:
    """Yield which pods are on nodes that their affinity or selector excludes."""
    labels = {name_of(node): labels_of(node) for node in nodes}
    for pod in pods:
        node = _node_of(pod)
        if node in labels and not RequiredNodeAffinity.of_pod(pod).matches(labels[node], node):
            yield f"pod {key_of(pod)} is on the node {node}, which its affinity excludes"


def uneven(nodes: Sequence[Object], pods: Sequence[Object]) -> Iterator[str]:
    """Yield which hard spread constraints are exceeded.

    Of pods that only came, none went: each was allowed to exceed the emptiest domain by the
    constraint's skew, and domains never become emptier.
    """
    for (namespace, key, skew, selector_text), pod in _constraints(pods).items():
        wanted = RequiredNodeAffinity.of_pod(pod)
        domains = {
            name_of(node): labels_of(node)[key]
            for node in nodes
            if key in labels_of(node) and wanted.matches(labels_of(node), name_of(node))
        }
        selector = LabelSelector.parse(selector_text)
        counts = Counter(dict.fromkeys(domains.values(), 0))
        for other in pods:
            node = _node_of(other)
            same = namespace_of(other) == namespace and selector.matches(labels_of(other))
            if same and node in domains:
                counts[domains[node]] += 1
        if counts and max(counts.values()) - min(counts.values()) > skew:
            yield (
                f"pods of the namespace {namespace} with {selector_text!r} are spread over {key} "
                f"as {dict(sorted(counts.items()))}, which exceeds the skew of {skew}"
            )


def _constraints(pods: Iterable[Object]) -> dict[tuple[str, str, int, str], Object]:
    """Return the hard constraints that there are, each with a pod that has it."""
    found: dict[tuple[str, str, int, str], Object] = {}
    for pod in pods:
        for each in pod["spec"].get("topologySpreadConstraints") or ():
            if each["whenUnsatisfiable"] == "DoNotSchedule":
                selector = str(LabelSelector.from_object(each.get("labelSelector")))
                key = (namespace_of(pod), each["topologyKey"], each["maxSkew"], selector)
                found.setdefault(key, pod)
    return found


def needless_evictions(
    nodes: Iterable[Object], pods: Iterable[Object], evicted: Sequence[Object]
) -> Iterator[str]:
    """Yield on which nodes all pods would have had room, and yet some were evicted."""
    if not evicted:
        return
    used = _used((*pods, *evicted))
    gone = dict.fromkeys(_node_of(pod) for pod in evicted)
    for node in nodes:
        name = name_of(node)
        has = _allocatable(node)
        if name in gone and all(amount <= has[each] for each, amount in used[name].items()):
            yield f"node {name} had room for everything, and yet pods were evicted from it"


def lost(created: int, pods: Sequence[Object], evicted: Sequence[Object]) -> Iterator[str]:
    """Yield if pods are gone that nobody has evicted; with that, who was evicted had to be.

    Nodes that were full hold the pods that came later, and are not over-committed: then others
    have left, and each of them is accounted for.
    """
    if len(pods) + len(evicted) < created:
        yield (
            f"{created} pods were created, {len(pods)} are there and {len(evicted)} were evicted: "
            "the others are lost"
        )


def _node_of(pod: Object) -> str:
    found: str = field(pod, "spec", "nodeName") or ""
    return found


def _used(pods: Iterable[Object]) -> dict[str, Amounts]:
    """Return what the pods on each node ask for."""
    used: dict[str, Amounts] = defaultdict(Counter)
    for pod in pods:
        if node := _node_of(pod):
            used[node].update(_asked(pod))
    return used


def _asked(pod: Object) -> Amounts:
    return _amounts(pod_requests(pod["spec"])[0], pods=1)


def _allocatable(node: Object) -> Amounts:
    status = node.get("status") or {}
    found = resources_of(status.get("allocatable") or status.get("capacity") or {})
    return _amounts(found, pods=found.pods)


def _amounts(found: Resources, *, pods: int) -> Amounts:
    return Counter(
        {
            "cpu (milli)": found.cpu_milli,
            "memory": found.memory_bytes,
            "ephemeral-storage": found.ephemeral_bytes,
            "pods": pods,
            **found.scalars,
        }
    )
