"""Pods, nodes and a scheduler's surroundings for tests, in few words."""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kactors.api.objects import Object
from kactors.runtime.random import Random, stream
from kactors.scheduler.cache import Cache
from kactors.scheduler.cluster_view import ClusterView
from kactors.scheduler.config import Profile
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.registry import build_framework
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.plugins.registry import default_registry
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.nominator import Nominator

ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"


def node(
    name: str,
    *,
    cpu: str = "4",
    memory: str = "32Gi",
    pods: int = 110,
    zone: str = "",
    labels: Mapping[str, str] | None = None,
    taints: Sequence[Object] = (),
    unschedulable: bool = False,
    images: Mapping[str, int] | None = None,
    more: Mapping[str, str] | None = None,
) -> Object:
    """Return a node object."""
    all_labels = {HOSTNAME: name, **(labels or {})}
    if zone:
        all_labels[ZONE] = zone
    return {
        "metadata": {"name": name, "uid": f"node-{name}", "labels": all_labels},
        "spec": {"taints": list(taints), "unschedulable": unschedulable},
        "status": {
            "allocatable": {"cpu": cpu, "memory": memory, "pods": str(pods), **(more or {})},
            "images": [
                {"names": [each], "sizeBytes": size} for each, size in (images or {}).items()
            ],
        },
    }


def pod(
    name: str,
    *,
    cpu: str | None = "100m",
    memory: str | None = "200Mi",
    namespace: str = "default",
    labels: Mapping[str, str] | None = None,
    node_name: str = "",
    ports: Sequence[Object] = (),
    image: str = "",
    metadata: Object | None = None,
    status: Object | None = None,
    requests: Mapping[str, str] | None = None,
    **spec: Any,
) -> Object:
    """Return a pod object; further arguments go into its spec."""
    wanted = dict(requests or {})
    if cpu is not None:
        wanted["cpu"] = cpu
    if memory is not None:
        wanted["memory"] = memory
    container: Object = {"name": "main", "resources": {"requests": wanted}, "ports": list(ports)}
    if image:
        container["image"] = image
    if node_name:
        spec["nodeName"] = node_name
    return {
        "metadata": {
            "name": name,
            "namespace": namespace,
            "uid": f"{namespace}-{name}",
            "labels": dict(labels or {}),
            **(metadata or {}),
        },
        "spec": {"containers": [container], **spec},
        "status": status or {},
    }


def info(name: str = "pod", **arguments: Any) -> PodInfo:
    """Return a pod as the scheduler sees it; see `pod`."""
    return PodInfo.of(pod(name, **arguments))


def on_node(facts: Object, *pods: PodInfo) -> NodeInfo:
    """Return a node with pods on it."""
    found = NodeInfo(facts["metadata"]["name"], NodeFacts.of(facts))
    for each in pods:
        found.add(each.assigned_to(found.name))
    return found


@attrs.define(eq=False)
class Surroundings:
    """What a profile needs around it."""

    cache: Cache = attrs.field(factory=Cache)
    view: ClusterView = attrs.field(factory=ClusterView)
    nominator: Nominator = attrs.field(factory=Nominator)
    chance: Random = attrs.field(factory=lambda: stream(0, "test"))

    def framework(self, profile: Profile | None = None) -> Framework:
        """Return a profile in these surroundings."""
        handle = Handle(
            cache=self.cache, view=self.view, nominator=self.nominator, chance=self.chance
        )
        return build_framework(profile or Profile(), default_registry(), handle)

    def add_nodes(self, *nodes: Object) -> None:
        """Let the cache know of nodes."""
        for each in nodes:
            self.cache.add_node(NodeFacts.of(each))

    def place(self, where: str, *pods: PodInfo) -> None:
        """Let the cache know of pods on a node."""
        for each in pods:
            self.cache.add_pod(each.assigned_to(where))
