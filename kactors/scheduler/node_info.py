"""A node and what is on it.

Source: kubernetes pkg/scheduler/framework/types.go (``NodeInfo``).
"""

from collections.abc import Iterable, Iterator

from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.requirements import HostPort

__all__ = ["NodeInfo", "ports_conflict"]

ANY_ADDRESS = "0.0.0.0"  # noqa: S104 - the name of every address, nothing is bound here


class NodeInfo:
    """The pods of a node, and the sums over them that plugins ask for again and again.

    Attributes:
        facts: the node object; None while only pods of the node are known.
        pods: by uid, in the order of arrival.
        pods_with_affinity: those of them that have any term of pod (anti-)affinity.
        pods_with_required_anti_affinity: those that must keep others away.
        cpu_milli, memory_bytes, ephemeral_bytes, scalars: what the pods ask for.
        row: the node's place in the order of the snapshot; -1 outside of it.
        scored_cpu_milli, scored_memory_bytes: the same with defaults for those that do not say.
    """

    __slots__ = (
        "_ports",
        "cpu_milli",
        "ephemeral_bytes",
        "facts",
        "memory_bytes",
        "name",
        "pods",
        "pods_with_affinity",
        "pods_with_required_anti_affinity",
        "row",
        "scalars",
        "scored_cpu_milli",
        "scored_memory_bytes",
    )

    def __init__(self, name: str, facts: NodeFacts | None = None) -> None:
        self.name = name
        self.facts = facts
        self.row = -1
        self.pods: dict[str, PodInfo] = {}
        self.pods_with_affinity: dict[str, PodInfo] = {}
        self.pods_with_required_anti_affinity: dict[str, PodInfo] = {}
        self.cpu_milli = 0
        self.memory_bytes = 0
        self.ephemeral_bytes = 0
        self.scalars: dict[str, int] = {}
        self.scored_cpu_milli = 0
        self.scored_memory_bytes = 0
        self._ports: dict[HostPort, int] = {}

    def __repr__(self) -> str:
        return f"NodeInfo({self.name!r}, {len(self.pods)} pods)"

    @property
    def known(self) -> NodeFacts:
        """The node's facts; only nodes that have them are ever offered to plugins."""
        assert self.facts is not None, f"node {self.name} has no object"
        return self.facts

    def add(self, pod: PodInfo) -> None:
        """Put a pod on the node."""
        assert pod.uid not in self.pods, f"pod {pod.key} is on node {self.name} already"
        needs = pod.needs
        self.pods[pod.uid] = pod
        if needs.has_affinity:
            self.pods_with_affinity[pod.uid] = pod
        if needs.anti_affinity:
            self.pods_with_required_anti_affinity[pod.uid] = pod
        self._count(pod, 1)

    def remove(self, uid: str) -> PodInfo:
        """Take a pod off the node and return it.

        Raises:
            KeyError: it is not there.
        """
        pod = self.pods.pop(uid)
        self.pods_with_affinity.pop(uid, None)
        self.pods_with_required_anti_affinity.pop(uid, None)
        self._count(pod, -1)
        return pod

    def conflicts(self, wanted: Iterable[HostPort]) -> bool:
        """Whether one of these host ports is taken."""
        return any(ports_conflict(one, other) for one in wanted for other in self._ports)

    def ports(self) -> Iterator[HostPort]:
        """Yield the host ports in use."""
        return iter(self._ports)

    def clone(self) -> "NodeInfo":
        """Return a copy whose pods may be added and removed without a trace here."""
        other = NodeInfo(self.name, self.facts)
        other.pods = dict(self.pods)
        other.pods_with_affinity = dict(self.pods_with_affinity)
        other.pods_with_required_anti_affinity = dict(self.pods_with_required_anti_affinity)
        other.cpu_milli = self.cpu_milli
        other.memory_bytes = self.memory_bytes
        other.ephemeral_bytes = self.ephemeral_bytes
        other.scalars = dict(self.scalars)
        other.scored_cpu_milli = self.scored_cpu_milli
        other.scored_memory_bytes = self.scored_memory_bytes
        other._ports = dict(self._ports)
        return other

    def _count(self, pod: PodInfo, sign: int) -> None:
        needs = pod.needs
        requests = needs.requests
        self.cpu_milli += sign * requests.cpu_milli
        self.memory_bytes += sign * requests.memory_bytes
        self.ephemeral_bytes += sign * requests.ephemeral_bytes
        self.scored_cpu_milli += sign * needs.scored_cpu_milli
        self.scored_memory_bytes += sign * needs.scored_memory_bytes
        for name, amount in requests.scalars.items():
            self.scalars[name] = self.scalars.get(name, 0) + sign * amount
        for port in needs.host_ports:
            uses = self._ports.get(port, 0) + sign
            if uses:
                self._ports[port] = uses
            else:
                del self._ports[port]


def ports_conflict(one: HostPort, other: HostPort) -> bool:
    """Whether two pods with these ports cannot share a node: every address covers each."""
    if one[0] != other[0] or one[2] != other[2]:
        return False
    return one[1] == other[1] or ANY_ADDRESS in (one[1], other[1])
