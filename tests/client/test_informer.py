"""Copies of a resource, and what their handlers are told."""

from collections.abc import Awaitable, Callable

import attrs
import pytest

from kactors.actors import System
from kactors.actors.system_asker import SystemAsker
from kactors.api.errors import Forbidden, TooManyRequests
from kactors.api.meta import key_of, resource_version_of, uid_of
from kactors.api.objects import Object, replaced
from kactors.client.config import ClientConfig
from kactors.client.indexer import BY_NODE, index_by_node
from kactors.client.informer import ResourceEventHandlerFuncs, SharedInformer
from kactors.client.informer_factory import SharedInformerFactory
from kactors.client.rest import Client
from kactors.runtime import current_time, open_nursery, sleep, stream
from kactors.transport.link import LinkRule
from tests.client.fake import FakeCluster, until
from tests.client.objects import pod

CUT = LinkRule(cut=True)


@attrs.define
class Diary:
    """A handler that writes down what it is told, and checks that it makes sense."""

    told: list[str] = attrs.field(factory=list)
    known: dict[str, Object] = attrs.field(factory=dict)
    lost: int = 0

    def on_add(self, obj: Object, *, is_in_initial_list: bool) -> None:
        """Learn of a new object."""
        key = key_of(obj)
        assert key not in self.known, f"{key} was added twice"
        self.known[key] = obj
        self.told.append(f"{'initial' if is_in_initial_list else 'add'} {key}")

    def on_update(self, old: Object, new: Object) -> None:
        """Learn of a change."""
        key = key_of(new)
        assert self.known[key] is old, f"{key} is said to have been something else"
        assert uid_of(old) == uid_of(new), f"{key} became another one"
        self.known[key] = new
        self.told.append(f"{'resync' if new is old else 'update'} {key}")

    def on_delete(self, obj: Object, *, final_state_unknown: bool) -> None:
        """Learn that an object is gone."""
        key = key_of(obj)
        assert uid_of(self.known.pop(key)) == uid_of(obj)
        self.lost += final_state_unknown
        self.told.append(f"{'lost' if final_state_unknown else 'delete'} {key}")


Work = Callable[[Client, SharedInformerFactory], Awaitable[None]]


def run(cluster: FakeCluster, work: Work) -> None:
    """Do something with a client and informers."""

    async def main(system: System) -> None:
        config = ClientConfig(replicas=cluster.addresses)
        client = Client.connect(SystemAsker(system), config)
        async with open_nursery() as nursery:
            await work(client, SharedInformerFactory(client, nursery.start_soon))
            nursery.cancel_scope.cancel()

    cluster.world.call("c", main)


def equal(informer: SharedInformer, cluster: FakeCluster) -> bool:
    """Tell whether the copy is like the store."""
    mine = {key: informer.indexer.get(key) for key in informer.indexer}
    return mine == cluster.objects("pods")


def test_handlers_learn_of_each_change() -> None:
    """First of what is there already, then of what happens, in order."""
    diary = Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a"))
        informer = informers.informer("pods")
        informer.add_handler(diary)
        assert not informer.has_synced()
        await informers.wait_for_cache_sync()
        changed = replaced(await pods.create(pod("b")), "n1", "spec", "nodeName")
        await pods.update(changed)
        await pods.delete("a", "default")
        await until(lambda: equal(informer, cluster))

    with FakeCluster() as cluster:
        run(cluster, work)

    assert diary.told == ["initial default/a", "add default/b", "update default/b",
                          "delete default/a"]  # fmt: skip


def test_one_informer_serves_all_who_ask_for_the_same() -> None:
    """A handler that comes late is told of everything; one that was removed of nothing."""
    late, gone = Diary(), Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a", node="n1"))
        first = informers.informer("pods")
        await first.wait_for_sync()
        second = informers.informer("pods", indexes={BY_NODE: index_by_node})
        assert second is first
        assert informers.informer("pods", "default") is not first
        assert second.indexer.index_keys(BY_NODE, "n1") == ("default/a",)
        removed = second.add_handler(gone)
        assert second.add_handler(late).has_synced()
        removed.remove()
        removed.remove()
        await pods.create(pod("b"))
        await until(lambda: equal(first, cluster))

    with FakeCluster() as cluster:
        run(cluster, work)

    assert late.told == ["initial default/a", "add default/b"]
    assert gone.told == ["initial default/a"]


def test_an_object_that_leaves_the_selector_is_deleted() -> None:
    """And one that enters it is added."""
    diary = Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        pods = client.resource("pods")
        informer = informers.informer("pods", label_selector="app=web")
        informer.add_handler(diary)
        await informer.wait_for_sync()
        created = await pods.create(pod("a"))
        inside = await pods.update(replaced(created, {"app": "web"}, "metadata", "labels"))
        await pods.update(replaced(inside, {"app": "db"}, "metadata", "labels"))
        await until(lambda: len(diary.told) == 2)

    with FakeCluster() as cluster:
        run(cluster, work)

    assert diary.told == ["add default/a", "delete default/a"]


def test_a_watch_that_ends_goes_on_where_it_was() -> None:
    """Nothing is listed again, nothing told twice."""
    diary = Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        informer.add_handler(diary)
        await informer.wait_for_sync()
        for number in range(5):
            await client.resource("pods").create(pod(f"p{number}"))
            for server in cluster.all:
                server.cut_watches()
            await sleep(2.0)
        await until(lambda: equal(informer, cluster))
        assert informer.lists == 1

    with FakeCluster() as cluster:
        run(cluster, work)

    assert diary.told == [f"add default/p{number}" for number in range(5)]


def test_a_dead_replica_costs_its_silence_and_no_list() -> None:
    """A broken watch is taken up again at another replica."""
    times: list[float] = []

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        informer.add_handler(ResourceEventHandlerFuncs(add=lambda _: times.append(current_time())))
        await informer.wait_for_sync()
        dead = client.session.balancer.current.host
        cluster.world.crash(dead)
        times.append(current_time())
        cluster.store.write(("", "pods", "default", "a"), pod("a"))
        await until(lambda: len(times) == 2)
        assert informer.lists == 1
        assert client.session.balancer.current.host != dead

    with FakeCluster() as cluster:
        run(cluster, work)

    assert times[1] - times[0] < 7.5


def test_what_was_missed_is_told_after_a_new_list() -> None:
    """Deletions too; an object that was created anew is another one; the unchanged are not told."""
    diary = Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        pods = client.resource("pods")
        for name in ("same", "changed", "gone", "new-life"):
            await pods.create(pod(name))
        informer = informers.informer("pods")
        informer.add_handler(diary)
        await informer.wait_for_sync()
        diary.told.clear()
        cluster.store.write(("", "pods", "default", "gone"), None)
        cluster.store.write(("", "pods", "default", "new-life"), None)
        for name in ("changed", "new-life", "added"):
            uid = {"changed": "uid-2"}.get(name, f"uid-{name}")
            changed = replaced(pod(name, node="n1"), uid, "metadata", "uid")
            cluster.store.write(("", "pods", "default", name), changed)
        cluster.store.compact()
        for server in cluster.all:
            server.cut_watches()
        await until(lambda: equal(informer, cluster))
        assert informer.lists == 2

    with FakeCluster() as cluster:
        run(cluster, work)

    assert diary.told == [
        "lost default/gone",
        "add default/added",
        "update default/changed",
        "lost default/new-life",
        "add default/new-life",
    ]
    assert diary.lost == 2


def test_an_informer_waits_until_it_may_read() -> None:
    """It says what keeps it, tries less and less often, and goes on when it is allowed."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        for server in cluster.all:
            server.before = lambda _: Forbidden("pods", "", "no such right")
        informer = informers.informer("pods")
        await sleep(60.0)
        assert informers.unsynced() == {"pods": "pods is forbidden: no such right"}
        asked = sum(len(server.requests) for server in cluster.all)
        assert 4 <= asked <= 8
        for server in cluster.all:
            server.before = lambda _: None
        await informer.wait_for_sync()
        assert informers.unsynced() == {}
        assert informer.problem is None

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_revision_that_nobody_has_is_not_insisted_on() -> None:
    """If no replica comes so far, the latest state is listed: all that there is."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        pods = client.resource("pods")
        await pods.create(pod("a"))
        for server in cluster.all:
            server.lag = 1
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        assert current_time() > 30.0
        assert equal(informer, cluster)

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_busy_apiserver_is_given_time() -> None:
    """Too many requests mean to come back later."""

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        busy = [None] * 3
        for server in cluster.all:
            server.before = lambda _: TooManyRequests("busy") if busy and not busy.pop() else None
        informer = informers.informer("pods")
        await informer.wait_for_sync()
        assert current_time() > 2.0

    with FakeCluster() as cluster:
        run(cluster, work)


def test_a_resync_tells_of_everything_again() -> None:
    """Only to those who want it, as often as they want it, also if they come late."""
    diary, often = Diary(), Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        await client.resource("pods").create(pod("a"))
        informer = informers.informer("pods")
        informer.add_handler(diary, resync_period=30.0)
        await informer.wait_for_sync()
        await sleep(10.0)
        informer.add_handler(often, resync_period=2.0)
        await sleep(25.0)

    with FakeCluster() as cluster:
        run(cluster, work)

    assert diary.told == ["initial default/a", "resync default/a"]
    assert often.told == ["initial default/a"] + ["resync default/a"] * 12


@pytest.mark.parametrize("seed", range(100))
def test_a_copy_that_is_cut_off_at_random_equals_the_store_when_all_is_quiet(seed: int) -> None:
    """Replicas crash, lag and restart, links are cut, watches end, history is compacted."""
    chance = stream(seed, "test")
    diary = Diary()

    async def work(client: Client, informers: SharedInformerFactory) -> None:
        informer = informers.informer("pods")
        informer.add_handler(diary)
        seen: list[int] = []
        for _ in range(60):
            await sleep(chance.exponential(2.0))
            disturb()
            seen.append(informer.revision)
        for name, host in cluster.world.hosts.items():
            cluster.world.network.rules.clear(name)
            if not host.machine.up:
                host.machine.restart()
        await sleep(0.5)
        for server in cluster.all:
            server.lag = 0
        cluster.store.wake()
        await until(lambda: equal(informer, cluster), 120.0)
        assert seen == sorted(seen), "the copy went back in time"

    def disturb() -> None:
        hosts = list(cluster.servers)
        host = hosts[chance.below(len(hosts))]
        server = cluster.servers[host]
        machine = cluster.world.hosts[host].machine
        for _ in range(chance.below(4)):
            write()
        match chance.below(8):
            case 0:
                if machine.up:
                    machine.crash()
                else:
                    machine.restart()
            case 1:
                cluster.world.network.rules.set(host, host, "c", CUT)
            case 2:
                cluster.world.network.rules.clear(host)
            case 3:
                server.lag = chance.below(4)
                cluster.store.wake()
            case 4:
                server.cut_watches()
            case 5:
                cluster.store.compact(cluster.store.revision - chance.below(4))

    def write() -> None:
        key = ("", "pods", "default", f"p{chance.below(6)}")
        if key in cluster.store.objects and chance.chance(0.4):
            cluster.store.write(key, None)
            return
        cluster.store.uids += 1
        kept = cluster.objects("pods").get(f"default/{key[3]}")
        uid = uid_of(kept) if kept else f"uid-{cluster.store.uids}"
        new = pod(key[3], node=f"n{cluster.store.uids}")
        cluster.store.write(key, replaced(new, uid, "metadata", "uid"))

    with FakeCluster(seed=seed) as cluster:
        run(cluster, work)
        assert diary.known == cluster.objects("pods")
        assert all(resource_version_of(obj) for obj in diary.known.values())
