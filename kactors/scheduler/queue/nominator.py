"""Pods for which room was made on a node, and which have not yet taken it.

Source: kubernetes pkg/scheduler/backend/queue/nominator.go.
"""

from collections.abc import Iterable

from kactors.scheduler.pod_info import PodInfo

__all__ = ["Nominator"]


class Nominator:
    """Which pods are nominated to which nodes."""

    def __init__(self) -> None:
        self._by_node: dict[str, dict[str, PodInfo]] = {}
        self._node_of: dict[str, str] = {}

    def __bool__(self) -> bool:
        """Whether any pod is nominated at all."""
        return bool(self._node_of)

    def nominate(self, pod: PodInfo, node: str | None = None) -> None:
        """Note that a pod waits for a node: the one given, or the one its status names."""
        self.withdraw(pod.uid)
        name = pod.nominated_node_name if node is None else node
        if name:
            self._node_of[pod.uid] = name
            self._by_node.setdefault(name, {})[pod.uid] = pod

    def withdraw(self, uid: str) -> None:
        """Note that a pod waits for no node any more."""
        node = self._node_of.pop(uid, None)
        if node is None:
            return
        pods = self._by_node[node]
        del pods[uid]
        if not pods:
            del self._by_node[node]

    def update(self, pod: PodInfo) -> None:
        """Note the new state of a pod; without a word about nominations it keeps its own."""
        kept = self._node_of.get(pod.uid)
        self.nominate(pod, pod.nominated_node_name or kept)

    def node_of(self, uid: str) -> str:
        """Return the node that a pod waits for; empty for none."""
        return self._node_of.get(uid, "")

    def pods_of(self, node: str) -> Iterable[PodInfo]:
        """Return the pods that wait for a node, in the order of their nomination."""
        return self._by_node.get(node, {}).values()

    def nodes(self) -> Iterable[str]:
        """Return the nodes that pods wait for."""
        return self._by_node
