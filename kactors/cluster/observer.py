"""Sees into the present lives of a simulated cluster's actors, as no component may.

For oracles and tests, and for roles that faults are aimed at. Nothing here sends a message, so
looking changes nothing.
"""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar, cast

from kactors.actors import Actor, World
from kactors.api.codec import decode
from kactors.api.meta import labels_of, uid_of
from kactors.api.objects import Object, field
from kactors.api.registry import REGISTRY
from kactors.apiserver.keys import key_of, namespace_prefix, prefix_of
from kactors.apiserver.server import ApiServer
from kactors.client.informer_factory import HasInformers, SharedInformerFactory
from kactors.cloud.manager import CloudControllerManager
from kactors.cluster.errors import NotReady
from kactors.cluster.plan import ActorPlan
from kactors.controllers.controller_manager import ControllerManager
from kactors.etcd.errors import EtcdError
from kactors.etcd.key_range import KeyRange, prefix_end
from kactors.etcd.member import EtcdMember
from kactors.etcd.store import Store
from kactors.node.machine import Life, NodeMachine
from kactors.node.proxy.dataplane import Connection
from kactors.node.proxy.table import ServiceTable
from kactors.scheduler.scheduler import Scheduler

__all__ = ["Observer", "RunningContainer"]

ActorT = TypeVar("ActorT", bound=Actor)
LeaderT = TypeVar("LeaderT", Scheduler, ControllerManager, CloudControllerManager)


class RunningContainer(NamedTuple):
    """A container that runs, whatever the apiservers know of it.

    Attributes:
        node: on which it runs.
        namespace, pod, pod_uid: whose it is.
        name, image: from the pod.
        id: made by the runtime, unique on its node and in one life of that.
        attempt: counts its starts within the pod, from 0.
        ip: address of the pod.
    """

    node: str
    namespace: str
    pod: str
    pod_uid: str
    name: str
    image: str
    id: str
    attempt: int
    ip: str


class Observer:
    """Remembers the latest life of each actor, and the machines of nodes.

    Attributes:
        on_made: told of each actor when it is made, before it starts, with its host.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._actors: dict[tuple[str, str], Actor] = {}
        #: The actors of each class that was asked for, until another actor is made.
        self._kinds: dict[type[Actor], list[tuple[str, Any]]] = {}
        self._machines: dict[str, NodeMachine] = {}
        self.on_made: list[Callable[[str, Actor], None]] = []

    def observed(self, host: str, plan: ActorPlan) -> Callable[[], Actor]:
        """Return a plan's factory, which remembers what it makes."""

        def factory() -> Actor:
            actor = self._actors[host, plan.name] = plan.factory()
            self._kinds.clear()
            for listener in self.on_made:
                listener(host, actor)
            return actor

        return factory

    def add_machine(self, host: str, machine: NodeMachine) -> None:
        """Take note of a node's machine."""
        self._machines[host] = machine

    def machine(self, host: str) -> NodeMachine:
        """Return a node's machine. Raises: `KeyError`, if the host is no node."""
        return self._machines[host]

    # -- actors and leaders --------------------------------------------------------------

    def of_kind(self, kind: type[ActorT]) -> list[tuple[str, ActorT]]:
        """Return all actors of a class on hosts that are up, with their hosts."""
        hosts = self._world.hosts
        known: list[tuple[str, ActorT]] | None = self._kinds.get(kind)
        if known is None:
            known = self._kinds[kind] = [
                (host, actor)
                for (host, _), actor in self._actors.items()
                if isinstance(actor, kind)
            ]
        return [each for each in known if hosts[each[0]].machine.up]

    def informers(self) -> Iterator[tuple[str, str, SharedInformerFactory]]:
        """Yield what each component keeps a copy with: its host, its name, its informers."""
        for (host, name), actor in self._actors.items():
            # As `isinstance` finds it out of a protocol, for a tenth of the price.
            if hasattr(actor, "informers") and self._world.hosts[host].machine.up:
                yield host, name, cast("HasInformers", actor).informers

    def apiservers(self) -> list[str]:
        """Return the hosts whose apiserver is up and answers requests."""
        return [host for host, replica in self.of_kind(ApiServer) if replica.ready]

    def etcd_leader(self) -> str | None:
        """Return the host of the member that leads the newest term."""
        led = [
            (status.term, host)
            for host, member in self.of_kind(EtcdMember)
            if (status := member.raft_status) is not None and member.leads
        ]
        return max(led)[1] if led else None

    def scheduler_leader(self) -> str | None:
        """Return the host of the scheduler that may act now."""
        return self._leader(Scheduler)

    def controller_manager_leader(self) -> str | None:
        """Return the host of the controller manager whose controllers run now."""
        return self._leader(ControllerManager)

    def cloud_controller_manager_leader(self) -> str | None:
        """Return the host of the cloud controller manager whose controllers run now."""
        return self._leader(CloudControllerManager)

    def _leader(self, kind: type[LeaderT]) -> str | None:
        """Return who leads; one that is paused may think so for longer than it is true."""
        leading = [host for host, each in self.of_kind(kind) if each.leading]
        awake = [host for host in leading if not self._world.hosts[host].machine.paused]
        return next(iter(awake or leading), None)

    # -- the truth -----------------------------------------------------------------------

    def store(self) -> Store:
        """Return the store of the member that has applied the most: what is there was committed.

        Raises:
            NotReady: no member of etcd is up and has opened its disk.
        """
        stores = []
        for _, member in self.of_kind(EtcdMember):
            try:
                stores.append(member.store)
            except EtcdError:
                continue
        if not stores:
            raise NotReady("no member of etcd runs: nobody knows now what is stored")
        return max(stores, key=lambda store: store.applied_index)

    def objects(self, resource: str, namespace: str = "") -> list[Object]:
        """Return all objects of a resource as they are stored, in the order of their keys.

        Args:
            resource: its plural name, such as ``pods``.
            namespace: only those of one; all unless given.

        Raises:
            NotReady: as `store`.
            UnknownKind: the registry has no such resource.
        """
        prefix = namespace_prefix(prefix_of(REGISTRY.by_name(resource)), namespace)
        found = self.store().mvcc.range(KeyRange.of(prefix, prefix_end(prefix)))
        return [decode(kv.value, kv.mod_revision) for kv in found]

    def object(self, resource: str, name: str, namespace: str = "") -> Object | None:
        """Return one object as it is stored; ``None`` if it is not there. Raises: as `objects`."""
        key = key_of(prefix_of(REGISTRY.by_name(resource)), namespace, name)
        found = self.store().mvcc.get(key)
        return None if found is None else decode(found.value, found.mod_revision)

    def is_behind(self, made: Connection) -> bool:
        """Tell whether the pod that has answered is one that the Service selects, as stored now.

        Without a Service it has to be there. Where nobody knows what is stored, it is believed.
        """
        end = made.end
        try:
            pod = self.object("pods", end.pod, end.namespace)
            namespace, _, name = made.service.rpartition("/")
            service = self.object("services", name, namespace) if name else None
        except NotReady:
            return True
        if pod is None or uid_of(pod) != end.pod_uid:
            return False
        if service is None:
            return not name
        selector = field(service, "spec", "selector", default={})
        labels = labels_of(pod)
        return all(labels.get(key) == value for key, value in selector.items())

    # -- nodes ---------------------------------------------------------------------------

    def lives(self) -> Iterator[tuple[str, Life]]:
        """Yield the nodes that are up, each with what its machine keeps in this life."""
        for name, machine in self._machines.items():
            host = self._world.hosts[name].machine
            life = machine.life_in(host.incarnation) if host.up else None
            if life is not None:
                yield name, life

    def running(self) -> list[RunningContainer]:
        """Return every container that runs on a node that is up."""
        found = []
        for node, life in self.lives():
            sandboxes = {each.id: each for each in life.runtime.sandboxes()}
            for each in life.runtime.containers():
                if each.running:
                    box = sandboxes[each.sandbox_id]
                    whose = (node, box.namespace, box.name, each.pod_uid)
                    what = (each.name, each.image, each.id, each.attempt)
                    found.append(RunningContainer(*whose, *what, box.ip))
        return found

    def proxy_tables(self) -> dict[str, ServiceTable]:
        """Return the table of Services of each node that is up."""
        return {node: life.services for node, life in self.lives()}
