"""A cluster of members in the simulated world, as its tests build and shake it."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from kactors.actors import Address, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.recording import History
from kactors.faults import FaultPlan
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget
from kactors.storage.latency import DiskLatency

T = TypeVar("T")

CLIENT = "client"


class Cluster:
    """Members on hosts ``m1``, ``m2``, ..., and a host ``client``; a context manager.

    Attributes:
        world: where they are.
        names: the members' hosts.
        log: what members told people, as (host, line).
    """

    def __init__(
        self,
        count: int = 3,
        *,
        seed: int = 0,
        disk_latency: DiskLatency | None = None,
        **knobs: Any,
    ) -> None:
        self.world = World(seed, disk_latency=disk_latency)
        self.log: list[tuple[str, str]] = []
        self.names = [f"m{number}" for number in range(1, count + 1)]
        self._knobs = knobs
        self._initial = tuple((name, f"actor://{name}/etcd") for name in self.names)
        self._members: dict[str, EtcdMember] = {}
        for name in self.names:
            self._deploy(name, self._initial, joining=False)
        self.world.add_host(CLIENT)
        self.world.roles["@leader"] = self.leader

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self.world.simulation.close()

    def _deploy(self, name: str, initial: tuple[tuple[str, str], ...], *, joining: bool) -> None:
        config = MemberConfig(name=name, initial=initial, joining=joining, **self._knobs)

        def factory() -> EtcdMember:
            member = EtcdMember(config, log=lambda line: self.log.append((name, line)))
            self._members[name] = member
            return member

        self.world.add_host(name).deploy(factory, "etcd", policy=MEMBER_POLICY)

    def add(self, name: str) -> None:
        """Start a member that joins."""
        self.names.append(name)
        url = f"actor://{name}/etcd"
        self._deploy(name, (*self._initial, (name, url)), joining=True)

    def member(self, name: str) -> EtcdMember:
        """Return the present life of a member."""
        return self._members[name]

    def up(self, name: str) -> bool:
        """Tell whether a member's host is up."""
        return self.world.hosts[name].machine.up

    def leader(self) -> str | None:
        """Return who leads the newest term, if somebody does."""
        led: list[tuple[int, str]] = []
        for name in self.names:
            status = self._members[name].raft_status if self._ready(name) else None
            if status is not None and self._members[name].leads:
                led.append((status.term, name))
        return max(led)[1] if led else None

    def wait_for_leader(self, timeout: float = 30.0) -> str:
        """Let time pass until somebody leads; return who."""
        assert self.world.run_until(lambda: self.leader() is not None, timeout=timeout)
        leader = self.leader()
        assert leader is not None
        return leader

    def inject(self, *faults: Any) -> Injector:
        """Begin a plan of faults, whose times count from now on."""
        injector = Injector(SimTarget(self.world), FaultPlan(tuple(faults)))
        injector.start()
        return injector

    def endpoints(self, *names: str) -> list[Address]:
        """Return the addresses of members; of all by default."""
        return [Address(name, "etcd") for name in (names or self.names)]

    def run(self, story: Callable[..., Awaitable[T]], *args: Any, **knobs: Any) -> T:
        """Run ``story(client, *args)`` on the client's host; return what it returns."""

        async def on_host(system: System) -> T:
            client = EtcdClient(SystemAsker(system), self.endpoints(), **knobs)
            return await story(client, *args)

        result: T = self.world.call(CLIENT, on_host)
        return result

    def clients(self, system: System, count: int, history: History) -> list[EtcdClient]:
        """Return clients on one host that write into one history."""
        asker = SystemAsker(system)
        return [
            EtcdClient(asker, self.endpoints(), history=history, name=f"c{number}", timeout=3.0)
            for number in range(count)
        ]

    def await_agreement(self, timeout: float = 60.0) -> None:
        """Let time pass until every member has applied the same, and check that it is the same."""

        def same() -> bool:
            indexes = {self._members[n].store.applied_index for n in self.names if self._ready(n)}
            return len(indexes) == 1 and all(map(self._ready, self.names))

        assert self.world.run_until(same, timeout=timeout), self.log[-20:]
        hashes = {self._members[name].store.mvcc.hash_from_scratch() for name in self.names}
        assert len(hashes) == 1

    def _ready(self, name: str) -> bool:
        member = self._members.get(name)
        return self.up(name) and member is not None and member.raft_status is not None
