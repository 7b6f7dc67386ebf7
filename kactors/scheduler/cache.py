"""What the scheduler knows: nodes, the pods on them, and the pods it assumes there.

A pod that was given a node is *assumed*: it counts from then on, long before the API server says
that it is bound. It is confirmed when the watch shows it bound, or forgotten when binding failed.

Source: kubernetes pkg/scheduler/backend/cache/cache.go.
"""

from typing import Final

from kactors.scheduler.errors import UnknownPodError
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.node_tree import NodeTree
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.record import record
from kactors.scheduler.snapshot import Snapshot

__all__ = ["Cache", "Change"]


@record(eq=False)
class Change:
    """Something about a node changed; it need not be in the snapshot.

    Attributes:
        node: which one.
        pod: the pod that came or went; None if it was the node object.
        sign: 1 if the pod came, -1 if it went.
    """

    node: NodeInfo
    pod: PodInfo | None = None
    sign: int = 0


class Cache:
    """Nodes and pods; the place of every pod that counts.

    Attributes:
        changes: what happened, for whoever keeps derived data.
        forgotten: how many times `changes` began anew: who keeps derived data does, too.
        images: on how many nodes each image is.
        priorities: how many pods of each priority are on nodes.
        affinity_nodes: nodes with pods that have terms of pod (anti-)affinity, by name.
        anti_affinity_nodes: those with pods that must keep others away.
    """

    #: With more changes than these, they are forgotten.
    CHANGES_MAX: Final = 20_000

    def __init__(self) -> None:
        self.changes: list[Change] = []
        self.forgotten = 0
        self.images: dict[str, int] = {}
        self.priorities: dict[int, int] = {}
        self.affinity_nodes: dict[str, NodeInfo] = {}
        self.anti_affinity_nodes: dict[str, NodeInfo] = {}
        self._snapshot = Snapshot()
        self._tree = NodeTree()
        self._nodes: dict[str, NodeInfo] = {}
        self._pods: dict[str, PodInfo] = {}
        self._assumed: dict[str, PodInfo] = {}
        self._stale = False

    # -- what there is ---------------------------------------------------------------------

    def snapshot(self) -> Snapshot:
        """Return the current state; it stays current until the cache changes."""
        if len(self.changes) > self.CHANGES_MAX:
            self.changes.clear()
            self.forgotten += 1
        if self._stale:
            self._stale = False
            self._snapshot.replace(self._nodes[name] for name in self._tree.order())
        return self._snapshot

    def pod(self, uid: str) -> PodInfo | None:
        """Return a pod that is on a node, or assumed there."""
        return self._pods.get(uid)

    def is_assumed(self, uid: str) -> bool:
        """Whether the pod's node is only ours to know yet."""
        return uid in self._assumed

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return sum(1 for node in self._nodes.values() if node.facts is not None)

    @property
    def pod_count(self) -> int:
        """How many pods are on nodes, assumed ones included."""
        return len(self._pods)

    # -- assuming --------------------------------------------------------------------------

    def assume(self, pod: PodInfo) -> None:
        """Count a pod on the node that was chosen for it."""
        assert pod.node_name, f"pod {pod.key} was assumed without a node"
        self._put(pod)
        self._assumed[pod.uid] = pod

    def forget(self, pod: PodInfo) -> None:
        """Take back `assume`.

        Raises:
            UnknownPodError: it is not assumed: it was confirmed, or is gone.
        """
        if self._assumed.pop(pod.uid, None) is None:
            raise UnknownPodError(pod.key, "assumed")
        self._take(pod.uid)

    # -- pods, as the watch shows them -----------------------------------------------------

    def add_pod(self, pod: PodInfo) -> None:
        """Note a pod that is on a node; an assumed one is confirmed, wherever it really is."""
        self._assumed.pop(pod.uid, None)
        known = self._pods.get(pod.uid)
        if known is not None:
            if known.node_name == pod.node_name and _counts_the_same(known, pod):
                self._swap(known, pod)
                return
            self._take(pod.uid)
        self._put(pod)

    def update_pod(self, pod: PodInfo) -> None:
        """Note the new state of a pod on a node."""
        self.add_pod(pod)

    def remove_pod(self, uid: str) -> PodInfo | None:
        """Note that a pod is gone; return it if it was known."""
        self._assumed.pop(uid, None)
        return self._take(uid) if uid in self._pods else None

    # -- nodes -----------------------------------------------------------------------------

    def add_node(self, facts: NodeFacts) -> None:
        """Note a node; its pods may have been known before."""
        node = self._nodes.setdefault(facts.name, NodeInfo(facts.name))
        if node.facts is not None:
            self.update_node(facts)
            return
        node.facts = facts
        self._tree.add(facts.name, facts.zone)
        self._count_images(facts, 1)
        self._index(node)
        self._stale = True

    def update_node(self, facts: NodeFacts) -> None:
        """Note the new state of a node."""
        node = self._nodes.get(facts.name)
        if node is None or node.facts is None:
            self.add_node(facts)
            return
        old = node.facts
        if old.zone != facts.zone:
            self._tree.remove(old.name, old.zone)
            self._tree.add(facts.name, facts.zone)
            self._stale = True
        node.facts = facts
        if old.images != facts.images:
            self._count_images(old, -1)
            self._count_images(facts, 1)
        if not _says_the_same(old, facts):
            self.changes.append(Change(node))

    def remove_node(self, name: str) -> None:
        """Note that a node is gone; its pods are remembered until they are gone, too."""
        node = self._nodes.get(name)
        if node is None or node.facts is None:
            return
        self._tree.remove(name, node.facts.zone)
        self._count_images(node.facts, -1)
        node.facts = None
        self._index(node)
        self._stale = True
        if not node.pods:
            del self._nodes[name]

    # -- below -----------------------------------------------------------------------------

    def _put(self, pod: PodInfo) -> None:
        node = self._nodes.get(pod.node_name)
        if node is None:
            node = self._nodes[pod.node_name] = NodeInfo(pod.node_name)
        node.add(pod)
        self._pods[pod.uid] = pod
        priority = pod.needs.priority
        self.priorities[priority] = self.priorities.get(priority, 0) + 1
        if pod.needs.has_affinity:
            self._index(node)
        self.changes.append(Change(node, pod, 1))

    def _take(self, uid: str) -> PodInfo:
        pod = self._pods.pop(uid)
        node = self._nodes[pod.node_name]
        node.remove(uid)
        self.priorities[pod.needs.priority] -= 1
        if not self.priorities[pod.needs.priority]:
            del self.priorities[pod.needs.priority]
        if pod.needs.has_affinity:
            self._index(node)
        self.changes.append(Change(node, pod, -1))
        if node.facts is None and not node.pods:
            del self._nodes[pod.node_name]
        return pod

    def _index(self, node: NodeInfo) -> None:
        """Put a node into the indices to which it belongs, and only those.

        Nodes without an object do not count: nothing can be near them.
        """
        known = node.facts is not None
        for index, pods in (
            (self.affinity_nodes, node.pods_with_affinity),
            (self.anti_affinity_nodes, node.pods_with_required_anti_affinity),
        ):
            if pods and known:
                index[node.name] = node
            else:
                index.pop(node.name, None)

    def _swap(self, known: PodInfo, pod: PodInfo) -> None:
        """Replace a pod by a newer view of it that changes nothing in any sum."""
        node = self._nodes[pod.node_name]
        self._pods[pod.uid] = node.pods[pod.uid] = pod
        for index in (node.pods_with_affinity, node.pods_with_required_anti_affinity):
            if known.uid in index:
                index[pod.uid] = pod

    def _count_images(self, facts: NodeFacts, sign: int) -> None:
        for image in facts.images:
            count = self.images.get(image, 0) + sign
            if count:
                self.images[image] = count
            else:
                del self.images[image]


def _says_the_same(old: NodeFacts, new: NodeFacts) -> bool:
    return (
        old.labels == new.labels
        and old.taints == new.taints
        and old.unschedulable == new.unschedulable
        and old.allocatable == new.allocatable
        and old.images == new.images
    )


def _counts_the_same(known: PodInfo, pod: PodInfo) -> bool:
    return (
        known.needs is pod.needs
        and known.terminating == pod.terminating
        and known.labels == pod.labels
    )
