"""A whole cluster in virtual time, from one seed."""

from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack, suppress
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar

import attrs

from kactors.actors import RequestError, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.api import codec
from kactors.api.meta import is_true, name_of
from kactors.api.objects import Object, field
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import User, admin_user
from kactors.apiserver.messages import Health
from kactors.client.rest import Client
from kactors.cloud.state import CloudState
from kactors.cluster.addresses import apiservers, etcd_members
from kactors.cluster.cloud import cloud_api, launch, launched
from kactors.cluster.control_plane import masters
from kactors.cluster.dns import COREDNS_NAME
from kactors.cluster.errors import ClusterError, NotReady
from kactors.cluster.manifests import apply
from kactors.cluster.network import connect
from kactors.cluster.observer import Observer
from kactors.cluster.plan import Blueprint, HostPlan
from kactors.cluster.topology import NodePool, Topology
from kactors.cluster.traffic import Target, Traffic, TrafficClient
from kactors.cluster.workers import node, nodes
from kactors.etcd.client import EtcdClient
from kactors.node.machine import NodeMachine
from kactors.node.proxy.underlay import StaticUnderlay

__all__ = ["ADMIN_HOST", "SimulatedCluster"]

ResultT = TypeVar("ResultT")

#: Where people sit: it has no part in the cluster.
ADMIN_HOST: Final = "admin"
_OUTSIDE_IP: Final = "192.0.2.1"


class SimulatedCluster:
    """Masters and nodes on the hosts of a `World`; a context manager.

    Args:
        topology: what it consists of.
        seed: decides everything.
        paranoid: no two actors share a decoded object, as long as the context is open: slower, and
            the same digest, unless somebody changes what others see, too.
        world: more options of the `World`.

    Attributes:
        world: its hosts are ``m1``... and ``n1``..., besides `ADMIN_HOST`. Its roles
            ``@leader`` (of etcd), ``@scheduler`` and ``@controllers`` (the manager of controllers)
            are whoever plays them now.
        observer: the present lives of all actors, for tests and oracles.
        cloud: that the nodes are in, if the topology wants one.
    """

    def __init__(
        self, topology: Topology, seed: int = 0, *, paranoid: bool = False, **world: Any
    ) -> None:
        self.topology = topology
        self.paranoid = paranoid
        self._open = ExitStack()
        self.world = World(seed, **world)
        self.observer = Observer(self.world)
        self.cloud = launched(topology)
        self._outside = NodeMachine(_OUTSIDE_IP)
        self._targets = 0
        authority = TokenAuthority.from_seed(seed)
        self.blueprint = Blueprint(topology, authority, self.cloud)
        self.blueprint.check_knobs()
        plans = (masters, nodes, cloud_api)
        for plan in (each for made in plans for each in made(self.blueprint)):
            self._deploy(plan)
        self.world.add_host(ADMIN_HOST)
        self.world.roles["@leader"] = self.observer.etcd_leader
        self.world.roles["@scheduler"] = self.observer.scheduler_leader
        self.world.roles["@controllers"] = self.observer.controller_manager_leader

    def _deploy(self, plan: HostPlan) -> None:
        host = self.world.add_host(plan.name, zone=plan.zone)
        if plan.machine is not None:
            self.observer.add_machine(plan.name, plan.machine)
        for actor in plan.actors:
            factory = self.observer.observed(plan.name, actor)
            host.deploy(factory, actor.name, policy=actor.policy)

    def __enter__(self) -> Self:
        if self.paranoid:
            self._open.enter_context(codec.paranoid())
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with self._open:
            self.world.close()

    def client(self, user: User | None = None, *, host: str = ADMIN_HOST, **config: Any) -> Client:
        """Return a new client of the apiservers, for tasks that run on a host of the world.

        Args:
            user: as whom it asks; an administrator unless given.
            host: from which it asks, in that host's present life.
            config: other fields of the `ClientConfig`.
        """
        user = user or admin_user()
        asker = SystemAsker(self.world.hosts[host].system, f"client:{user.name}")
        return Client.connect(asker, attrs.evolve(self.blueprint.client_of(user), **config))

    def etcd_client(self, *, host: str = ADMIN_HOST) -> EtcdClient:
        """Return a new client of etcd, past the apiservers, for tasks on a host of the world."""
        asker = SystemAsker(self.world.hosts[host].system, "etcdctl")
        return EtcdClient(asker, etcd_members(self.topology))

    def call(self, work: Callable[[Client], Awaitable[ResultT]]) -> ResultT:
        """Do something as an administrator, and let the world run until it is done."""

        async def main(system: System) -> ResultT:
            return await work(self._admin(system))

        result: ResultT = self.world.call(ADMIN_HOST, main)
        return result

    def _admin(self, system: System) -> Client:
        asker = SystemAsker(system, "kubectl")
        return Client.connect(asker, self.blueprint.client_of(admin_user()))

    def apply(self, *manifests: Object) -> list[Object]:
        """Have objects there as these manifests say, as an administrator; see `apply`.

        Raises:
            ApiError, ClientError: the apiservers refuse, or do not answer.
        """
        return self.call(lambda client: apply(client, manifests))

    # -- machines that come and go -------------------------------------------------------

    def add_node(self) -> str:
        """Have one more node, in the last pool, join from now on; return its name."""
        pools = self.topology.pools
        pool = attrs.evolve(pools[-1], count=pools[-1].count + 1) if pools else NodePool(count=1)
        self.topology = attrs.evolve(self.topology, pools=(*pools[:-1], pool))
        self.blueprint = attrs.evolve(self.blueprint, topology=self.topology)
        number, name = self.topology.nodes, self.topology.node_names[-1]
        if self.cloud is not None:
            launch(self.cloud, self.topology, number, name)
        elif isinstance(self.blueprint.underlay, StaticUnderlay):
            connect(self.blueprint.underlay, number, name)
        self._deploy(node(self.blueprint, number, name, pool))
        return name

    def terminate_instance(self, name: str) -> None:
        """Let a node's machine be gone for ever. Raises: `ClusterError`, without a cloud."""
        self._its_cloud().terminate(name)
        self.world.crash(name)

    def stop_instance(self, name: str) -> None:
        """Switch a node's machine off. Raises: `ClusterError`, without a cloud."""
        self._its_cloud().stop(name)
        self.world.crash(name)

    def start_instance(self, name: str) -> None:
        """Switch a node's machine on again. Raises: `ClusterError`, without a cloud."""
        self._its_cloud().start(name)
        self.world.hosts[name].machine.restart()

    def _its_cloud(self) -> CloudState:
        if self.cloud is None:
            raise ClusterError("this cluster's nodes are no instances: give Topology(cloud=True)")
        return self.cloud

    # -- traffic -------------------------------------------------------------------------

    def add_traffic(self, target: Target, hosts: Iterable[str] | None = None) -> Traffic:
        """Have clients call a Service from now on; return the record of their calls.

        Args:
            target: whom they call, and how.
            hosts: from which, one client each: nodes, or `ADMIN_HOST`, which is outside of the
                cluster; all nodes unless given.
        """
        traffic = Traffic(target, lambda: self.world.time, self.observer.is_behind)
        self._targets += 1
        name = f"traffic-{self._targets}"
        for host in self.topology.node_names if hosts is None else hosts:
            factory = partial(
                TrafficClient, traffic, host, self._machine(host), self.blueprint.underlay
            )
            self.world.hosts[host].deploy(factory, name)
        return traffic

    def _machine(self, host: str) -> NodeMachine:
        return self._outside if host == ADMIN_HOST else self.observer.machine(host)

    # -- coming up -----------------------------------------------------------------------

    def wait_until_ready(self, timeout: float = 120.0) -> None:
        """Run until all apiservers serve, all nodes are ready, and names are answered.

        Raises:
            NotReady: they are not after ``timeout`` seconds of virtual time.
        """
        until = self.world.time + timeout
        while waiting := self.world.call(ADMIN_HOST, self._unready):
            if self.world.time >= until:
                raise NotReady(
                    f"after {timeout:g} s there is still to wait for {len(waiting)} parts of the "
                    f"cluster: {', '.join(waiting[:10])}{', ...' if len(waiting) > 10 else ''}"
                )
            self.world.run_for(0.5)

    async def _unready(self, system: System) -> list[str]:
        waiting = []
        for replica in apiservers(self.topology):
            with suppress(RequestError):
                if (await system.ref(replica).request(Health(), timeout=1.0)).ready:
                    continue
            waiting.append(str(replica))
        if waiting or not self.topology.nodes:
            return waiting
        client = self._admin(system)
        nodes = await client.resource("nodes").list()
        ready = {name_of(node) for node in nodes.items if is_true(node, "Ready")}
        waiting = [f"node {name}" for name in self.topology.node_names if name not in ready]
        return waiting or await self._unready_dns(client)

    async def _unready_dns(self, client: Client) -> list[str]:
        wanted = self.topology.dns_servers
        if not wanted:
            return []
        found = await client.resource("deployments").list("kube-system")
        status = (field(each, "status") for each in found.items if name_of(each) == COREDNS_NAME)
        available = next(status, None) or {}
        missing = wanted - available.get("availableReplicas", 0)
        return [f"{missing} of {wanted} DNS servers"] if missing > 0 else []
