"""The whole scheduler without its I/O: objects and times go in, effects come out."""

from typing import Self

from kactors.api.objects import Object
from kactors.runtime.random import stream
from kactors.scheduler.algorithm import Algorithm, ScalarAlgorithm
from kactors.scheduler.cache import Cache
from kactors.scheduler.cluster_view import ClusterView
from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.errors import ConfigurationError
from kactors.scheduler.framework.cluster_event import EventResource
from kactors.scheduler.framework.framework import Framework
from kactors.scheduler.framework.handle import Handle
from kactors.scheduler.framework.registry import Registry, build_framework
from kactors.scheduler.node_facts import NodeFacts
from kactors.scheduler.plugins.registry import default_registry
from kactors.scheduler.pod_info import PodInfo
from kactors.scheduler.queue.events import (
    ASSIGNED_POD_ADD,
    ASSIGNED_POD_DELETE,
    NODE_ADD,
    NODE_DELETE,
    changes_of_node,
    changes_of_pod,
)
from kactors.scheduler.queue.hints import Hints
from kactors.scheduler.queue.in_flight import Happening
from kactors.scheduler.queue.nominator import Nominator
from kactors.scheduler.queue.scheduling_queue import SchedulingQueue
from kactors.scheduler.schedule_one import Attempt, ScheduleOne
from kactors.scheduler.vector.algorithm import VectorAlgorithm

__all__ = ["SchedulerCore"]


class SchedulerCore:
    """What is known, what waits, and who decides.

    Attributes:
        config: how it was configured.
        cache: nodes and their pods.
        view: other objects.
        queue: pods without a node.
        frameworks: the profiles, by scheduler name.
        cycles: the attempts.
    """

    def __init__(
        self,
        config: SchedulerConfig | None = None,
        *,
        seed: int = 0,
        registry: Registry | None = None,
        vector: bool = True,
    ) -> None:
        """Make a scheduler that knows nothing yet.

        Args:
            config: the default one if None.
            seed: of the choices that are left to chance.
            registry: plugins; the default ones if None.
            vector: whether nodes are looked at all at once rather than one by one.

        Raises:
            ConfigurationError: the configuration cannot be used.
        """
        self.config = config or SchedulerConfig()
        self.cache = Cache()
        self.view = ClusterView()
        self.nominator = Nominator()
        chosen = default_registry() if registry is None else registry
        self.frameworks: dict[str, Framework] = {}
        for profile in self.config.profiles:
            handle = Handle(
                cache=self.cache,
                view=self.view,
                nominator=self.nominator,
                chance=stream(seed, "preemption", profile.scheduler_name),
            )
            self.frameworks[profile.scheduler_name] = build_framework(profile, chosen, handle)
        self.queue = self._make_queue()
        ties = stream(seed, "ties") if self.config.ties == "random" else None
        percentage = self.config.percentage_of_nodes_to_score
        self.algorithm: Algorithm = (
            VectorAlgorithm(self.cache, percentage, ties)
            if vector
            else ScalarAlgorithm(percentage, ties)
        )
        self.cycles = ScheduleOne(
            cache=self.cache,
            queue=self.queue,
            nominator=self.nominator,
            frameworks=self.frameworks,
            algorithm=self.algorithm,
        )

    @classmethod
    def with_seed(cls, config: SchedulerConfig, seed: int) -> Self:
        """Return a scheduler of this configuration whose chance this seed decides."""
        return cls(config, seed=seed)

    def _make_queue(self) -> SchedulingQueue:
        sorts = [framework.plugins.queue_sort[0] for framework in self.frameworks.values()]
        if any(type(each) is not type(sorts[0]) for each in sorts):
            names = ", ".join(each.name for each in sorts)
            raise ConfigurationError(
                f"profiles sort the queue by {names}: they share it, use one plugin"
            )
        return SchedulingQueue(
            sort=sorts[0],
            pre_enqueue={
                name: framework.plugins.pre_enqueue for name, framework in self.frameworks.items()
            },
            hints=Hints(
                {
                    name: [
                        (plugin.name, event)
                        for plugin in framework.plugins
                        for event in plugin.events_to_register()
                    ]
                    for name, framework in self.frameworks.items()
                }
            ),
            nominator=self.nominator,
            config=self.config,
        )

    # -- what happens in the cluster -------------------------------------------------------

    def pod_changed(self, old: Object | None, new: Object | None, now_ns: int) -> Attempt | None:
        """Take note of a pod that came (no old one), changed, or went (no new one).

        A pod that has run to its end is gone. Returns what must be done for a pod that waited for
        permission and is gone.
        """
        if new is not None:
            pod = PodInfo.of(new, self.cache.pod(new["metadata"].get("uid", "")))
            if pod.ended:
                return self._gone(pod, now_ns)
            if pod.node_name:
                self._assigned(pod, now_ns)
            else:
                self._unassigned(pod, now_ns)
        elif old is not None:
            return self._gone(PodInfo.of(old), now_ns)
        return None

    def _assigned(self, pod: PodInfo, now_ns: int) -> None:
        """Note a pod that is on a node."""
        known = self.cache.pod(pod.uid)
        confirmed = known is not None and not self.cache.is_assumed(pod.uid)
        self.queue.delete(pod.uid)
        self.cache.add_pod(pod)
        if known is None or not confirmed:
            self.queue.move_all(Happening(ASSIGNED_POD_ADD, None, pod), now_ns)
            return
        for event in changes_of_pod(known, pod, EventResource.ASSIGNED_POD):
            self.queue.move_all(Happening(event, known, pod), now_ns)

    def _unassigned(self, pod: PodInfo, now_ns: int) -> None:
        """Note a pod without a node: one of ours, and not yet decided about."""
        if pod.needs.scheduler_name not in self.frameworks or self.cache.is_assumed(pod.uid):
            return
        if pod.uid in self.queue:
            self.queue.update(pod, now_ns)
        elif not pod.terminating:
            self.queue.add(pod, now_ns)

    def _gone(self, pod: PodInfo, now_ns: int) -> Attempt | None:
        self.queue.delete(pod.uid)
        if pod.uid in self.cycles.waiting:
            return self.cycles.reject(pod.uid, "", "the pod was deleted", now_ns)
        if self.cache.is_assumed(pod.uid):
            return None  # Its binding is under way, will fail, and then be taken back.
        known = self.cache.remove_pod(pod.uid)
        if known is not None:
            self.queue.move_all(Happening(ASSIGNED_POD_DELETE, known), now_ns)
        return None

    def node_changed(self, old: Object | None, new: Object | None, now_ns: int) -> None:
        """Take note of a node that came, changed, or went."""
        before = None if old is None else NodeFacts.of(old)
        if new is None:
            if before is not None:
                self.cache.remove_node(before.name)
                self.queue.move_all(Happening(NODE_DELETE, before), now_ns)
            return
        after = NodeFacts.of(new)
        self.cache.update_node(after)
        if before is None:
            self.queue.move_all(Happening(NODE_ADD, None, after), now_ns)
            return
        for event in changes_of_node(before, after):
            self.queue.move_all(Happening(event, before, after), now_ns)

    def object_changed(self, kind: str, old: Object | None, new: Object | None) -> None:
        """Take note of an object of one of `ClusterView.KINDS`."""
        if new is not None:
            self.view.put(kind, new)
        elif old is not None:
            self.view.remove(kind, old)

    # -- attempts --------------------------------------------------------------------------

    def schedule_one(self, now_ns: int) -> Attempt | None:
        """Try the next pod; None if none is ready."""
        return self.cycles.run(now_ns)

    def preemption_failed(self, uid: str, now_ns: int) -> None:
        """Note that victims could not be asked to go; who needs the room is tried again later."""
        for framework in self.frameworks.values():
            for plugin in framework.plugins.post_filter:
                plugin.post_filter_failed(uid)
        self.queue.back_off(uid, now_ns)

    def next_wake_ns(self) -> int | None:
        """Return when there will be something to do even if nothing happens; None for never."""
        times = (self.queue.next_flush_ns(), self.cycles.waiting.next_expiry_ns())
        return min((each for each in times if each is not None), default=None)
