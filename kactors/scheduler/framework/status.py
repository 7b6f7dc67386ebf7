"""What a plugin answers: success is ``None``, everything else is a `Status`.

Source: kubernetes staging/src/k8s.io/kube-scheduler/framework/interface.go (``Code``, ``Status``).
"""

import enum
from collections.abc import Iterator, Mapping

import attrs

__all__ = ["Code", "NodeStatuses", "Status"]


class Code(enum.IntEnum):
    """Upstream's codes, in upstream's order."""

    SUCCESS = 0
    ERROR = 1
    UNSCHEDULABLE = 2
    UNSCHEDULABLE_AND_UNRESOLVABLE = 3
    WAIT = 4
    SKIP = 5
    PENDING = 6


@attrs.frozen
class Status:
    """An answer other than success.

    Attributes:
        code: what kind of answer.
        reasons: for a person, one sentence each.
        plugin: which plugin answered; filled in by the framework if it is empty.
    """

    code: Code
    reasons: tuple[str, ...] = ()
    plugin: str = ""

    @property
    def rejected(self) -> bool:
        """Whether the pod cannot be scheduled as things are, but nothing went wrong."""
        return self.code in _REJECTIONS

    @property
    def message(self) -> str:
        """The reasons in one line."""
        return ", ".join(self.reasons)

    def named(self, plugin: str) -> "Status":
        """Return the same with the plugin's name in it."""
        return self if self.plugin else attrs.evolve(self, plugin=plugin)


_REJECTIONS = (Code.UNSCHEDULABLE, Code.UNSCHEDULABLE_AND_UNRESOLVABLE, Code.PENDING)


class NodeStatuses:
    """Why each node was refused.

    Nodes that no filter looked at share one status, as upstream's ``NodeToStatus``: a pre-filter
    that names a few nodes need not write thousands of entries.
    """

    def __init__(self, absent: Status | None = None) -> None:
        self.absent = absent or _ABSENT
        self._statuses: dict[str, Status] = {}

    def __len__(self) -> int:
        """Count the nodes that have a status of their own."""
        return len(self._statuses)

    def __contains__(self, node: object) -> bool:
        """Whether a node has a status of its own."""
        return node in self._statuses

    def __iter__(self) -> Iterator[tuple[str, Status]]:
        """Yield node and status, in the order in which they were refused."""
        return iter(self._statuses.items())

    def get(self, node: str) -> Status:
        """Return the status of a node; that of absent nodes if it has none of its own."""
        return self._statuses.get(node, self.absent)

    def set(self, node: str, status: Status) -> None:
        """Write down why a node was refused."""
        self._statuses[node] = status

    def update(self, statuses: Mapping[str, Status]) -> None:
        """Write down many refusals."""
        self._statuses.update(statuses)


_ABSENT = Status(Code.UNSCHEDULABLE_AND_UNRESOLVABLE)
