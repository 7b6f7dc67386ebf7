"""Clusters under fault plans: what was acknowledged is there, and histories are linearizable."""

from collections.abc import Sequence
from typing import Any

import pytest

from kactors.actors import System
from kactors.checking import Operation, Verdict, check
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import EtcdError
from kactors.etcd.recording import History
from kactors.faults import (
    At,
    Bounce,
    ClockDrift,
    Cut,
    DiskSyncError,
    Duplicate,
    For,
    Isolate,
    Loss,
    Pause,
    Reorder,
    SlowDisk,
    StalledDisk,
)
from kactors.runtime import open_nursery, sleep
from kactors.storage.latency import DiskLatency, NoLatency, SsdLatency
from kactors.storage.record import Record
from kactors.storage.wal import Wal
from tests.etcd.cluster import CLIENT, Cluster

SMALL: dict[str, Any] = {
    "snapshot_entries": 50,
    "catch_up_entries": 10,
    "snapshot_chunk_bytes": 1000,
}

STORMS: dict[str, tuple[Any, ...]] = {
    "leaders crash": (
        Bounce("@leader", start=At(4), end=For(3)),
        Bounce("@leader", start=At(9), end=For(0.3)),
        Bounce("m1", start=At(12), end=For(2)),
    ),
    "leaders are cut off": (
        Isolate("@leader", start=At(4), end=For(4)),
        Cut("m1", "m2", start=At(9), end=For(4)),
        Loss("*", "*", 0.1, start=At(3), end=For(12)),
    ),
    "leaders stand still": (
        Pause("@leader", start=At(4), end=For(4)),
        Pause("@leader", start=At(10), end=For(2)),
        ClockDrift("m2", 50_000, start=At(2), end=For(14)),
    ),
    "messages go astray": (
        Duplicate("*", "*", 0.3, start=At(2), end=For(12)),
        Reorder("*", "*", 0.3, start=At(2), end=For(12)),
        Loss("*", "*", 0.2, start=At(2), end=For(12)),
    ),
    "disks are slow": (
        SlowDisk("@leader", 200, start=At(3), end=For(6)),
        StalledDisk("m1", start=At(6), end=For(4)),
        Bounce("m2", start=At(8), end=For(2)),
    ),
}


async def put_and_get(client: EtcdClient, number: int, steps: int) -> None:
    """Put, read and delete a few keys, whatever becomes of it."""
    for step in range(steps):
        key = b"k%d" % ((number + step) % 4)
        try:
            if step % 3 == 0:
                await client.get(key, serializable=False)
            elif step % 7 == 0:
                await client.delete(key)
            else:
                await client.put(key, b"%d-%d" % (number, step))
        except (EtcdError, OutcomeUnknown, ClusterUnavailable):
            pass  # the history has it
        await sleep(0.2)


def shake(
    count: int, seed: int, *faults: Any, disk_latency: DiskLatency | None = None
) -> tuple[list[Operation], str]:
    """Run five clients through a plan; return their history and the run's digest."""
    history = History()
    with Cluster(count, seed=seed, disk_latency=disk_latency, **SMALL) as cluster:
        injector = cluster.inject(*faults)

        async def load(system: System) -> None:
            async with open_nursery() as nursery:
                for number, client in enumerate(cluster.clients(system, 5, history)):
                    nursery.start_soon(put_and_get, client, number, 60)

        cluster.world.call(CLIENT, load)
        injector.heal()
        cluster.await_agreement()
        assert cluster.world.given_up == []
        return history.operations, cluster.world.digest


@pytest.mark.parametrize("count", [3, 5])
@pytest.mark.parametrize("storm", STORMS)
def test_histories_are_linearizable(storm: str, count: int) -> None:
    """Whatever happens to members, links and disks, clients see one store."""
    operations, _ = shake(count, 1, *STORMS[storm])
    assert check(operations).verdict is Verdict.LINEARIZABLE
    assert sum(operation.return_ns is not None for operation in operations) > 150


@pytest.mark.parametrize("storm", ["leaders crash", "messages go astray", "disks are slow"])
def test_members_whose_disks_take_no_time_are_one_store(
    storm: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What comes alone is written where it comes in, without a task; a crash loses nothing."""
    written = 0
    write_through = Wal.write_through

    def counted(wal: Wal, records: Sequence[Record]) -> int:
        nonlocal written
        written += 1
        return write_through(wal, records)

    monkeypatch.setattr(Wal, "write_through", counted)
    operations, _ = shake(3, 4, *STORMS[storm], disk_latency=NoLatency())
    assert check(operations).verdict is Verdict.LINEARIZABLE
    assert sum(operation.return_ns is not None for operation in operations) > 150
    assert written > 100


def test_runs_repeat() -> None:
    """The same seed gives the same run, to the last message."""
    storm = STORMS["leaders are cut off"]
    assert shake(3, 7, *storm)[1] == shake(3, 7, *storm)[1]
    assert shake(3, 7, *storm)[1] != shake(3, 8, *storm)[1]


@pytest.mark.parametrize("disk_latency", [SsdLatency(), NoLatency()])
def test_acknowledged_puts_survive_everybody_losing_power(disk_latency: DiskLatency) -> None:
    """All members lose power in the midst of a load; what was acknowledged is there."""
    acknowledged: dict[bytes, bytes] = {}

    async def load(client: EtcdClient) -> None:
        for number in range(200):
            key, value = b"key-%d" % number, b"value-%d" % number
            try:
                await client.put(key, value)
            except (OutcomeUnknown, ClusterUnavailable):
                continue
            acknowledged[key] = value

    async def look(client: EtcdClient) -> None:
        for key, value in acknowledged.items():
            found = await client.get(key)
            assert found is not None
            assert found.value == value

    with Cluster(3, seed=2, disk_latency=disk_latency, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.inject(*(Bounce(name, start=At(0.15), end=For(1)) for name in cluster.names))
        cluster.run(load, timeout=2.0)
        assert 50 < len(acknowledged) < 200
        cluster.run(look)


@pytest.mark.parametrize("disk_latency", [SsdLatency(), NoLatency()])
def test_a_leader_whose_disk_hangs_hands_over(disk_latency: DiskLatency) -> None:
    """It could go on telling the others that all is well for as long as nothing is answered."""

    async def put(client: EtcdClient) -> int:
        done = 0
        for number in range(20):
            try:
                await client.put(b"key", b"%d" % number)
            except (OutcomeUnknown, ClusterUnavailable):
                continue
            done += 1
            await sleep(0.1)
        return done

    with Cluster(3, seed=3, disk_latency=disk_latency) as cluster:
        leader = cluster.wait_for_leader()
        cluster.inject(StalledDisk(leader, start=At(0), end=For(60)))
        begun = cluster.world.time
        assert cluster.run(put, timeout=3.0) >= 17
        assert cluster.world.time - begun < 20, "the disk still hangs"
        assert cluster.leader() not in (None, leader)
        assert cluster.world.given_up == []
        cluster.await_agreement(timeout=120)


@pytest.mark.parametrize("disk_latency", [SsdLatency(), NoLatency()])
def test_a_failed_sync_stops_the_member(disk_latency: DiskLatency) -> None:
    """A member whose disk does not sync ends, and the others go on without it."""

    async def put(client: EtcdClient) -> int:
        done = 0
        for number in range(20):
            try:
                await client.put(b"key", b"%d" % number)
            except OutcomeUnknown:
                continue
            done += 1
            await sleep(0.1)
        return done

    with Cluster(3, seed=3, disk_latency=disk_latency) as cluster:
        leader = cluster.wait_for_leader()
        cluster.inject(DiskSyncError(leader, start=At(0), end=For(60)))
        assert cluster.run(put) >= 17
        assert [host for host, _ in cluster.world.given_up] == [leader]
        assert "has failed" in cluster.world.given_up[0][1]
        assert cluster.leader() not in (None, leader)
