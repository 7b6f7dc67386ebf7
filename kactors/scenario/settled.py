"""When a cluster has come round: everything that was asked for is there, and nothing else moves.

Only the core counts. What is outside of it may be broken for good: its nodes stay lost, and so do
the pods that were bound to them until somebody takes them away.
"""

from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from kactors.api.meta import (
    generation_of,
    is_being_deleted,
    is_true,
    labels_of,
    name_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.node.proxy.endpoint import SERVICE_NAME_LABEL
from kactors.scenario.service_endpoints import ready_endpoints, ready_pods
from kactors.scenario.view import View

__all__ = ["Awaited", "held_up", "unready", "unsettled"]

_FINAL = ("Succeeded", "Failed")


class Awaited(NamedTuple):
    """Something that a cluster still has to come to.

    Attributes:
        what: of which sort it is, without any names.
        text: what it is.
    """

    what: str
    text: str


def unsettled(view: View) -> Iterator[Awaited]:
    """Yield what is still to wait for, cheapest first; nothing if the cluster has settled."""
    core = dict.fromkeys(view.core)
    yield from unready(view)
    yield from _workloads(view, core)
    yield from _pods(view, core)
    yield from _containers(view, core)
    yield from _endpoints(view)


def unready(view: View) -> Iterator[Awaited]:
    """Yield what a cluster lacks before anybody would give it work: who leads, and its nodes."""
    yield from _control_plane(view)
    yield from _nodes(view, dict.fromkeys(view.core))


def _control_plane(view: View) -> Iterator[Awaited]:
    hosts = view.cluster.world.hosts
    for name in view.core:
        machine = hosts[name].machine
        if not machine.up or machine.paused:
            yield Awaited("hosts", f"host {name} is {'paused' if machine.up else 'down'}")
    serving = view.cluster.observer.apiservers()
    for name in view.cluster.topology.master_names:
        if name in view.core and name not in serving:
            yield Awaited("apiservers", f"the apiserver on {name} does not serve")
    for part in ("etcd", "scheduler", "controllers"):
        if view.leader(part) is None:
            yield Awaited(f"leader of {part}", f"nobody leads {part}")


def _nodes(view: View, core: Collection[str]) -> Iterator[Awaited]:
    nodes = view.truth.objects("nodes")
    for name in view.cluster.topology.node_names:
        node = nodes.get(("", name))
        if name in core and (node is None or not is_true(node, "Ready")):
            yield Awaited("nodes", f"node {name} is not ready")


def _workloads(view: View, core: Collection[str]) -> Iterator[Awaited]:
    lost = sum(name not in core for name in view.cluster.topology.node_names)
    for resource in ("deployments", "statefulsets", "replicasets", "daemonsets", "jobs"):
        for obj in view.truth.objects(resource).values():
            if resource == "statefulsets" and held_up(
                obj, view.truth.objects("pods").values(), core
            ):
                continue
            problem = _behind(resource, obj, lost)
            if problem:
                yield Awaited(resource, f"{resource}/{name_of(obj)}: {problem}")


def held_up(stateful_set: Object, pods: Iterable[Object], core: Collection[str]) -> bool:
    """Tell whether a StatefulSet cannot come round: a pod of it is where nothing is healed.

    Nobody may replace such a pod, and those that come after it wait, until a person says that its
    node is gone: there might be two of one identity.
    """
    return any(
        (owner_of_controller(pod) or {}).get("uid") == uid_of(stateful_set)
        and field(pod, "spec", "nodeName", default="") not in ("", *core)
        for pod in pods
    )


def _behind(resource: str, obj: Object, lost_nodes: int) -> str:
    """Return in what an object's status is behind its spec; empty if it is not."""
    if is_being_deleted(obj):
        return "it is being deleted"
    spec, status = obj.get("spec") or {}, obj.get("status") or {}
    if resource == "jobs":
        over = is_true(obj, "Complete") or is_true(obj, "Failed") or is_true(obj, "Suspended")
        return "" if over else "it is not over"
    if status.get("observedGeneration", 0) < generation_of(obj):
        return "its controller has not seen it"
    if resource == "daemonsets":
        wanted = status.get("desiredNumberScheduled", 0)
        ready = status.get("numberReady", 0)
        return "" if ready >= wanted - lost_nodes else f"{ready} of {wanted} pods are ready"
    wanted = spec.get("replicas", 1)
    counts = ["replicas", "readyReplicas"]
    counts += ["updatedReplicas"] if resource in {"deployments", "statefulsets"} else []
    for name in counts:
        if status.get(name, 0) != wanted:
            return f"{name} is {status.get(name, 0)}, {wanted} are wanted"
    return ""


def _pods(view: View, core: Collection[str]) -> Iterator[Awaited]:
    for pod in view.truth.objects("pods").values():
        node = field(pod, "spec", "nodeName", default="")
        if node and node not in core:
            continue
        phase = field(pod, "status", "phase", default="Pending")
        if is_being_deleted(pod):
            yield Awaited("pods that go", f"pod {name_of(pod)} is being deleted")
        elif phase not in _FINAL and not (phase == "Running" and is_true(pod, "Ready")):
            owner = owner_of_controller(pod)
            if node or owner is None or owner.get("kind") != "DaemonSet":
                state = "running and not ready" if phase == "Running" else phase.lower()
                yield Awaited("pods", f"pod {name_of(pod)} is {state}")


def _containers(view: View, core: Collection[str]) -> Iterator[Awaited]:
    """Compare what runs with what is stored, on the nodes of the core."""
    pods = view.truth.objects("pods")
    wanted = {
        field(pod, "metadata", "uid"): name
        for (_, name), pod in pods.items()
        if field(pod, "status", "phase") == "Running" and field(pod, "spec", "nodeName") in core
    }
    seen: dict[str, None] = {}
    for each in view.running:
        if each.node not in core:
            continue
        if each.pod_uid not in wanted:
            text = f"a container of {each.pod} still runs on {each.node}"
            yield Awaited("containers that go", text)
        seen[each.pod_uid] = None
    for uid, name in wanted.items():
        if uid not in seen:
            yield Awaited("containers", f"nothing runs of pod {name}")


def _endpoints(view: View) -> Iterator[Awaited]:
    """Compare the ready endpoints of each Service with the ready pods that it selects."""
    listed: dict[tuple[str, str], dict[str, None]] = {}
    for (namespace, _), piece in view.truth.objects("endpointslices").items():
        service = labels_of(piece).get(SERVICE_NAME_LABEL, "")
        ready = listed.setdefault((namespace, service), {})
        for endpoint in ready_endpoints([piece]):
            ready.update(dict.fromkeys(endpoint["addresses"]))
    for (namespace, name), each in view.truth.objects("services").items():
        selector = field(each, "spec", "selector")
        if not selector:
            continue
        pods = ready_pods(view.truth, namespace, selector)
        found = listed.get((namespace, name), {})
        if found.keys() != pods.keys():
            text = f"service {name} has {len(found)} ready endpoints for {len(pods)} ready pods"
            yield Awaited("endpoints", text)
