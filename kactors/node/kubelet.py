"""The kubelet: takes the pods that are bound to its node, and runs them.

Source: kubernetes pkg/kubelet/kubelet.go.
"""

from collections.abc import Callable

from kactors.actors import Actor
from kactors.api.meta import creation_time_of, key_of, uid_of
from kactors.api.objects import Object, field
from kactors.client.events import EventRecorder
from kactors.client.informer import ResourceEventHandlerFuncs, SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.rest import Client
from kactors.node.config import KubeletConfig
from kactors.node.machine import Life, NodeMachine
from kactors.node.node_agent import NodeAgent
from kactors.node.node_status import allocatable_of
from kactors.node.pod_context import PodContext
from kactors.node.pod_worker import PodWorker
from kactors.node.pods.admission import Rejection, admit
from kactors.node.status_manager import StatusManager
from kactors.node.volume_manager import VolumeManager

__all__ = ["Kubelet"]


class Kubelet(Actor):
    """One node's kubelet; deploy it on the node's host.

    It keeps nothing that it could not find again: what runs is in the machine, what should run is
    in the apiservers. So it may be killed at any time; its next life adopts what runs.

    Args:
        config: see there.
        machine: the node's.

    Attributes:
        informers: of its node and of the pods that are bound to it.
        workers: of the pods that are known, by uid; those that are finished until they are deleted.
    """

    informers: SharedInformerFactory

    def __init__(self, config: KubeletConfig, machine: NodeMachine) -> None:
        self.config = config
        self.workers: dict[str, PodWorker] = {}
        self._machine = machine
        self._life: Life
        self._pods: SharedInformer
        self._nodes: SharedInformer | None = None
        self._agent: NodeAgent
        self._statuses: StatusManager
        self._context: PodContext

    async def on_start(self) -> None:
        """Adopt the machine, and begin."""
        config = self.config
        self._life = life = self._machine.enter(self.host)
        client = Client.connect(self, config.client)
        recorder = EventRecorder(client, "kubelet") if config.events else None
        self._statuses = StatusManager(client, self._pod_of_uid)
        self._context = PodContext(
            config=config,
            host=self.host,
            runtime=life.runtime,
            volumes=VolumeManager(client, life.volumes, self.host.clock, config.sync_seconds),
            statuses=self._statuses,
            recorder=recorder,
            start_soon=self.start_soon,
            admit=self._admit,
            finished=self._finished,
        )
        self._agent = NodeAgent(config, client, life.runtime, self.host, self._node)
        if config.pod_cidr:
            life.runtime.set_pod_cidr(config.pod_cidr)
        life.runtime.subscribe(self.after, self._container_ended)
        if recorder is not None:
            self.start_soon(recorder.run, name="events")
        self.start_soon(self._agent.keep_lease, name="lease")
        self.start_soon(self._agent.keep_status, name="node status")
        self.start_soon(self._statuses.run, name="pod statuses")
        self.informers = SharedInformerFactory(client, self.start_soon)
        self.start_soon(self._begin, self.informers, name="begin")

    async def _begin(self, informers: SharedInformerFactory) -> None:
        """Register the node; then, knowing it, take pods."""
        name = self.config.node
        await self._agent.register()
        self._nodes = informers.informer("nodes", field_selector=f"metadata.name={name}")
        self._nodes.add_handler(
            ResourceEventHandlerFuncs(add=self._node_changed, update=_newer(self._node_changed))
        )
        await self._nodes.wait_for_sync()
        self._pods = informers.informer("pods", field_selector=f"spec.nodeName={name}")
        await self._pods.wait_for_sync()
        # The oldest first: who was here before has the room.
        for pod in sorted(self._pods.indexer.list(), key=_age):
            self._take(pod)
        self._pods.add_handler(
            ResourceEventHandlerFuncs(
                add=self._take, update=_newer(self._take), delete=self._deleted
            )
        )
        self._end_orphans()

    # -- the node ------------------------------------------------------------------------

    def _node(self) -> Object | None:
        return None if self._nodes is None else self._nodes.lister.get(self.config.node)

    def _node_changed(self, node: Object) -> None:
        cidr = field(node, "spec", "podCIDR", default="")
        if cidr and not self.config.pod_cidr:
            ready = self._life.runtime.network_ready
            self._life.runtime.set_pod_cidr(cidr)
            if not ready:
                self._agent.look()
                for worker in self.workers.values():
                    worker.wake()

    # -- pods ----------------------------------------------------------------------------

    def _pod_of_uid(self, uid: str) -> Object | None:
        worker = self.workers.get(uid)
        return None if worker is None else worker.pod

    def _take(self, pod: Object) -> None:
        worker = self.workers.get(uid_of(pod))
        if worker is None:
            self._begin_worker(PodWorker(self._context, pod))
        else:
            worker.update(pod)
            self._statuses.refresh(pod)

    def _begin_worker(self, worker: PodWorker) -> None:
        self.workers[worker.uid] = worker
        self.start_soon(worker.run, name=f"pod {key_of(worker.pod)}")

    def _deleted(self, pod: Object) -> None:
        uid = uid_of(pod)
        worker = self.workers.get(uid)
        self._statuses.forget(uid)
        if worker is None:
            return
        if worker.finished:
            del self.workers[uid]
        else:
            worker.gone()

    def _finished(self, uid: str) -> None:
        there = self._pods.indexer.get(key_of(self.workers[uid].pod))
        if there is None or uid_of(there) != uid:  # gone, or a namesake has its place
            del self.workers[uid]

    def _end_orphans(self) -> None:
        """End what runs of pods that are gone since: an earlier life of this kubelet left it."""
        for sandbox in self._life.runtime.sandboxes():
            if sandbox.pod_uid in self.workers:
                continue
            metadata = {"name": sandbox.name, "namespace": sandbox.namespace}
            spec: Object = {"containers": [], "terminationGracePeriodSeconds": 1}
            worker = PodWorker(
                self._context, {"metadata": {**metadata, "uid": sandbox.pod_uid}, "spec": spec}
            )
            worker.gone()
            self._begin_worker(worker)

    def _admit(self, pod: Object) -> Rejection | None:
        node = self._node() or {"metadata": {"name": self.config.node}}
        others = [
            worker.pod
            for worker in self.workers.values()
            if worker.admitted and not worker.finished and worker.uid != uid_of(pod)
        ]
        return admit(pod, node, others, allocatable_of(self.config))

    def _container_ended(self, pod_uid: str) -> None:
        worker = self.workers.get(pod_uid)
        if worker is not None:
            worker.wake()


def _newer(function: Callable[[Object], None]) -> Callable[[Object, Object], None]:
    """Return a handler of updates that takes the newer object alone."""
    return lambda _, new: function(new)


def _age(pod: Object) -> tuple[int, str]:
    return creation_time_of(pod), key_of(pod)
