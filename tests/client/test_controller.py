"""Controllers: actors that make the world like the objects."""

from collections.abc import Callable
from itertools import pairwise
from typing import ClassVar

import attrs
import pytest

from kactors.actors import Actor, Address, System
from kactors.api.errors import Forbidden
from kactors.api.objects import replaced
from kactors.client.config import ClientConfig
from kactors.client.controller import (
    Controller,
    ControllerContext,
    ControllerReport,
    InspectController,
)
from kactors.client.errors import TerminalError, Unavailable
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.leader_election import LeaderElectionConfig, LeaderElector
from kactors.client.rest import Client
from kactors.runtime import sleep_forever, stream
from kactors.transport.link import LinkRule
from kactors.transport.rules import ANY
from tests.client.fake import FakeCluster
from tests.client.objects import config_map
from tests.client.replica_sets import ReplicaSets, replica_set

SETS = ("apps", "replicasets", "default")


def context(cluster: FakeCluster, election: bool = False) -> ControllerContext:
    """Return what a controller of a cluster is given."""
    return ControllerContext(
        config=ClientConfig(replicas=cluster.addresses, timeout=20.0, write_timeout=5.0),
        election=LeaderElectionConfig(name="test") if election else None,
    )


def want(cluster: FakeCluster, name: str, replicas: int) -> None:
    """Create or change a ReplicaSet."""
    key = (*SETS, name)
    cluster.store.write(
        key, replaced(replica_set(name, replicas), f"uid-{name}", "metadata", "uid")
    )


def inspect(cluster: FakeCluster, host: str = "m1", name: str = "controller") -> ControllerReport:
    """Ask a controller what it waits for."""

    async def ask(system: System) -> ControllerReport:
        return await system.ref(Address(host, name)).request(InspectController())

    report: ControllerReport = cluster.world.call("c", ask)
    return report


def creations(cluster: FakeCluster) -> int:
    """Return how many pods were ever created."""
    return sum(change.key[1] == "pods" and change.before is None
               for change in cluster.store.history)  # fmt: skip


def test_a_controller_makes_the_world_like_the_objects() -> None:
    """And keeps it so: it creates what is missing, deletes what is too many, no more."""
    with FakeCluster() as cluster:
        cluster.world.add_host("m1").deploy(lambda: ReplicaSets(context(cluster)), "controller")
        want(cluster, "web", 10)
        cluster.world.run_for(5.0)
        assert len(cluster.objects("pods")) == 10
        want(cluster, "web", 4)
        want(cluster, "db", 2)
        cluster.world.run_for(5.0)
        assert len(cluster.objects("pods")) == 6
        lost = next(key for key in cluster.store.objects if key[1] == "pods")
        cluster.store.write(lost, None)
        cluster.world.run_for(5.0)
        assert len(cluster.objects("pods")) == 6
        assert creations(cluster) == 13
        report = inspect(cluster)

    assert report.state == "working"
    assert (report.queued, report.delayed, report.processing) == (0, 0, 0)
    assert report.failing == {}


@pytest.mark.parametrize("seed", range(15))
def test_a_controller_gets_there_whatever_happens(seed: int) -> None:
    """Apiservers and controllers crash, links are cut, answers lost, history compacted."""
    chance = stream(seed, "test")
    with FakeCluster(seed=seed) as cluster:
        for name in ("m1", "m2"):
            host = cluster.world.add_host(name)
            host.deploy(lambda: ReplicaSets(context(cluster, election=True)), "controller")
        hosts = [*cluster.servers, "m1", "m2"]
        for _ in range(30):
            cluster.world.run_for(chance.exponential(4.0))
            disturb(cluster, chance.below, hosts)
        cluster.world.network.rules.clear_all()
        for name in hosts:
            machine = cluster.world.hosts[name].machine
            if not machine.up:
                machine.restart()
            elif machine.paused:
                machine.resume()
        for server in cluster.all:
            server.swallow = lambda _: False
        wanted = {"a": chance.below(8), "b": chance.below(8)}
        for name, replicas in wanted.items():
            want(cluster, name, replicas)
        calm = cluster.world.run_until(lambda: settled(cluster, wanted), timeout=400.0)
        assert calm, f"wanted {wanted}, found {list(cluster.objects('pods'))}"
        cluster.world.run_for(60.0)
        assert settled(cluster, wanted), "it did not stay so"


def settled(cluster: FakeCluster, wanted: dict[str, int]) -> bool:
    """Tell whether there are just as many pods as are wanted."""
    found = dict.fromkeys(wanted, 0)
    for pod in cluster.objects("pods").values():
        found[pod["metadata"]["ownerReferences"][0]["name"]] += 1
    return found == wanted


def disturb(cluster: FakeCluster, below: Callable[[int], int], hosts: list[str]) -> None:
    """Do something to a host, or change what is wanted."""
    name = hosts[below(len(hosts))]
    machine = cluster.world.hosts[name].machine
    match below(9):
        case 0 | 1:
            want(cluster, "ab"[below(2)], below(8))
        case 2 if not machine.up:
            machine.restart()
        case 2:
            machine.crash()
        case 3:
            cluster.world.network.rules.set(name, name, ANY, LinkRule(cut=True))
        case 4 | 5:
            cluster.world.network.rules.clear(name)
        case 6 if machine.up and machine.paused:
            machine.resume()
        case 6 if machine.up:
            machine.pause()
        case 7:
            for server in cluster.all:
                server.swallow = lambda request: request.resource == "pods" and below(4) == 0
        case 8:
            cluster.store.compact()
            for server in cluster.all:
                server.cut_watches()


class Scripted(Controller):
    """Does with ConfigMaps what a test says."""

    workers = 2
    calls: ClassVar[list[tuple[float, str]]]
    script: ClassVar[Callable[["Scripted", str], float | None]]

    def setup(self) -> None:
        """Look at ConfigMaps."""
        self.reconciles("configmaps")

    async def reconcile(self, key: str) -> float | None:
        """Do what the test says."""
        self.calls.append((self.life.system.now(), key))
        return type(self).script(self, key)


def scripted(
    cluster: FakeCluster, script: Callable[[Scripted, str], float | None]
) -> type[Scripted]:
    """Deploy a controller with a script; return its class, which holds what it was called with."""

    class Mine(Scripted):
        calls: ClassVar[list[tuple[float, str]]] = []

    Mine.script = script
    cluster.store.write(("", "configmaps", "default", "a"), config_map("a"))
    cluster.world.add_host("m1").deploy(lambda: Mine(context(cluster)), "controller")
    return Mine


def test_what_fails_is_tried_again_later_and_later() -> None:
    """The pauses double; when all is well they begin anew."""

    def fail(controller: Scripted, _: str) -> None:
        if len(controller.calls) < 8:
            raise Unavailable("no apiserver")

    with FakeCluster() as cluster:
        made = scripted(cluster, fail)
        cluster.world.run_for(0.3)
        report = inspect(cluster)
        cluster.world.run_for(5.0)
        assert inspect(cluster).failing == {}

    times = [at for at, _ in made.calls]
    gaps = [later - at for at, later in pairwise(times)]
    assert [round(gap, 4) for gap in gaps] == [0.005 * 2**n for n in range(7)]
    assert report.failing == {"default/a": "no apiserver"}
    assert report.retries >= 5


def test_what_is_no_use_is_not_tried_again() -> None:
    """Until the object changes."""

    def give_up(_: Scripted, key: str) -> None:
        raise TerminalError(f"{key} says nothing")

    with FakeCluster() as cluster:
        made = scripted(cluster, give_up)
        cluster.world.run_for(60.0)
        assert len(made.calls) == 1
        assert inspect(cluster).failing == {"default/a": "default/a says nothing"}
        cluster.store.write(("", "configmaps", "default", "a"), config_map("a", size="1"))
        cluster.world.run_for(60.0)
        assert len(made.calls) == 2


def test_a_reconciler_may_ask_to_be_called_again() -> None:
    """In so many seconds, although nothing has changed."""
    with FakeCluster() as cluster:
        made = scripted(cluster, lambda *_: 10.0)
        cluster.world.run_for(35.0)

    assert len(made.calls) == 4


def test_a_bug_ends_this_life_and_the_next_one_begins_anew() -> None:
    """What is no error of the API is not caught; the supervisor starts another life."""

    def fail(controller: Scripted, _: str) -> None:
        if len(controller.calls) == 1:
            raise LookupError("a bug")

    with FakeCluster() as cluster:
        made = scripted(cluster, fail)
        cluster.world.run_for(5.0)
        cell = cluster.world.hosts["m1"].system.cells["controller"]
        assert cell.life is not None
        assert cell.life.number == 2

    assert [key for _, key in made.calls] == ["default/a", "default/a"]


def test_a_controller_without_rights_says_what_it_waits_for() -> None:
    """It is not started before its caches are whole."""
    with FakeCluster() as cluster:
        for server in cluster.all:
            server.before = lambda _: Forbidden("configmaps", "", "no such right")
        made = scripted(cluster, lambda *_: None)
        cluster.world.run_for(5.0)
        report = inspect(cluster)

    assert report.state == "waiting for caches"
    assert report.unsynced == {"configmaps": "configmaps is forbidden: no such right"}
    assert made.calls == []


def test_of_two_controllers_one_works() -> None:
    """The other has its caches ready, and takes over when the first is gone."""
    with FakeCluster() as cluster:
        for name in ("m1", "m2"):
            host = cluster.world.add_host(name)
            host.deploy(lambda: ReplicaSets(context(cluster, election=True)), "controller")
        want(cluster, "web", 3)
        cluster.world.run_for(30.0)
        states = {name: inspect(cluster, name) for name in ("m1", "m2")}
        leader = next(name for name in states if states[name].state == "working")
        assert sorted(report.state for report in states.values()) == ["waiting to lead", "working"]
        assert {report.leader for report in states.values()} == {f"{leader}_controller_1.1"}
        cluster.world.crash(leader)
        want(cluster, "web", 5)
        cluster.world.run_for(10.0)
        assert len(cluster.objects("pods")) == 3
        cluster.world.run_for(15.0)
        assert len(cluster.objects("pods")) == 5
        assert creations(cluster) == 5


@attrs.define(eq=False)
class Manager(Actor):
    """Leads for several controllers that share its informers."""

    cluster: FakeCluster

    async def on_start(self) -> None:
        """Share informers; lead for controllers as children."""
        config = context(self.cluster).config
        client = Client.connect(self, config)
        self.informers = SharedInformerFactory(client, self.start_soon)
        election = LeaderElectionConfig(name="manager")
        self.elector = LeaderElector(client, election, self.host.name)
        self.start_soon(self.elector.run, self.lead)

    async def lead(self) -> None:
        """Start the controllers."""
        shared = ControllerContext(
            config=context(self.cluster).config,
            informers=self.informers,
            guard=self.elector.remaining,
        )
        for name in ("one", "two"):
            self.spawn(lambda: ReplicaSets(shared), name)
        await sleep_forever()


def test_controllers_may_share_informers() -> None:
    """Each object is read once per process; a child that ends is not told any more."""
    with FakeCluster() as cluster:
        manager = Manager(cluster)
        cluster.world.add_host("m1").deploy(lambda: manager, "manager")
        want(cluster, "web", 2)
        cluster.world.run_for(10.0)
        lists = [request.resource for server in cluster.all for request in server.requests
                 if request.verb == "list"]  # fmt: skip
        handlers = len(manager.informers.informer("pods")._registrations)
        cluster.world.hosts["m1"].system.kill("manager/one", "a test")
        cluster.world.run_for(10.0)
        assert len(manager.informers.informer("pods")._registrations) == handlers

    assert sorted(lists) == ["pods", "replicasets"]
    assert len(cluster.objects("pods")) >= 2


def test_nobody_works_while_the_queue_is_empty() -> None:
    """A controller without objects costs nothing but its watches."""
    with FakeCluster() as cluster:
        cluster.world.add_host("m1").deploy(lambda: ReplicaSets(context(cluster)), "controller")
        cluster.world.run_for(1.0)
        asked = sum(len(server.requests) for server in cluster.all)
        cluster.world.run_for(100.0)
        assert sum(len(server.requests) for server in cluster.all) == asked
