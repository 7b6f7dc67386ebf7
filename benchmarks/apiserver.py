"""The apiserver against the etcd underneath, and watches against the obvious way to serve them.

In the simulated world, so that CPU time is measured and nothing else: one member of etcd, one
replica, one client. A create or an update is compared with the bare write of as many bytes to etcd,
a read of one object with the bare read: what the ratio lacks to 1 is the price of authentication,
authorisation, defaulting, validation and admission. A list is compared with reading the same keys
from etcd.

Watch fan-out: 1,000 watchers of pods, each of one node, of which one in a hundred has the pod that
changes (that is what kubelets do). Once only what finds and fills the watchers is measured, without
streams; the baseline is the obvious loop, which asks every watcher about every change. Once it is
whole, from the create of a pod to the event at the end of a stream; the baseline is the same create
while nobody watches, so that what the ratio lacks to 1 is the price of the watchers.

Run with ``python -m benchmarks.apiserver [--quick] [--json]``.
"""

import statistics
import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Final, TypeVar

from benchmarks.report import Row, command, compare
from kactors.actors import Address, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.api.codec import encode, encode_value
from kactors.api.objects import Object
from kactors.api.registry import REGISTRY
from kactors.api.requests import ApiRequest, ApiResponse, ApiWatch
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.apiserver.authentication.user import admin_user
from kactors.apiserver.cache.caches import Caches
from kactors.apiserver.cache.entry import Change
from kactors.apiserver.cache.watch_cache import RingLimits, WatchCache
from kactors.apiserver.cache.watchers import Scope, Watcher
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.messages import Health
from kactors.apiserver.server import ApiServer
from kactors.apiserver.storage import Stored
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.key_range import prefix_end
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.messages import Range
from kactors.runtime import open_nursery, sleep

ResultT = TypeVar("ResultT")

AUTHORITY: Final = TokenAuthority.from_seed(0)
ADMIN: Final = AUTHORITY.for_user(admin_user())
#: One watcher in so many has the pod that changes.
ONE_IN: Final = 100
#: Parts into which the requests of a verb are cut, to alternate with the baseline.
ROUNDS: Final = 5
_PAGE: Final = 500


def rows(quick: bool) -> Iterator[Row]:
    """Measure every verb, and the fan-out."""
    # The fan-out first: behind it there are tens of thousands of objects to collect garbage among.
    yield fan_out(watchers=100 if quick else 1000, changes=200 if quick else 5000)
    yield streamed(watchers=100 if quick else 1000, creates=50 if quick else 1000)
    yield from verbs(creates=50 if quick else 2000, listed=200 if quick else 10_000)


class Bench:
    """A client beside one replica and one member of etcd."""

    def __init__(self, system: System) -> None:
        self.apiserver = system.ref(Address("a1", "apiserver"))
        self.etcd = EtcdClient(SystemAsker(system), [Address("m1", "etcd")])

    async def ready(self) -> None:
        """Return once the replica serves."""
        while not (await self.apiserver.request(Health())).ready:
            await sleep(0.1)

    async def ask(
        self,
        verb: str,
        resource: str,
        name: str = "",
        body: Object | None = None,
        query: dict[str, str] | None = None,
        content_type: str = "",
    ) -> ApiResponse:
        """Ask about objects of the namespace default."""
        request = ApiRequest(
            verb,
            "",
            "v1",
            resource,
            "default",
            name,
            query=query or {},
            body=b"" if body is None else encode_value(body),
            content_type=content_type,
            token=ADMIN,
        )
        answer = await self.apiserver.request(request, timeout=600.0)
        assert answer.code < 400, answer
        return answer


def verbs(*, creates: int, listed: int) -> list[Row]:
    """Measure creating, reading, patching and listing pods."""
    return on_bench(partial(play, creates=creates, listed=listed))


def streamed(*, watchers: int, creates: int) -> Row:
    """Measure creating pods while kubelets watch, against creating them while nobody does."""
    return on_bench(partial(play_to_watchers, watchers=watchers, creates=creates))


def on_bench(story: Callable[[Bench], Awaitable[ResultT]]) -> ResultT:
    """Tell a story on a client beside one replica over one member of etcd."""

    async def on_client(system: System) -> ResultT:
        bench = Bench(system)
        await bench.ready()
        account = {"metadata": {"name": "default"}, "kind": "ServiceAccount", "apiVersion": "v1"}
        await bench.ask("create", "serviceaccounts", body=account)
        return await story(bench)

    with World(1) as world:
        config = MemberConfig(name="m1", initial=(("m1", "actor://m1/etcd"),))
        world.add_host("m1").deploy(lambda: EtcdMember(config), "etcd", policy=MEMBER_POLICY)
        settings = ApiServerConfig(etcd=(Address("m1", "etcd"),), authority=AUTHORITY)
        world.add_host("a1").deploy(lambda: ApiServer(settings), "apiserver")
        world.add_host("client")
        found: ResultT = world.call("client", on_client)
        return found


async def play(bench: Bench, *, creates: int, listed: int) -> list[Row]:
    """Ask, and ask etcd for the same."""
    first = await bench.ask("create", "pods", body=pod("first"))
    body = first.body

    async def bare(number: int) -> None:
        await bench.etcd.put(b"/bare/%d" % number, body)

    async def create(number: int) -> None:
        await bench.ask("create", "pods", body=pod(f"web-{number:06}"))

    async def read(number: int) -> None:
        await bench.etcd.get(b"/bare/%d" % (number % creates))

    async def get(number: int) -> None:
        await bench.ask("get", "pods", f"web-{number % creates:06}", query={"resourceVersion": "0"})

    async def patch(number: int) -> None:
        await bench.ask(
            "patch",
            "pods",
            f"web-{number % creates:06}",
            {"metadata": {"annotations": {"n": str(number)}}},
            content_type="application/merge-patch+json",
        )

    made = [
        await against("creates", creates, create, bare, "bare puts to etcd"),
        await against("gets from the cache", creates, get, read, "bare reads from etcd"),
        await against("patches", creates, patch, bare, "bare puts to etcd"),
    ]
    for number in range(creates, listed):
        await bare(number)
        await bench.etcd.put(b"/registry/pods/default/web-%06d" % number, body)
    return [*made, await lists(bench, listed)]


async def play_to_watchers(bench: Bench, *, watchers: int, creates: int) -> Row:
    """Create pods of nodes that watch, and of nodes that do not; each event has to arrive."""
    nodes = [f"n{number}" for number in range(watchers)]
    hot = nodes[::ONE_IN]
    arrived = 0

    async def watch(node: str) -> None:
        nonlocal arrived
        query = {"fieldSelector": f"spec.nodeName={node}", "resourceVersion": "0"}
        async with bench.apiserver.open_stream(
            ApiWatch("", "v1", "pods", query=query, token=ADMIN)
        ) as stream:
            async for batch in stream:
                arrived += len(batch.events)

    async def seen(number: int) -> None:
        await bench.ask("create", "pods", body=pod(f"seen-{number:06}", hot[number % len(hot)]))

    async def unseen(number: int) -> None:
        await bench.ask("create", "pods", body=pod(f"unseen-{number:06}", "far"))

    alone = await rate(range(creates), unseen)
    async with open_nursery() as nursery:
        for node in nodes:
            nursery.start_soon(watch, node)
        await sleep(5)
        watched = await rate(range(creates), seen)
        await sleep(1)
        nursery.cancel_scope.cancel()
    assert arrived == creates, f"{creates} pods were created, {arrived} events have arrived"
    return _row(
        f"creates with {watchers:,} watch streams, 1 % match",
        "requests/s",
        [(alone, watched)],
        "nobody watches",
    )


async def against(
    what: str,
    count: int,
    ours: Callable[[int], Awaitable[None]],
    baseline: Callable[[int], Awaitable[None]],
    name: str,
) -> Row:
    """Measure both in CPU time, alternately, so that what else runs here slows both."""
    pairs = []
    for number in range(ROUNDS):
        part = range(number * count // ROUNDS, (number + 1) * count // ROUNDS)
        pairs.append((await rate(part, baseline), await rate(part, ours)))
    return _row(what, "requests/s", pairs, name)


async def rate(numbers: range, work: Callable[[int], Awaitable[None]]) -> float:
    """Return how often something is done in a second of CPU time."""
    began = time.thread_time()
    for number in numbers:
        await work(number)
    return len(numbers) / (time.thread_time() - began)


async def lists(bench: Bench, listed: int) -> Row:
    """Measure listing all pods, page by page where there are pages."""
    await sleep(1)  # the cache hears of the last ones

    async def ours() -> int:
        answer = await bench.ask("list", "pods", query={"resourceVersion": "0"})
        count = len(answer.items)
        while answer.continue_token:
            answer = await bench.ask("list", "pods", query={"continue": answer.continue_token})
            count += len(answer.items)
        return count

    async def theirs() -> int:
        prefix = b"/registry/pods/"
        start, count, more = prefix, 0, True
        while more:
            page = await bench.etcd.range(Range(start, prefix_end(prefix), _PAGE))
            count += len(page.kvs)
            start, more = page.kvs[-1].key + b"\0", page.more
        return count

    async def objects_a_second(work: Callable[[], Awaitable[int]]) -> float:
        began = time.thread_time()
        count = await work()
        return count / (time.thread_time() - began)

    pairs = [(await objects_a_second(theirs), await objects_a_second(ours)) for _ in range(ROUNDS)]
    return _row(f"list of {listed:,} pods", "objects/s", pairs, "ranges of etcd")


def _row(what: str, unit: str, pairs: list[tuple[float, float]], name: str) -> Row:
    """Return the medians of pairs (baseline, ours), and of their ratios."""
    ratio = statistics.median(mine / theirs for theirs, mine in pairs)
    theirs, mine = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(what, mine, unit, theirs, name, ratio)


def pod(name: str, node: str = "") -> Object:
    """Return a pod as a client sends it."""
    made: Object = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "namespace": "default", "labels": {"app": "web"}},
        "spec": {
            "containers": [
                {
                    "name": "main",
                    "image": "web:1",
                    "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}},
                }
            ]
        },
    }
    if node:
        made["spec"]["nodeName"] = node
    return made


def fan_out(*, watchers: int, changes: int) -> Row:
    """Measure how many changes a second find their watchers."""
    nodes = [f"n{number}" for number in range(watchers)]
    hot = nodes[::ONE_IN]
    prefix = b"/registry/pods/"
    written = [
        Stored(
            prefix + b"default/web-%d" % number,
            encode(pod(f"web-{number}", hot[number % len(hot)])),
            number + 2,
        )
        for number in range(changes)
    ]

    def indexed() -> float:
        cache = _cache()
        told = [
            cache.watch(Scope("", "", node), None, after=1, waiting_max=changes) for node in nodes
        ]
        return changes_a_second(cache, told, written)

    def asked() -> float:
        return loop_changes_a_second(nodes, written)

    return compare(
        f"changes to {watchers:,} watchers, 1 % match",
        indexed,
        asked,
        unit="changes/s",
        baseline_name="asking every watcher",
        better="higher",
        rounds=3,
    )


def _cache() -> WatchCache:
    cache = Caches(REGISTRY, lambda: 0.0, RingLimits()).of("", "pods")
    cache.replace([], 1)
    return cache


def changes_a_second(cache: WatchCache, told: list[Watcher], written: list[Stored]) -> float:
    """Apply changes; return how many in a second of CPU time."""
    began = time.thread_time()
    for item in written:
        cache.apply(item.key, item.revision, item)
    elapsed = time.thread_time() - began
    assert sum(len(watcher.take()) for watcher in told) == len(written), "each change has a reader"
    return len(written) / elapsed


def loop_changes_a_second(nodes: list[str], written: list[Stored]) -> float:
    """Apply changes to a cache that nobody watches, and ask every watcher whether it wants them."""
    cache = _cache()
    told = [Watcher(Scope("", "", node), None, after=1, waiting_max=len(written)) for node in nodes]
    began = time.thread_time()
    for item in written:
        cache.apply(item.key, item.revision, item)
        entry = cache.get("default", item.key.decode().rpartition("/")[2])
        change = Change(item.revision, entry, None, 0.0)
        for watcher in told:
            watcher.offer(change)
    elapsed = time.thread_time() - began
    assert sum(len(watcher.take()) for watcher in told) == len(written), "each change has a reader"
    return len(written) / elapsed


main = command("apiserver", rows, about="Measure the apiserver against etcd underneath.")

if __name__ == "__main__":
    main()
