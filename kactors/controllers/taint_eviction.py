"""Deletes pods from nodes whose taints they do not tolerate, or not any longer.

Source: kubernetes pkg/controller/tainteviction/taint_eviction.go.
"""

from typing import ClassVar

from kactors.api.errors import NotFound
from kactors.api.meta import (
    format_time,
    is_being_deleted,
    key_of,
    name_of,
    namespace_of,
    uid_of,
    with_condition,
)
from kactors.api.objects import Object, field, replaced
from kactors.client.events import NORMAL
from kactors.client.indexer import BY_NODE, index_by_node
from kactors.client.informer import ResourceEventHandlerFuncs
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pods import disruption_condition, is_terminal, node_of
from kactors.controllers.toleration import Eviction, no_execute_taints, reschedule, tolerated_for
from kactors.runtime import current_time

__all__ = ["TaintEvictionController"]


class TaintEvictionController(ObjectController):
    """Looks at pods; a node whose taints change has all its pods looked at."""

    component: ClassVar[str] = "taint-eviction-controller"

    def setup(self) -> None:
        """Look at pods that are on nodes, and at the nodes' taints."""
        self._evictions: dict[str, tuple[str, Eviction]] = {}  # by key: uid, and when
        nodes = self.observes("nodes", lambda _: ())
        self.nodes = nodes.lister
        pods = self.observes("pods", self._if_at_risk, indexes={BY_NODE: index_by_node})
        self.pods = pods.lister
        self.listen(nodes, ResourceEventHandlerFuncs(add=self._all_on, update=self._if_tainted))

    def on_leading(self) -> None:
        """Begin anew: how long a pod has been where it should not be is counted from now."""
        self._evictions = {}
        for pod in self.pods.list():
            for key in self._if_at_risk(pod):
                self.queue.add(key)

    def _if_at_risk(self, pod: Object) -> tuple[str, ...]:
        """Return the pod's key if its node sends pods away, or this one was to go already."""
        key = key_of(pod)
        node = self.nodes.get(node_of(pod))
        at_risk = key in self._evictions or (node is not None and no_execute_taints(node))
        return (key,) if at_risk else ()

    def _all_on(self, node: Object) -> None:
        if no_execute_taints(node):
            for key in self.pods.indexer.index_keys(BY_NODE, name_of(node)):
                self.queue.add(key)

    def _if_tainted(self, old: Object, new: Object) -> None:
        if no_execute_taints(old) != no_execute_taints(new):
            for key in self.pods.indexer.index_keys(BY_NODE, name_of(new)):
                self.queue.add(key)

    async def reconcile(self, key: str) -> float | None:
        """Delete a pod if its time has come, or return when that will be."""
        pod = self.pods.get_by_key(key)
        node = None if pod is None else self.nodes.get(node_of(pod))
        if pod is None or node is None or is_being_deleted(pod) or is_terminal(pod):
            self._evictions.pop(key, None)
            return None
        uid, known = self._evictions.get(key, ("", None))
        if uid != uid_of(pod):
            known = None
        now = current_time()
        eviction = reschedule(known, tolerated_for(pod, no_execute_taints(node)), now)
        if eviction is None:
            if self._evictions.pop(key, None) is not None:
                message = "Cancelling deletion of Pod " + key
                self.recorder.event(pod, NORMAL, "TaintManagerEviction", message)
            return None
        self._evictions[key] = (uid_of(pod), eviction)
        if eviction.due > now:
            return eviction.due - now
        await self._evict(pod)
        return None

    async def _evict(self, pod: Object) -> None:
        self.recorder.event(
            pod, NORMAL, "TaintManagerEviction", f"Marking for deletion Pod {key_of(pod)}"
        )
        now = format_time(self.now_ns())
        message = "Taint manager: deleting due to NoExecute taint"
        condition = disruption_condition("DeletionByTaintManager", message, now)
        conditions = with_condition(field(pod, "status", "conditions", default=()), condition)
        pods = self.client.resource("pods")
        try:
            await pods.update_status(replaced(pod, conditions, "status", "conditions"))
            options = {"preconditions": {"uid": uid_of(pod)}}
            await pods.delete(name_of(pod), namespace_of(pod), options=options)
        except NotFound:
            return
