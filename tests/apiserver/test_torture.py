"""Writers through three replicas while those restart and etcd changes its leaders.

What must hold: no acknowledged write is lost, and none that was certainly not done is there; every
watcher sees every version of every object, in order, each once.
"""

import itertools

import attrs
import pytest

from kactors.actors.errors import RequestError
from kactors.api.errors import ApiError, Conflict, Expired, NotFound, ServiceUnavailable
from kactors.api.objects import Object
from kactors.runtime import current_host, move_on_after, open_nursery, sleep
from tests.apiserver.cluster import Api, Cluster, config_map, items

WRITERS = 6
WRITES = 60
OBJECTS = ("a", "b")


@attrs.define
class Tally:
    """What writers know of their writes.

    Attributes:
        done: acknowledged, as (object, key).
        unknown: nobody knows.
        crashes: how many there were.
    """

    done: list[tuple[str, str]] = attrs.field(factory=list)
    unknown: list[tuple[str, str]] = attrs.field(factory=list)
    crashes: int = 0


async def write(api: Api, writer: int, tally: Tally) -> None:
    """Add keys to the objects: half of the time by patch, half by read and update."""
    for number in range(WRITES):
        name, key = OBJECTS[number % len(OBJECTS)], f"w{writer}-{number}"
        add = patched if number % 3 else replaced
        while True:
            replica = api.at(api.replicas[(writer + number) % 3])
            try:
                with move_on_after(8) as patience:
                    await add(replica, name, key)
                if patience.cancelled_caught:
                    tally.unknown.append((name, key))
                else:
                    tally.done.append((name, key))
                break
            except (Conflict, ServiceUnavailable):
                await sleep(0.05)  # certainly not done: once more
            except (ApiError, RequestError):
                tally.unknown.append((name, key))
                break
        await sleep(0.1)


async def patched(api: Api, name: str, key: str) -> None:
    """Add a key to whatever is there."""
    await api.patch("configmaps", "default", name, {"data": {key: "1"}})


async def replaced(api: Api, name: str, key: str) -> None:
    """Add a key to what was read; refused if it has changed meanwhile."""
    found = await api.get("configmaps", "default", name)
    await api.update({**found, "data": {**found["data"], key: "1"}})


class Watching:
    """A watcher that goes on with another replica when one is lost.

    A replica that has restarted does not remember what was before: if none does any more, the
    watcher has to list, as informers do, and may skip versions there, and only there.

    Attributes:
        versions: of every object, what it has seen: (revision, keys).
        listed: revisions of objects that came by such a list.
    """

    def __init__(self, api: Api, start: int) -> None:
        self._api = api
        self._after = start
        self._replica = start
        self.versions: dict[str, list[tuple[int, frozenset[str]]]] = {name: [] for name in OBJECTS}
        self.listed: dict[int, None] = {}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._replica += 1
            api = self._api.at(self._api.replicas[self._replica % 3])
            try:
                async with api.watch(
                    "configmaps", "default", resourceVersion=self._after
                ) as events:
                    async for _, obj in events:
                        self._after = self._saw(obj)
            except Expired:
                await self._list(api)
            except (ApiError, RequestError):
                await sleep(0.2)

    async def _list(self, api: Api) -> None:
        try:
            answer = await api.ask("list", "configmaps", "default")
        except (ApiError, RequestError):
            return
        for obj in items(answer):
            if int(obj["metadata"]["resourceVersion"]) > self._after:
                self.listed[self._saw(obj)] = None
        self._after = answer.revision

    def _saw(self, obj: Object) -> int:
        meta = obj["metadata"]
        revision = int(meta["resourceVersion"])
        self.versions[meta["name"]].append((revision, frozenset(obj["data"])))
        return revision


async def shake(cluster: Cluster, seed: int, tally: Tally) -> None:
    """Restart replicas and members of etcd, now and then, one at a time."""
    chance = current_host().random("shake", seed)
    while True:
        await sleep(1 + 2 * chance.random())
        victim = chance.choice([*cluster.replicas, cluster.leader() or cluster.members[0]])
        cluster.world.crash(victim, power=False)
        tally.crashes += 1
        await sleep(0.5 + chance.random())
        cluster.world.hosts[victim].machine.restart()
        await sleep(2)


async def torture(api: Api, cluster: Cluster, seed: int) -> tuple[Tally, list[Watching]]:
    """Let everybody work; return what they know when it is quiet again."""
    tally = Tally()
    made = [await api.create(config_map(name, first="1")) for name in OBJECTS]
    start = int(made[-1]["metadata"]["resourceVersion"])
    watchers = [Watching(api, start) for _ in range(3)]
    async with open_nursery() as everything:
        for watcher in watchers:
            everything.start_soon(watcher.run)
        async with open_nursery() as storm:
            storm.start_soon(shake, cluster, seed, tally)
            async with open_nursery() as writers:
                for writer in range(WRITERS):
                    writers.start_soon(write, api, writer, tally)
            storm.cancel_scope.cancel()
        for host in (*cluster.members, *cluster.replicas):
            if not cluster.world.hosts[host].machine.up:
                cluster.world.hosts[host].machine.restart()
        await sleep(60)  # streams that were cut are noticed after half a minute
        everything.cancel_scope.cancel()
    return tally, watchers


@pytest.mark.parametrize("seed", range(3))
def test_no_update_is_lost_and_every_version_is_seen(seed: int) -> None:
    """Under crashes of replicas and members, whoever leads."""
    with Cluster(members=3, replicas=3, seed=seed) as cluster:

        async def story(api: Api) -> None:
            tally, watchers = await torture(api, cluster, seed)

            final = {name: await api.get("configmaps", "default", name) for name in OBJECTS}
            assert tally.crashes >= 3
            assert len(tally.done) > WRITERS * WRITES // 2
            for name in OBJECTS:
                there = set(final[name]["data"]) - {"first"}
                done = {key for where, key in tally.done if where == name}
                maybe = {key for where, key in tally.unknown if where == name}
                assert done <= there <= done | maybe
                check_versions(name, int(final[name]["metadata"]["resourceVersion"]), watchers)

        cluster.run(story)


def check_versions(name: str, last: int, watchers: list[Watching]) -> None:
    """Each watcher has seen each version once, in order, the last one too; all the same."""
    for watcher in watchers:
        versions = watcher.versions[name]
        revisions = [revision for revision, _ in versions]
        assert revisions == sorted(set(revisions))
        assert revisions[-1] == last
        for (_, before), (revision, after) in itertools.pairwise(versions):
            assert before <= after
            # One key a write: between two versions none was skipped, but by a list.
            assert len(after - before) == 1 or revision in watcher.listed
    seen = [watcher.versions[name] for watcher in watchers if not watcher.listed]
    assert all(versions == seen[0] for versions in seen)


def test_a_deleted_object_does_not_come_back() -> None:
    """Whichever replica is asked after a deletion, and whoever has restarted meanwhile."""
    with Cluster(members=3, replicas=3) as cluster:

        async def story(api: Api) -> None:
            for number in range(6):
                name = f"x{number}"
                writer = api.replicas[number % 3]
                await api.at(writer).create(config_map(name))
                await api.at(writer).delete("configmaps", "default", name)
                for replica in api.replicas:
                    with pytest.raises(NotFound):
                        await api.at(replica).get("configmaps", "default", name)
                    listed = await api.at(replica).list("configmaps", "default")
                    assert listed == []

        cluster.run(story)
