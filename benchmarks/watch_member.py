"""Watches on one member, streams and all: what it takes until everybody has heard of a write.

In the simulated world, so that CPU time is measured and nothing else: a member, a client's host and
1, 100 or 10,000 watches of one key between them. What matching and batching take without a member
is in `benchmarks.watch`; here the baseline is the same store without streams, so what the ratio
lacks to 1 is the price of their delivery: encoding, sending, credit, decoding, for each event.

Run with ``python -m benchmarks.watch_member [--quick] [--json]``.
"""

import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Awaitable, Callable, Iterator
from typing import Final

from benchmarks.report import Row, command
from kactors.actors import Address, System, World
from kactors.actors.system_asker import SystemAsker
from kactors.etcd.client import EtcdClient
from kactors.etcd.config import MemberConfig
from kactors.etcd.member import MEMBER_POLICY, EtcdMember
from kactors.etcd.messages import Put, Watch
from kactors.etcd.store import Store
from kactors.runtime import open_nursery, sleep

KEY: Final = b"key"


def rows(quick: bool) -> Iterator[Row]:
    """Measure every number of watchers."""
    for count, puts in ((1, 50), (50, 5)) if quick else ((1, 2000), (100, 100), (10_000, 2)):
        delivered, bare = fan_out(count, puts), matching(count, puts)
        yield Row(
            f"events delivered, {count} watchers",
            delivered,
            "events/s",
            bare,
            "the store alone",
            delivered / bare,
        )


def on_member(story: Callable[[EtcdClient], Awaitable[float]]) -> float:
    """Run ``story(client)`` beside a member that leads."""
    with World(1) as world:
        config = MemberConfig(name="m1", initial=(("m1", "actor://m1/etcd"),))
        world.add_host("m1").deploy(lambda: EtcdMember(config), "etcd", policy=MEMBER_POLICY)
        world.add_host("client")

        async def play(system: System) -> float:
            client = EtcdClient(SystemAsker(system), [Address("m1", "etcd")])
            await client.put(b"warm", b"up")
            return await story(client)

        found: float = world.call("client", play)
        return found


async def listen(client: EtcdClient, puts: int) -> None:
    """Watch the key until ``puts`` events have come."""
    heard = 0
    async with client.watch(Watch(KEY, start_revision=3)) as watch:
        async for response in watch:
            heard += len(response.events)
            if heard == puts:
                return


def fan_out(count: int, puts: int) -> float:
    """Return how many events a second of CPU time reach ``count`` watchers of one key."""

    async def story(client: EtcdClient) -> float:
        async with open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(listen, client, puts)
            await sleep(2)
            began = time.thread_time()
            for number in range(puts):
                await client.put(KEY, b"%d" % number)
        return count * puts / (time.thread_time() - began)

    return on_member(story)


def matching(count: int, puts: int) -> float:
    """Return how many events a second are made for ``count`` watchers of a store alone."""
    store = Store()
    watchers = [store.watchers.create(Watch(KEY, start_revision=2)) for _ in range(count)]
    began = time.thread_time()
    events = 0
    for number in range(puts):
        store.apply(number + 1, 1, Put(KEY, b"%d" % number))
        for watcher in watchers:
            response = watcher.poll()
            events += len(response.events) if response is not None else 0
    assert events == count * puts, "every watcher hears of every put"
    return events / (time.thread_time() - began)


main = command("watch_member", rows, about="Measure the watches of one member.")

if __name__ == "__main__":
    main()
