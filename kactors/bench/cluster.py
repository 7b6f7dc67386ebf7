"""A control plane in one process, as upstream's benchmark has one: etcd, apiserver, scheduler.

Masters are hosts of a simulated world: their messages are encoded, their writes go through Raft and
to simulated disks, and each takes virtual time that costs nothing. How much decides what comes
together, and so what is sent, written and synced together: all messages take the same time, as they
do between processes of one machine, and a sync takes what it does on a disk that really syncs.

As upstream does for its benchmark, three admission plugins are off, and there are no kubelets.

Source: kubernetes test/integration/scheduler_perf/util.go (``mustSetupCluster``).
"""

from collections.abc import Callable
from typing import Final

from kactors.actors import Address, RequestError, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.apiserver.admission.chain import PLUGINS
from kactors.apiserver.admission.priority import Priority
from kactors.apiserver.admission.service_account import ServiceAccount
from kactors.apiserver.admission.taint_nodes_by_condition import TaintNodesByCondition
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import KUBE_SCHEDULER, admin_user, component_user
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.messages import Health
from kactors.apiserver.server import ApiServer
from kactors.client.config import ClientConfig
from kactors.client.rest import Client
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.evidence.digest import Digest, Name
from kactors.runtime import sleep
from kactors.scheduler.config import SchedulerConfig
from kactors.scheduler.core import SchedulerCore
from kactors.scheduler.scheduler import Scheduler, SchedulerContext
from kactors.storage.latency import SsdLatency
from kactors.transport.latency import Constant
from kactors.transport.rules import same_everywhere

__all__ = ["CLIENT", "BenchCluster", "bench_world"]

#: The host of whoever creates pods and looks on.
CLIENT: Final = "client"
_OFF: Final = (Priority, ServiceAccount, TaintNodesByCondition)
_NEAR: Final = Constant(0.0001)
_DISK: Final = SsdLatency(sync_min_ns=2_000_000, sync_extra_ns_mean=400_000)
_ETCD: Final = "etcd"
_APISERVER: Final = "apiserver"


class _NoDigest(Digest):
    """Takes no event into account: nobody compares this run with another."""

    __slots__ = ()

    def add(self, time_ns: int, sequence: int, source: Name, target: Name, payload: bytes) -> None:
        """Do nothing."""


def bench_world(seed: int) -> World:
    """Return the world that the masters live in."""
    near = same_everywhere(_NEAR, loopback=_NEAR)
    return World(seed, latency_of=near, disk_latency=_DISK, digest=_NoDigest())


class BenchCluster:
    """Masters, of which the first has the only scheduler.

    Args:
        world: to live in.
        masters: each with a member of etcd and a replica of the apiserver.
        seed: of the tokens' authority.
        new_core: makes the scheduler's core.
    """

    def __init__(
        self,
        world: World,
        masters: int,
        seed: int,
        new_core: Callable[[SchedulerConfig, int], SchedulerCore],
    ) -> None:
        names = [f"m{number}" for number in range(1, masters + 1)]
        self._authority = TokenAuthority.from_seed(seed)
        self._members = tuple(Address(name, _ETCD) for name in names)
        self._replicas = tuple(Address(name, _APISERVER) for name in names)
        for name in names:
            self._deploy_master(world, name)
        scheduler = self._authority.for_user(component_user(KUBE_SCHEDULER))
        context = SchedulerContext(
            config=ClientConfig(replicas=self._replicas, token=scheduler), new_core=new_core
        )
        world.hosts[names[0]].deploy(lambda: Scheduler(context), "kube-scheduler")
        world.add_host(CLIENT)

    def _deploy_master(self, world: World, name: str) -> None:
        initial = tuple((each.host, f"actor://{each}") for each in self._members)
        member = MemberConfig(name=name, initial=initial)
        plugins = [plugin for plugin in PLUGINS if plugin not in _OFF]
        server = ApiServerConfig(etcd=self._members, authority=self._authority, plugins=plugins)
        host = world.add_host(name)
        host.deploy(lambda: EtcdMember(member), _ETCD, policy=MEMBER_POLICY)
        host.deploy(lambda: ApiServer(server), _APISERVER)

    async def admin(self, system: System) -> Client:
        """Return the client of somebody who may do everything, once all replicas serve."""
        for replica in self._replicas:
            while not await _serves(system, replica):
                await sleep(0.1)
        token = self._authority.for_user(admin_user())
        config = ClientConfig(replicas=self._replicas, token=token, timeout=600.0)
        return Client.connect(SystemAsker(system, "bench"), config)

    def etcd(self, system: System) -> EtcdClient:
        """Return a client of etcd itself."""
        return EtcdClient(SystemAsker(system, "bare"), list(self._members))


async def _serves(system: System, replica: Address) -> bool:
    try:
        return (await system.ref(replica).request(Health(), timeout=1.0)).ready
    except RequestError:
        return False
