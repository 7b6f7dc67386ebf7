"""Snapshots and logs: members that lag, restart, or lose their disks."""

from contextlib import suppress
from typing import Any

from kactors.actors import Address
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import OutcomeUnknown
from kactors.etcd.errors import NotLeader
from kactors.etcd.messages import Compact, Defragment
from kactors.faults import At, Bounce, Crash, For, Isolate, LoseDisk
from tests.etcd.cluster import Cluster

SMALL: dict[str, Any] = {
    "snapshot_entries": 50,
    "catch_up_entries": 10,
    "snapshot_chunk_bytes": 1000,
    "segment_bytes": 8192,
}


async def put_many(client: EtcdClient, begin: int, end: int) -> None:
    """Put a few keys over and over; some may come to nothing."""
    for number in range(begin, end):
        with suppress(OutcomeUnknown):
            await client.put(b"key-%d" % (number % 40), b"value-%d" % number)


def test_a_lagging_member_gets_a_snapshot() -> None:
    """A member that was cut off for longer than the log reaches back catches up in chunks."""
    with Cluster(3, seed=1, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.inject(Isolate("m3", start=At(0), end=For(20)))
        cluster.run(put_many, 0, 300)
        cluster.world.run_for(25)
        cluster.await_agreement()
        status = cluster.member("m3").raft_status
        assert status is not None
        assert status.first_index > 200


def test_a_restarted_member_begins_with_its_snapshot() -> None:
    """After a restart the state is the snapshot's and the log's together."""
    with Cluster(1, seed=2, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.run(put_many, 0, 180)
        before = cluster.member("m1").store.mvcc.hash_from_scratch()
        cluster.world.crash("m1")
        cluster.world.hosts["m1"].machine.restart()
        cluster.wait_for_leader()
        cluster.await_agreement()
        store = cluster.member("m1").store
        assert store.mvcc.revision == 181
        assert store.mvcc.hash_from_scratch() == before


def test_the_log_stays_short() -> None:
    """Segments that a snapshot covers are deleted, and at most two snapshots are kept."""
    with Cluster(1, seed=3, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.run(put_many, 0, 400)

        async def files(_: EtcdClient) -> tuple[tuple[str, ...], tuple[str, ...]]:
            disk = cluster.world.hosts["m1"].machine.disk
            return await disk.list("wal"), await disk.list("snapshots")

        segments, snapshots = cluster.run(files)
        assert len(snapshots) == 2
        assert len(segments) < 5


def test_a_member_that_lost_its_disk_has_no_vote() -> None:
    """It is sent everything again and serves, but it counts for nothing until it is voted in."""
    with Cluster(3, seed=4, **SMALL) as cluster:
        leader = cluster.wait_for_leader()
        cluster.run(put_many, 0, 120)
        cluster.await_agreement()
        wiped = next(name for name in cluster.names if name != leader)
        cluster.inject(LoseDisk(wiped, start=At(1), end=For(2)))
        cluster.world.run_for(8)
        cluster.await_agreement()
        status = cluster.member(wiped).raft_status
        assert status is not None
        assert status.recovering
        other = next(name for name in cluster.names if name not in (leader, wiped))
        cluster.inject(Crash(other, start=At(0)))
        cluster.world.run_for(5)
        assert cluster.leader() is None


def test_a_wiped_member_is_replaced() -> None:
    """Removed, and another added and promoted, the cluster is whole again."""
    with Cluster(3, seed=5, **SMALL) as cluster:
        leader = cluster.wait_for_leader()
        cluster.run(put_many, 0, 120)
        gone = next(name for name in cluster.names if name != leader)
        cluster.world.crash(gone)

        async def replace(client: EtcdClient) -> None:
            member = next(m for m in await client.members() if m.name == gone)
            await client.member_remove(member.id)
            await client.member_add("actor://m4/etcd")

        cluster.run(replace)
        cluster.names.remove(gone)
        cluster.add("m4")
        cluster.world.run_for(5)
        cluster.await_agreement()

        async def promote(client: EtcdClient) -> None:
            member = next(m for m in await client.members() if m.name == "m4")
            assert member.is_learner
            await client.member_promote(member.id)

        cluster.run(promote)
        cluster.await_agreement()
        cluster.world.crash(leader)
        cluster.names.remove(leader)
        assert cluster.wait_for_leader() in cluster.names


def test_a_wiped_member_is_replaced_under_its_name() -> None:
    """Added anew at its old place before it is back, it learns its new ID from the others."""
    with Cluster(3, seed=5, **SMALL) as cluster:
        leader = cluster.wait_for_leader()
        cluster.run(put_many, 0, 120)
        wiped = next(name for name in cluster.names if name != leader)
        cluster.inject(LoseDisk(wiped, start=At(0), end=For(6)))
        cluster.world.run_for(1)

        async def replace(client: EtcdClient) -> int:
            member = next(m for m in await client.members() if m.name == wiped)
            await client.member_remove(member.id)
            return (await client.member_add(f"actor://{wiped}/etcd")).member.id

        given = cluster.run(replace)
        cluster.world.run_for(10)
        cluster.await_agreement()
        cluster.run(lambda client: client.member_promote(given))
        cluster.await_agreement()

        assert cluster.member(wiped).store.member_id == given
        cluster.world.crash(leader)
        cluster.names.remove(leader)
        assert cluster.wait_for_leader() in cluster.names


def test_members_that_have_forgotten_all_begin_no_new_cluster() -> None:
    """All lose their disks, then two do so again: the third, though empty, knows what is new."""
    with Cluster(3, seed=8, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.run(put_many, 0, 40)
        for name in cluster.names:
            cluster.inject(LoseDisk(name, start=At(0), end=For(2)))
            cluster.world.run_for(8)
        assert cluster.leader() is None

        cluster.inject(*[LoseDisk(name, start=At(0), end=For(2)) for name in ("m1", "m2")])
        cluster.world.run_for(30)

        assert cluster.leader() is None


def test_a_disk_that_is_lost_again_is_missed_again() -> None:
    """What the leader knew of the member's last disk does not count: it gets all once more."""
    with Cluster(3, seed=9, **SMALL) as cluster:
        leader = cluster.wait_for_leader()
        lost = next(name for name in cluster.names if name != leader)
        cluster.world.run_for(3)  # by now everybody knows that everybody has started
        for number in range(4):
            cluster.run(put_many, 30 * number, 30 * number + 30)
            cluster.inject(LoseDisk(lost, start=At(0), end=For(1)))
            cluster.world.run_for(1.5 + 0.5 * number)

        cluster.world.run_for(5)
        cluster.await_agreement()


def test_defragmenting_removes_what_is_compacted() -> None:
    """After compaction and defragmentation the old versions are gone from memory and log."""
    with Cluster(1, seed=6, **SMALL) as cluster:
        cluster.wait_for_leader()
        cluster.run(put_many, 0, 140)
        before = cluster.member("m1").store.mvcc.size_bytes

        async def shrink(client: EtcdClient) -> None:
            await client.session.write(Compact(140, physical=True))
            await client.session.ask_one(Address("m1", "etcd"), Defragment())

        cluster.run(shrink)
        member = cluster.member("m1")
        assert member.store.mvcc.size_bytes < before / 2
        status = member.raft_status
        assert status is not None
        assert status.first_index > 120


def test_a_bounce_while_a_snapshot_comes_in_does_no_harm() -> None:
    """A receiver that loses power in the midst of a transfer begins it anew."""
    with Cluster(3, seed=7, **SMALL | {"snapshot_chunk_bytes": 100}) as cluster:
        cluster.wait_for_leader()
        cluster.inject(
            Isolate("m3", start=At(0), end=For(10)),
            *(Bounce("m3", start=At(10 + 0.21 * n), end=For(0.1)) for n in range(1, 12)),
        )
        cluster.run(put_many, 0, 200)
        cluster.world.run_for(18)
        cluster.await_agreement()


def test_followers_name_the_leader() -> None:
    """Who asks a follower to write is told whom to ask, and that nothing was done."""
    with Cluster(3, seed=8) as cluster:
        leader = cluster.wait_for_leader()
        cluster.world.run_for(1)
        follower = next(name for name in cluster.names if name != leader)
        refusal = cluster.member(follower).parts.driver.not_leader()
        assert isinstance(refusal, NotLeader)
        assert refusal.leader_hint == cluster.member(leader).store.member_id
