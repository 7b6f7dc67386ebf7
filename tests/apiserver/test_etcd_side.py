"""Tests of what an apiserver does in etcd: swaps, leases, compaction, and how it follows."""

from typing import Any

import pytest

from kactors.actors import System
from kactors.api.errors import ServiceUnavailable
from kactors.apiserver.compactor import KEY, Compactor
from kactors.apiserver.errors import RevisionGone
from kactors.apiserver.event_leases import EventLeases
from kactors.apiserver.registry.guaranteed_update import Outcome, guaranteed_update
from kactors.apiserver.storage import Storage, Stored, Swapped
from kactors.etcd.errors import Compacted
from kactors.etcd.messages import Range
from kactors.faults import At, Cut, Fault, FaultPlan, Until
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget
from kactors.runtime import current_time, sleep
from tests.apiserver.cluster import CLIENT, Api, Cluster, config_map, refusal

KEY_A = b"/registry/configmaps/default/a"


def on_etcd(story: Any) -> None:
    """Run ``story(storage)`` over one member of etcd."""
    with Cluster(members=1, replicas=0) as cluster:

        async def on_host(system: System) -> None:
            await story(Storage(cluster.etcd(system)))

        cluster.world.call(CLIENT, on_host)


def test_a_swap_happens_only_to_the_version_that_was_seen() -> None:
    """Otherwise the answer is what is there instead."""

    async def story(storage: Storage) -> None:
        first = (await storage.swap(KEY_A, 0, b"1")).revision
        assert not (await storage.swap(KEY_A, 0, b"2")).revision

        second = await storage.swap(KEY_A, first, b"2")
        lost = await storage.swap(KEY_A, first, b"3")
        gone = await storage.swap(KEY_A, second.revision, None)
        nothing = await storage.swap(KEY_A, second.revision, b"4")

        assert second.revision == first + 1
        assert lost == Swapped(0, Stored(KEY_A, b"2", second.revision))
        assert gone.revision == second.revision + 1
        assert nothing == Swapped(0)

    on_etcd(story)


def test_pages_are_read_at_one_revision() -> None:
    """Until it is compacted."""

    async def story(storage: Storage) -> None:
        for name in b"abc":
            await storage.swap(b"/registry/x/%c" % name, 0, b"1")
        first = await storage.page(b"/registry/x/", limit=2)
        await storage.swap(b"/registry/x/d", 0, b"1")
        second = await storage.page(
            b"/registry/x/", start=b"/registry/x/b\0", revision=first.revision
        )
        await storage.etcd.compact(first.revision + 1)

        assert (first.more, first.total, len(first.items)) == (True, 3, 2)
        assert [item.key for item in second.items] == [b"/registry/x/c"]
        with pytest.raises(RevisionGone):
            await storage.page(b"/registry/x/", revision=first.revision)

    on_etcd(story)


def test_an_attempt_on_a_stale_state_is_made_again() -> None:
    """What the cache suggests is tried first; what counts is what etcd has."""

    async def story(storage: Storage) -> None:
        first = (await storage.swap(KEY_A, 0, b"1")).revision
        stale = Stored(KEY_A, b"1", first)
        await storage.swap(KEY_A, first, b"2")
        seen: list[bytes] = []

        async def attempt(current: Stored | None) -> Outcome:
            assert current is not None
            seen.append(current.body)
            return Outcome(current.body + b"!")

        written = await guaranteed_update(storage, KEY_A, attempt, suggestion=stale)

        assert seen == [b"1", b"2"]
        assert written.body == b"2!"

    on_etcd(story)


def test_a_refusal_of_a_stale_state_does_not_count() -> None:
    """Nor does finding that there is nothing to change."""

    async def story(storage: Storage) -> None:
        from kactors.api.errors import Conflict

        first = (await storage.swap(KEY_A, 0, b"1")).revision
        stale = Stored(KEY_A, b"1", first)
        second = await storage.swap(KEY_A, first, b"2")

        async def refuse_old(current: Stored | None) -> Outcome:
            if current == stale:
                raise Conflict("configmaps", "a")
            return Outcome(b"3")

        async def leave_old(current: Stored | None) -> Outcome:
            return Outcome() if current == stale else Outcome(b"4")

        async def leave(current: Stored | None) -> Outcome:
            return Outcome()

        untouched = await guaranteed_update(storage, KEY_A, leave, suggestion=stale)
        one = await guaranteed_update(storage, KEY_A, refuse_old, suggestion=stale)
        two = await guaranteed_update(storage, KEY_A, leave_old, suggestion=stale)

        assert untouched.revision == second.revision
        assert (one.body, two.body) == (b"3", b"4")

    on_etcd(story)


def test_events_share_leases() -> None:
    """What begins within a minute ends with one lease; later ones get another."""

    async def story(storage: Storage) -> None:
        leases = EventLeases(storage.etcd)

        early = [await leases.lease_for(3600) for _ in range(3)]
        await sleep(70)
        late = await leases.lease_for(3600)

        assert len(set(early)) == 1
        assert late != early[0]

    on_etcd(story)


def test_events_are_forgotten_after_a_while() -> None:
    """An Event lives for a time after its last write; everything else stays."""
    with Cluster(event_seconds=100) as cluster:

        async def story(api: Api) -> None:
            await api.create(config_map("a"))
            await api.create(
                {
                    "apiVersion": "v1",
                    "kind": "Event",
                    "metadata": {"name": "e", "namespace": "default"},
                    "involvedObject": {"kind": "Pod", "name": "p", "namespace": "default"},
                }
            )
            await sleep(60)
            await api.patch("events", "default", "e", {"count": 2})
            await sleep(80)
            assert len(await api.list("events", "default")) == 1
            await sleep(60)
            assert await api.list("events", "default") == []
            assert len(await api.list("configmaps", "default")) == 1

        cluster.run(story)


def test_etcd_is_compacted_once_a_round() -> None:
    """Everything of the last round stays readable, whoever of several replicas compacts."""

    async def story(storage: Storage) -> None:
        told: list[str] = []
        one, two = (Compactor(storage.etcd, 300, told.append) for _ in range(2))
        for round_ in range(3):
            await storage.swap(b"/registry/x/%d" % round_, 0, b"1")
            await one.turn()
            await two.turn()
        now = await storage.current_revision()

        with pytest.raises(Compacted):
            await storage.etcd.range(Range(b"x", revision=2))
        await storage.etcd.range(Range(b"x", revision=now))
        found = await storage.etcd.get(KEY)
        assert found is not None
        assert found.version >= 3
        assert told == []

    on_etcd(story)


class Gap:
    """A watch that cannot go on: what comes next was compacted."""

    async def __aenter__(self) -> "Gap":
        return self

    async def __aexit__(self, *_: object) -> None:
        """Leave nothing behind."""

    def __aiter__(self) -> "Gap":
        return self

    async def __anext__(self) -> object:
        """Raise Compacted."""
        raise Compacted(7)


def test_a_replica_that_has_missed_too_much_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a gap it lists again, ends its watches, and shows what is there."""
    with Cluster(replicas=2) as cluster:

        async def story(api: Api) -> None:
            behind, server = api.at("a2"), cluster.servers["a2"]
            await api.at("a1").create(config_map("a"))
            async with behind.watch("configmaps", "default") as events:
                assert (await anext(events))[0] == "ADDED"
                with monkeypatch.context() as patch:
                    patch.setattr(server.backend.storage.etcd, "watch", lambda _request: Gap())
                    assert server.feed._watching is not None
                    server.feed._watching.cancel("a test")
                    await sleep(0.05)
                await api.at("a1").create(config_map("b"))
                ended = [event async for event in events]
            found = await behind.list("configmaps", "default")

            assert ended == []
            assert [each["metadata"]["name"] for each in found] == ["a", "b"]
            assert server.feed.lists == 2
            (line,) = [line for host, line in cluster.log if host == "a2"]
            assert line.startswith("the watch cache begins anew: etcdserver: mvcc: required")

        cluster.run(story)


def cut_off(cluster: Cluster, host: str, *others: str, until_s: float) -> None:
    """Let nothing pass between a host and others for a while, from now on."""
    faults: tuple[Fault, ...] = tuple(
        Cut(host, other, start=At(0), end=Until(until_s), one_way=False) for other in others
    )
    Injector(SimTarget(cluster.world), FaultPlan(faults)).start()


def test_a_replica_leaves_a_member_that_says_nothing() -> None:
    """It goes on at another within a quarter of a minute, and has missed nothing."""
    with Cluster(members=3, replicas=2) as cluster:

        async def story(api: Api) -> None:
            await api.create(config_map("a"))
            feed = cluster.servers["a1"].feed
            assert feed._watch is not None
            assert feed._watch._stream is not None
            member = feed._watch._stream.target.host
            async with api.watch("configmaps", "default") as events:
                await anext(events)
                cut_off(cluster, "a1", member, until_s=100)
                await sleep(1)
                began = current_time()
                await api.at("a2").create(config_map("b"))
                _, told = await anext(events)

                assert told["metadata"]["name"] == "b"
                assert 5 < current_time() - began < 15
                assert feed.lists == 1

        cluster.run(story)


def test_a_replica_that_has_lost_etcd_keeps_nobody_in_the_dark() -> None:
    """Its watches end and it refuses to answer from what it knows, until etcd is there again."""
    with Cluster(members=3, replicas=2) as cluster:

        async def story(api: Api) -> None:
            server, began = cluster.servers["a1"], current_time()
            await api.create(config_map("a"))
            async with api.watch("configmaps", "default") as events:
                assert (await anext(events))[0] == "ADDED"
                cut_off(cluster, "a1", *cluster.members, until_s=100)
                assert [event async for event in events] == []
            assert current_time() - began < 35
            problem = await refusal(api.list("configmaps", "default", resourceVersion=0))
            assert isinstance(problem, ServiceUnavailable)
            await api.at("a2").create(config_map("b"))
            await sleep(115 - (current_time() - began))

            found = await api.list("configmaps", "default", resourceVersion=0)
            assert [each["metadata"]["name"] for each in found] == ["a", "b"]
            assert server.feed.lists == 1
            said = [line for host, line in cluster.log if host == "a1" and " watch" in line]
            assert said == [
                "no member of etcd has served a watch for 20 s",
                "the watch cache goes on where it was",
            ]

        cluster.run(story)
