"""The extension points: what a plugin can be.

A plugin is a class that inherits one base for each extension point that it implements. None means
success wherever a `Status` can be returned. What an extension point gets and may do:

=============  ==========================================================================
PreEnqueue     may keep a pod out of the active queue
QueueSort      orders the active queue; one plugin for all profiles
PreFilter      prepares, may restrict the nodes; Skip leaves out this plugin's Filter
Filter         says for one node whether the pod may run there
PostFilter     runs when no node passed: makes room, if it can
PreScore       prepares; Skip leaves out this plugin's Score
Score          0 to 100 for one node, or any number if there is a normalisation
Reserve        notes what the pod will use; is undone in the reverse order
Permit         approves, rejects, or lets the pod wait
PreBind, Bind  answer with effects: what must be done outside before the pod is bound
PostBind       hears that the pod is bound
=============  ==========================================================================

Nothing in a plugin waits: PreBind and Bind return what is to be done, see
`kactors.scheduler.effects`.

Source: kubernetes staging/src/k8s.io/kube-scheduler/framework/interface.go.
"""

import abc
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from kactors.scheduler.framework.cluster_event import PluginEvent
from kactors.scheduler.framework.cycle_state import CycleState
from kactors.scheduler.framework.status import NodeStatuses, Status
from kactors.scheduler.node_info import NodeInfo
from kactors.scheduler.pod_info import PodInfo

if TYPE_CHECKING:
    from kactors.scheduler.effects import Effect
    from kactors.scheduler.queue.queued_pod import QueuedPod

__all__ = [
    "MAX_NODE_SCORE",
    "BindPlugin",
    "FilterPlugin",
    "NodeRestriction",
    "PermitPlugin",
    "Plugin",
    "PostBindPlugin",
    "PostFilterPlugin",
    "PostFilterResult",
    "PreBindPlugin",
    "PreEnqueuePlugin",
    "PreFilterPlugin",
    "PreScorePlugin",
    "QueueSortPlugin",
    "ReservePlugin",
    "ScorePlugin",
    "Wait",
]

MAX_NODE_SCORE = 100


class Plugin(abc.ABC):
    """Something that has a say in where pods run."""

    name: ClassVar[str]

    def events_to_register(self) -> Sequence[PluginEvent]:
        """Return the events that may make a pod schedulable that this plugin rejected."""
        return ()


class PreEnqueuePlugin(Plugin):
    """Keeps pods out of the active queue until they are ready."""

    @abc.abstractmethod
    def pre_enqueue(self, pod: PodInfo, /) -> Status | None:
        """Return why the pod must not be scheduled yet."""


class QueueSortPlugin(Plugin):
    """Orders the active queue."""

    @abc.abstractmethod
    def sort_key(self, queued: "QueuedPod", /) -> tuple[Any, ...]:
        """Return what compares less for the pod that comes first."""


@attrs.frozen
class NodeRestriction:
    """The answer of a PreFilter that knows which nodes come into question.

    Attributes:
        names: no other node needs to be looked at.
        plugins: who says so; filled in by the framework.
    """

    names: frozenset[str]
    plugins: tuple[str, ...] = ()


class PreFilterPlugin(Plugin):
    """Prepares filtering."""

    @abc.abstractmethod
    def pre_filter(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> NodeRestriction | Status | None:
        """Prepare; may restrict the nodes, reject the pod, or Skip this plugin's filter."""

    def add_pod(self, state: CycleState, pod: PodInfo, added: PodInfo, node: NodeInfo, /) -> None:
        """Change the state as if ``added`` were on the node as well."""

    def remove_pod(
        self, state: CycleState, pod: PodInfo, removed: PodInfo, node: NodeInfo, /
    ) -> None:
        """Change the state as if ``removed`` were no longer on the node."""


class FilterPlugin(Plugin):
    """Says whether a pod may run on a node."""

    @abc.abstractmethod
    def filter(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> Status | None:
        """Return why the pod cannot run there; None if it can."""


@attrs.frozen
class PostFilterResult:
    """What PostFilter did about a pod that fits nowhere.

    Attributes:
        nominated_node: where the pod will fit soon; empty takes a nomination back, None leaves
            things as they are.
        effects: what must be done for it.
        message: why nothing was done, if nothing was.
    """

    nominated_node: str | None
    effects: "tuple[Effect, ...]" = ()
    message: str = ""


class PostFilterPlugin(Plugin):
    """Makes room for a pod that fits nowhere."""

    @abc.abstractmethod
    def post_filter(
        self, state: CycleState, pod: PodInfo, statuses: NodeStatuses, /
    ) -> PostFilterResult | Status:
        """Try; a status is an error, or says that this plugin has nothing to say."""

    def post_filter_failed(self, uid: str, /) -> None:
        """Note that what was decided for a pod could not be carried out."""


class PreScorePlugin(Plugin):
    """Prepares scoring."""

    @abc.abstractmethod
    def pre_score(
        self, state: CycleState, pod: PodInfo, nodes: Sequence[NodeInfo], /
    ) -> Status | None:
        """Prepare for the feasible nodes; may Skip this plugin's score."""


class ScorePlugin(Plugin):
    """Says how good a node is."""

    @abc.abstractmethod
    def score(self, state: CycleState, pod: PodInfo, node: NodeInfo, /) -> int:
        """Return 0 to 100, or any integer if `normalize_scores` is overridden."""

    def normalize_scores(
        self, _state: CycleState, _pod: PodInfo, _nodes: Sequence[NodeInfo], scores: list[int], /
    ) -> list[int]:
        """Return the scores of all feasible nodes, 0 to 100 each."""
        return scores


class ReservePlugin(Plugin):
    """Notes what a pod will use."""

    @abc.abstractmethod
    def reserve(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | None:
        """Note it; a status gives up the attempt."""

    @abc.abstractmethod
    def unreserve(self, state: CycleState, pod: PodInfo, node: str, /) -> None:
        """Undo `reserve`, however far it had come; also when it never ran."""


@attrs.frozen
class Wait:
    """The answer of a Permit plugin that needs more time.

    Attributes:
        timeout_ns: afterwards the pod is rejected.
    """

    timeout_ns: int


class PermitPlugin(Plugin):
    """Approves a pod at the end of its scheduling cycle."""

    @abc.abstractmethod
    def permit(self, state: CycleState, pod: PodInfo, node: str, /) -> Status | Wait | None:
        """Return None to approve."""


class PreBindPlugin(Plugin):
    """Does what must be done before a pod is bound."""

    @abc.abstractmethod
    def pre_bind(
        self, state: CycleState, pod: PodInfo, node: str, /
    ) -> "Sequence[Effect] | Status":
        """Return what must have been done before the pod is bound."""


class BindPlugin(Plugin):
    """Binds a pod to its node."""

    @abc.abstractmethod
    def bind(self, state: CycleState, pod: PodInfo, node: str, /) -> "Sequence[Effect] | Status":
        """Return what binds the pod; Skip leaves it to the next plugin."""


class PostBindPlugin(Plugin):
    """Hears of bound pods."""

    @abc.abstractmethod
    def post_bind(self, state: CycleState, pod: PodInfo, node: str, /) -> None:
        """Take note; the pod is bound."""
