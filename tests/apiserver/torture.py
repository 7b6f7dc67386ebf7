"""Writers through three replicas while those restart and etcd changes its leaders.

Every write is a read, a sum and a write: the object counts its writes in all, and those of each
writer, and says who was the last. So every version tells whether it followed on the one before, and
the sums in the end tell whether a write was lost, or happened twice.
"""

import itertools
import math
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from kactors.actors.errors import RequestError
from kactors.api.errors import ApiError, Conflict, Expired, Invalid, ServiceUnavailable
from kactors.api.objects import Object
from kactors.apiserver.cache.watch_cache import RingLimits
from kactors.runtime import Random, current_host, move_on_after, open_nursery, sleep
from tests.apiserver.cluster import Api, Cluster, config_map, items

OBJECTS = ("a", "b")
#: Replicas forget soon, and etcd is compacted often: who is away for long is told 410.
KNOBS: dict[str, Any] = {
    "ring": RingLimits(fresh_seconds=15.0, least=20),
    "compaction_seconds": 20.0,
}
_PATIENCE_SECONDS = 8
_AWAKE_SECONDS = 4.0
_NAP_SECONDS = 20.0
_QUIET_SECONDS = 60  # streams that were cut are noticed after half a minute


@attrs.frozen
class Load:
    """How much is written, and how fast.

    Attributes:
        writers: who write at one time.
        writes: of each.
        pause: between two writes of one, in seconds, at most.
    """

    writers: int = 10
    writes: int = 100
    pause: float = 0.3


@attrs.define
class Tally:
    """What writers know of their writes, each named by object, writer and number.

    Attributes:
        done: acknowledged.
        unknown: nobody knows.
        conflicts: how often somebody else was faster.
        crashes: how many there were.
    """

    done: list[tuple[str, str, str]] = attrs.field(factory=list)
    unknown: list[tuple[str, str, str]] = attrs.field(factory=list)
    conflicts: int = 0
    crashes: int = 0


async def write(api: Api, writer: int, load: Load, tally: Tally) -> None:
    """Count on, object by object, through one replica after the other."""
    chance = current_host().random("writer", writer)
    for number in range(load.writes):
        name, me = chance.choice(OBJECTS), f"w{writer}"
        tag = (name, me, f"{me}-{number}")
        replica = api.at(api.replicas[(writer + number) % len(api.replicas)])
        try:
            with move_on_after(_PATIENCE_SECONDS) as patience:
                await _until_done(replica, tag, chance, tally)
            (tally.unknown if patience.cancelled_caught else tally.done).append(tag)
        except (ApiError, RequestError):
            tally.unknown.append(tag)
        await sleep(load.pause * chance.random())


async def _until_done(api: Api, tag: tuple[str, str, str], chance: Random, tally: Tally) -> None:
    while True:
        try:
            found = await api.get("configmaps", "default", tag[0])
        except (ApiError, RequestError):
            await sleep(0.1)  # nothing was written: ask again
            continue
        try:
            return await _count_on(api, found, tag, by_patch=chance.chance(0.3))
        except (Conflict, Invalid):
            tally.conflicts += 1
        except ServiceUnavailable:
            pass  # certainly not done
        await sleep(0.05 * chance.random())


async def _count_on(api: Api, found: Object, tag: tuple[str, str, str], *, by_patch: bool) -> None:
    """Write the next version of an object; refused if it has changed since it was read."""
    name, me, by = tag
    data = found["data"]
    total, mine = int(data["total"]), int(data.get(me, 0))
    new = {"total": str(total + 1), me: str(mine + 1), "by": by}
    if by_patch:
        test = {"op": "test", "path": "/data/by", "value": data["by"]}
        adds = [{"op": "add", "path": f"/data/{key}", "value": new[key]} for key in new]
        await api.patch("configmaps", "default", name, [test, *adds])
    else:
        await api.update({**found, "data": {**data, **new}})


@attrs.frozen
class Version:
    """What a watcher saw of one version of an object.

    Attributes:
        revision: at which it was written.
        data: what it says.
        listed: it came by a list, before which versions may be missing.
    """

    revision: int
    data: dict[str, str]
    listed: bool


class Watching:
    """A watcher that goes on with another replica when one is lost.

    A replica that has restarted does not remember what was before. If none does any more, the
    watcher has to list, as informers do, and may skip versions there, and only there.

    Args:
        api: of the replicas.
        start: the revision after which it begins.
        naps: whether it is away, now and then.

    Attributes:
        versions: of every object, what it has seen.
        expired: how often a replica did not remember.
    """

    def __init__(self, api: Api, start: int, *, naps: bool) -> None:
        self._api = api
        self._after = start
        self._naps = naps
        self._turn = start
        self._refusals = 0
        self.expired = 0
        self.versions: dict[str, list[Version]] = {name: [] for name in OBJECTS}

    async def run(self) -> None:
        """Watch until cancelled."""
        while True:
            self._turn += 1
            api = self._api.at(self._api.replicas[self._turn % len(self._api.replicas)])
            try:
                with move_on_after(_AWAKE_SECONDS if self._naps else math.inf) as awake:
                    await self._watch(api)
                await sleep(_NAP_SECONDS if awake.cancelled_caught else 0.2)
            except Expired:
                self.expired += 1
                self._refusals += 1
                if self._refusals >= len(self._api.replicas):
                    await self._list(api)
            except (ApiError, RequestError):
                await sleep(0.2)

    async def _watch(self, api: Api) -> None:
        async with api.watch("configmaps", "default", resourceVersion=self._after) as events:
            async for kind, obj in events:
                assert kind == "MODIFIED", f"nobody creates or deletes, but {kind} was seen"
                self._refusals = 0
                self._saw(obj, listed=False)

    async def _list(self, api: Api) -> None:
        try:
            answer = await api.ask("list", "configmaps", "default")
        except (ApiError, RequestError):
            return
        for obj in items(answer):
            if int(obj["metadata"]["resourceVersion"]) > self._after:
                self._saw(obj, listed=True)
        self._after = max(self._after, answer.revision)
        self._refusals = 0

    def _saw(self, obj: Object, *, listed: bool) -> None:
        revision = int(obj["metadata"]["resourceVersion"])
        self.versions[obj["metadata"]["name"]].append(Version(revision, obj["data"], listed))
        if not listed:
            self._after = revision


async def shake(cluster: Cluster, tally: Tally) -> None:
    """Restart replicas and the leader of etcd, now and then, one at a time."""
    chance = current_host().random("shake")
    for number in itertools.count():
        await sleep(1 + 2 * chance.random())
        leader = cluster.leader() or cluster.members[0]
        victim = chance.choice(cluster.replicas) if number % 2 else leader
        cluster.world.crash(victim, power=False)
        tally.crashes += 1
        await sleep(0.5 + chance.random())
        cluster.world.hosts[victim].machine.restart()
        await sleep(2)


async def torture(api: Api, cluster: Cluster, load: Load) -> tuple[Tally, list[Watching]]:
    """Let everybody work; return what they know when it is quiet again."""
    tally = Tally()
    made = [await api.create(config_map(name, total="0", by="nobody")) for name in OBJECTS]
    start = int(made[-1]["metadata"]["resourceVersion"])
    watchers = [Watching(api, start, naps=naps) for naps in (False, False, False, True)]
    async with open_nursery() as everything:
        for watcher in watchers:
            everything.start_soon(watcher.run)
        async with open_nursery() as storm:
            storm.start_soon(shake, cluster, tally)
            async with open_nursery() as writers:
                for writer in range(load.writers):
                    writers.start_soon(write, api, writer, load, tally)
            storm.cancel_scope.cancel()
        for host in (*cluster.members, *cluster.replicas):
            if not cluster.world.hosts[host].machine.up:
                cluster.world.hosts[host].machine.restart()
        await sleep(_QUIET_SECONDS)
        everything.cancel_scope.cancel()
    return tally, watchers


def check(final: dict[str, Object], tally: Tally, watchers: Sequence[Watching]) -> None:
    """See to it that no write was lost or done twice, and that watchers saw what happened.

    Raises:
        AssertionError: what is wrong.
    """
    done = Counter((name, writer) for name, writer, _ in tally.done)
    unknown = Counter((name, writer) for name, writer, _ in tally.unknown)
    for name, obj in final.items():
        data = obj["data"]
        counts = {key: int(value) for key, value in data.items() if key not in {"total", "by"}}
        for writer in {**counts, **{who: 0 for where, who in [*done, *unknown] if where == name}}:
            least, most = done[name, writer], done[name, writer] + unknown[name, writer]
            found = counts.get(writer, 0)
            assert least <= found <= most, f"{writer} wrote {name} {least} to {most} times: {found}"
        assert sum(counts.values()) == int(data["total"]), f"the sums of {name} differ: {data}"
        for watcher in watchers:
            _check_versions(name, obj, watcher.versions[name])
    complete = [watcher for watcher in watchers if not any(_lists(watcher))]
    assert complete, "no watcher has gone without a list: this shows little"
    acknowledged = Counter(tag for _, _, tag in tally.done)
    possible = acknowledged + Counter(tag for _, _, tag in tally.unknown)
    for watcher in complete:
        seen = Counter(each.data["by"] for name in OBJECTS for each in watcher.versions[name])
        assert acknowledged <= seen <= possible, "a write was seen twice, or never"


def _lists(watcher: Watching) -> Iterator[bool]:
    return (each.listed for versions in watcher.versions.values() for each in versions)


def _check_versions(name: str, last: Object, versions: Sequence[Version]) -> None:
    """Each version was seen once, in order, the last one too; none was skipped but by a list."""
    revisions = [each.revision for each in versions]
    assert revisions == sorted(set(revisions)), f"versions of {name} came twice, or out of order"
    assert revisions[-1] == int(last["metadata"]["resourceVersion"]), f"{name}: the last is missing"
    for before, after in itertools.pairwise(versions):
        step = int(after.data["total"]) - int(before.data["total"])
        assert step == 1 or (after.listed and step > 1), (
            f"{name} went from {before.data} to {after.data} at revision {after.revision}"
        )
