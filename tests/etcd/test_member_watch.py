"""Watches of a cluster keep their guarantees, and cost writes little."""

from typing import Any

import pytest

from kactors.actors import Address, System
from kactors.actors.system_asker import SystemAsker
from kactors.checking import watch as checking
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import Compacted, EmptyWatchRange, NoLeader, WatchCanceled
from kactors.etcd.messages import Event, EventType, Put, Txn, Watch, WatchProgress, WatchResponse
from kactors.etcd.store import Store
from kactors.faults import At, Bounce, Cut, For, Isolate, LoseDisk, Loss, Pause
from kactors.runtime import Event as Flag
from kactors.runtime import current_time, fail_after, open_nursery, sleep
from tests.etcd.cluster import CLIENT, Cluster

EVERYTHING = b"\0"


def told(event: Event) -> checking.Event:
    """Return an event in the checker's words."""
    deleted = event.type is EventType.DELETE
    return checking.Event(
        revision=event.kv.mod_revision,
        key=event.kv.key,
        change=checking.Change.DELETE if deleted else checking.Change.PUT,
        value=None if deleted else event.kv.value,
        is_create=event.is_create,
        previous=None if event.prev_kv is None else event.prev_kv.value,
    )


def answer(response: WatchResponse) -> checking.Response:
    """Return a response in the checker's words."""
    return checking.Response(
        revision=response.header.revision,
        events=tuple(map(told, response.events)),
        progress=response.is_progress,
        more=response.fragment,
    )


def truth(store: Store) -> list[checking.Event]:
    """Return everything that happened, as a member's log has it."""
    return checking.true_events(
        (change.kv.mod_revision, change.kv.key, change.kv.value if change.kv.version else None)
        for change in store.mvcc.log
    )


async def write(client: EtcdClient, count: int) -> None:
    """Change some keys, whatever becomes of it."""
    for number in range(count):
        key = b"k%d" % (number % 7)
        try:
            if number % 5 == 4:
                await client.delete(key)
            elif number % 5 == 3:
                both = (Put(key, b"%d" % number), Put(b"x" + key, b"%d" % number))
                await client.txn(Txn(success=both))
            else:
                await client.put(key, b"%d" % number)
        except (OutcomeUnknown, ClusterUnavailable):
            pass
        await sleep(0.1)


WATCHES = (
    Watch(EVERYTHING, EVERYTHING, 2, prev_kv=True),
    Watch(EVERYTHING, EVERYTHING, 2, progress_notify=True, fragment=True),
    Watch(b"k3", start_revision=5, prev_kv=True),
    Watch(b"k", b"l", 2, no_delete=True),
    Watch(b"x", b"y", 2, no_put=True, progress_notify=True),
)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_watches_keep_their_guarantees(seed: int) -> None:
    """Through crashes, pauses, loss and partitions, watches are whole, ordered and never repeat."""
    received: list[list[WatchResponse]] = [[] for _ in WATCHES]
    resumed = 0

    async def story(system: System) -> None:
        nonlocal resumed
        asker = SystemAsker(system)
        watches = []

        async def follow(number: int) -> None:
            client = EtcdClient(asker, cluster.endpoints(*cluster.names[number % 3 :]))
            async with client.watch(WATCHES[number]) as watch:
                watches.append(watch)
                async for response in watch:
                    received[number].append(response)

        async with open_nursery() as nursery:
            for number in range(len(WATCHES)):
                nursery.start_soon(follow, number)
            await write(EtcdClient(asker, cluster.endpoints(), timeout=3.0), 150)
            await sleep(30)
            nursery.cancel_scope.cancel()
        resumed = sum(watch.resumed for watch in watches)

    with Cluster(3, seed=seed, progress_seconds=1.0, watch_events_max=1) as cluster:
        cluster.wait_for_leader()
        cluster.inject(
            Loss("*", "*", 0.05, start=At(1), end=For(12)),
            Bounce("m1", start=At(3), end=For(2)),
            Isolate("m2", start=At(7), end=For(6)),
            Pause("m3", start=At(14), end=For(2)),
        )
        cluster.world.call(CLIENT, story)
        events = truth(cluster.member("m1").store)
        recorded = [
            checking.Watch(
                client=f"w{number}",
                key=request.key,
                range_end=request.range_end,
                start_revision=request.start_revision,
                prev_kv=request.prev_kv,
                no_put=request.no_put,
                no_delete=request.no_delete,
                responses=tuple(map(answer, received[number])),
            )
            for number, request in enumerate(WATCHES)
        ]
    assert checking.check_watches(events, recorded) == []
    assert resumed > 0
    for watch in recorded:
        delivered = sum(len(response.events) for response in watch.responses)
        wanted = [event for event in events if watch.wants(event)]
        assert delivered == sum(event.revision >= watch.start_revision for event in wanted)


def run(story: Any, **knobs: Any) -> None:
    """Run a story with a client of one member."""
    with Cluster(1, seed=1, **knobs) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def test_a_compacted_start_ends_the_watch() -> None:
    """A watch from a revision that is gone says from which one it can begin."""

    async def story(client: EtcdClient) -> None:
        for number in range(10):
            await client.put(b"k", b"%d" % number)
        await client.compact(8)
        async with client.watch(Watch(b"k", start_revision=3)) as watch:
            with pytest.raises(Compacted) as found:
                await anext(watch)
        assert found.value.compact_revision == 8

    run(story)


def test_an_empty_range_cannot_be_watched() -> None:
    """A range that ends before it begins is refused."""

    async def story(client: EtcdClient) -> None:
        async with client.watch(Watch(b"z", b"a")) as watch:
            with pytest.raises((EmptyWatchRange, WatchCanceled)):
                await anext(watch)

    run(story)


def test_fragments_are_put_together() -> None:
    """A revision with many events comes in pieces, and the client hands it out whole."""

    async def story(client: EtcdClient) -> None:
        puts = tuple(Put(b"k%02d" % number, b"v") for number in range(50))
        async with client.watch(Watch(b"k", b"l", start_revision=2, fragment=True)) as watch:
            await client.txn(Txn(success=puts))
            response = await anext(watch)
        assert len(response.events) == 50
        assert not response.fragment

    run(story, watch_events_max=7)


def test_progress_can_be_asked_for() -> None:
    """Who asks gets told, in the stream, that everything up to a revision was delivered."""

    async def story(client: EtcdClient) -> None:
        async with client.watch(Watch(b"other")) as watch:
            pending: list[WatchResponse] = []

            async def read() -> None:
                pending.append(await anext(watch))

            async with open_nursery() as nursery:
                nursery.start_soon(read)
                await sleep(1)
                await client.put(b"k", b"v")
                await client.session.ask_one(client.session.endpoint(), WatchProgress())
        assert pending[0].is_progress
        assert pending[0].header.revision == 2

    run(story)


def test_a_watch_of_the_future_waits_idly() -> None:
    """A watch that begins later has no progress to tell, and does nothing until then."""

    async def story(client: EtcdClient) -> None:
        async with client.watch(Watch(b"k", start_revision=4, progress_notify=True)) as watch:
            responses: list[WatchResponse] = []

            async def read() -> None:
                responses.append(await anext(watch))

            async with open_nursery() as nursery:
                nursery.start_soon(read)
                await sleep(5)
                for number in range(3):
                    await client.put(b"k", b"%d" % number)
        assert responses[0].events[0].kv.value == b"2"

    run(story, progress_seconds=0.5)


def test_a_thousand_watchers_all_hear() -> None:
    """One write reaches every watcher, and the writer does not wait for them."""
    count = 1000
    heard = 0

    async def story(client: EtcdClient) -> None:
        done = Flag()

        async def listen() -> None:
            nonlocal heard
            async with client.watch(Watch(b"k", start_revision=2)) as watch:
                await anext(watch)
            heard += 1
            if heard == count:
                done.set()

        async with open_nursery() as nursery:
            for _ in range(count):
                nursery.start_soon(listen)
            await sleep(1)
            await client.put(b"k", b"v")
            await done.wait()

    run(story)
    assert heard == count


def test_watches_leave_room_for_writes() -> None:
    """A member that serves as many watches as it may refuses more, and goes on taking writes."""

    async def story(client: EtcdClient) -> None:
        async with open_nursery() as nursery:

            async def listen() -> None:
                async with client.watch(Watch(b"k", start_revision=2)) as watch:
                    await anext(watch)

            for _ in range(5):
                nursery.start_soon(listen)
            await sleep(1)
            assert len(cluster.member("m1").parts.watches) == 3
            await client.put(b"k", b"v")

    with Cluster(1, seed=1, watches_max=3) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def test_a_watch_moves_away_from_a_member_without_a_leader() -> None:
    """A member that is cut off from the others ends its watches, which go on elsewhere."""

    async def story(client: EtcdClient) -> None:
        async with client.watch(Watch(b"k", start_revision=2)) as watch:
            async with open_nursery() as nursery:
                responses: list[WatchResponse] = []

                async def read() -> None:
                    responses.append(await anext(watch))

                nursery.start_soon(read)
                await sleep(1)
                served_by = client.session.endpoint().host
                others = [name for name in cluster.names if name != served_by]
                for other in others:
                    cluster.inject(*cut(served_by, other))
                await sleep(5)
                writer = EtcdClient(client.session._asker, cluster.endpoints(*others))
                await writer.put(b"k", b"v")
            assert responses[0].events[0].kv.value == b"v"
            assert watch.resumed > 0

    with Cluster(3, seed=9) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def test_a_member_without_a_leader_ends_what_is_begun_then_too() -> None:
    """A watch that comes when its member has long known no leader is not kept in the dark."""

    async def story(client: EtcdClient) -> None:
        await client.put(b"k", b"v")
        alone = Address("m1", "etcd")
        for other in ("m2", "m3"):
            cluster.inject(*cut(alone.host, other))
        await sleep(10)
        began = current_time()
        async with client.session.open_stream(alone, Watch(b"k")) as stream:
            assert (await stream.receive()).created
            with pytest.raises(NoLeader):
                await stream.receive()
        assert current_time() - began < 1.0

    with Cluster(3, seed=9) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def test_a_member_that_may_not_vote_notices_that_its_leader_is_gone() -> None:
    """It lost its disk, so it never campaigns; what it serves ends all the same."""

    async def story(client: EtcdClient) -> None:
        await client.put(b"k", b"v")
        leader = cluster.leader()
        assert leader is not None
        wiped = next(name for name in cluster.names if name != leader)
        cluster.inject(LoseDisk(wiped, start=At(3), end=For(1)))
        await sleep(8)
        assert cluster.member(wiped).parts.driver.raft.recovering
        cluster.inject(*cut(wiped, leader))  # the third member still talks to it
        await sleep(10)
        async with client.session.open_stream(Address(wiped, "etcd"), Watch(b"k")) as stream:
            assert (await stream.receive()).created
            with pytest.raises(NoLeader), fail_after(10):
                await stream.receive()

    with Cluster(3, seed=9) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def cut(one: str, other: str) -> tuple[Any, ...]:
    """Cut a link both ways for long."""
    return (Cut(one, other, start=At(0), end=For(100)), Cut(other, one, start=At(0), end=For(100)))
