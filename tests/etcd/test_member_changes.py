"""Changes of a cluster's members, its quota, its leader, and what it tells operators."""

from typing import Any

import pytest

from kactors.actors import Address
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable
from kactors.etcd.errors import (
    BadLeaderTransferee,
    BadMemberUrls,
    EmptyKey,
    LearnerNotReady,
    MemberNotFound,
    MemberNotLearner,
    NoSpace,
    PeerUrlExists,
    RequestTooLarge,
    TooManyLearners,
)
from kactors.etcd.messages import (
    Alarm,
    AlarmAction,
    AlarmType,
    Compact,
    Defragment,
    Hash,
    HashKV,
    Range,
    Txn,
)
from kactors.etcd.snapshot import load
from kactors.runtime import sleep
from tests.etcd.cluster import Cluster


def run(story: Any, count: int = 1, seed: int = 1, **knobs: Any) -> None:
    """Run a story with a client of a healthy cluster."""
    with Cluster(count, seed=seed, **knobs) as cluster:
        cluster.wait_for_leader()
        cluster.world.run_for(1)
        cluster.run(story)


def test_members_publish_who_they_are() -> None:
    """Soon after its start every member is known by its name and its address."""

    async def story(client: EtcdClient) -> None:
        members = await client.members()
        assert [m.name for m in sorted(members, key=lambda m: m.name)] == ["m1", "m2", "m3"]
        assert all(m.client_urls == m.peer_urls for m in members)

    run(story, 3)


def test_a_member_is_added_and_promoted() -> None:
    """A learner catches up, votes once promoted, and is refused before."""

    async def add(client: EtcdClient) -> int:
        with pytest.raises(BadMemberUrls):
            await client.member_add("nowhere")
        with pytest.raises(PeerUrlExists):
            await client.member_add("actor://m1/etcd")
        added = await client.member_add("actor://m4/etcd")
        with pytest.raises(TooManyLearners):
            await client.member_add("actor://m5/etcd")
        with pytest.raises(LearnerNotReady):
            await client.member_promote(added.member.id)
        return added.member.id

    async def promote(client: EtcdClient, member: int) -> None:
        answer = await client.member_promote(member)
        assert not any(m.is_learner for m in answer.members)
        with pytest.raises(MemberNotLearner):
            await client.member_promote(member)

    with Cluster(3, seed=2) as cluster:
        cluster.wait_for_leader()
        member = cluster.run(add)
        cluster.add("m4")
        cluster.world.run_for(3)
        cluster.run(promote, member)
        cluster.await_agreement()
        for name in ("m1", "m4"):
            status = cluster.member(name).raft_status
            assert status is not None
            assert member in status.configuration.voters


def test_a_removed_member_ends() -> None:
    """A member that is removed ends for good, and says why; also if it is the leader."""
    with Cluster(3, seed=3) as cluster:
        leader = cluster.wait_for_leader()
        cluster.world.run_for(1)

        async def remove(client: EtcdClient) -> None:
            member = next(m for m in await client.members() if m.name == leader)
            await client.member_remove(member.id)

        cluster.run(remove)
        cluster.world.run_for(5)
        assert [host for host, _ in cluster.world.given_up] == [leader]
        assert "was removed" in cluster.world.given_up[0][1]
        cluster.names.remove(leader)
        assert cluster.leader() in cluster.names


def test_members_are_updated_and_unknown_ones_refused() -> None:
    """Addresses can change; members that are not there cannot."""

    async def story(client: EtcdClient) -> None:
        first = (await client.members())[0]
        updated = await client.member_update(first.id, f"actor://{first.name}/etcd")
        assert len(updated.members) == 3
        with pytest.raises(MemberNotFound):
            await client.member_update(1, "actor://m9/etcd")
        with pytest.raises(MemberNotFound):
            await client.member_remove(1)

    run(story, 3)


def test_leadership_moves() -> None:
    """The leader hands over to whom it is asked to, and to nobody who is no member."""
    with Cluster(3, seed=4) as cluster:
        leader = cluster.wait_for_leader()
        cluster.world.run_for(1)
        heir = next(name for name in cluster.names if name != leader)

        async def move(client: EtcdClient) -> None:
            with pytest.raises(BadLeaderTransferee):
                await client.move_leader(1)
            member = next(m for m in await client.members() if m.name == heir)
            await client.move_leader(member.id)
            await client.put(b"k", b"v")

        cluster.run(move)
        assert cluster.leader() == heir


def test_a_member_that_is_stopped_hands_over_first() -> None:
    """Stopping the leader in order moves leadership without an election timeout."""
    with Cluster(3, seed=5) as cluster:
        leader = cluster.wait_for_leader()
        cluster.world.run_for(1)
        stopped_at = cluster.world.time
        cluster.world.hosts[leader].system.stop("etcd")
        cluster.names.remove(leader)
        cluster.wait_for_leader()
        assert cluster.world.time - stopped_at < 0.5


def test_a_full_store_refuses_what_costs() -> None:
    """Beyond its quota the cluster raises NOSPACE; deleting, compacting and disarming help."""

    async def story(client: EtcdClient) -> None:
        for number in range(70):
            await client.put(b"k%d" % number, b"x" * 1000)
        with pytest.raises(NoSpace):
            await client.put(b"large", b"x" * 50_000)
        alarms = (await client.session.read(Alarm(AlarmAction.GET))).alarms
        assert [alarm.alarm for alarm in alarms] == [AlarmType.NOSPACE]
        with pytest.raises(NoSpace):
            await client.put(b"small", b"")
        assert await client.get(b"k0") is not None
        await client.delete(b"k", b"l")
        revision = (await client.range(Range(b"k"))).header.revision
        await client.session.write(Compact(revision, physical=True))
        await client.session.write(Alarm(AlarmAction.DEACTIVATE))
        await client.put(b"small", b"")

    run(story, 3, quota_bytes=100_000)


def test_unreasonable_requests_are_refused() -> None:
    """Requests that are too large, or make no sense, change nothing."""

    async def story(client: EtcdClient) -> None:
        with pytest.raises(RequestTooLarge):
            await client.put(b"k", b"x" * 2_000_000)
        with pytest.raises(EmptyKey):
            await client.put(b"", b"x")
        answer = await client.txn(Txn(success=(Range(b"k"),)))
        assert answer.header.revision == 1

    run(story)


def test_status_hashes_and_snapshots_agree() -> None:
    """Members at the same revision have the same hashes, and a snapshot holds the same keys."""

    async def story(client: EtcdClient) -> None:
        for number in range(50):
            await client.put(b"k%d" % (number % 9), b"%d" % number)
        await sleep(1)
        endpoints = [Address(f"m{number}", "etcd") for number in (1, 2, 3)]
        statuses = [await client.status(each) for each in endpoints]
        assert len({status.leader for status in statuses}) == 1
        assert {status.raft_applied_index for status in statuses} == {statuses[0].raft_index}
        assert all(status.errors == () for status in statuses)
        ask = client.session.ask_one
        for hashes in (
            [(await ask(each, HashKV())).hash for each in endpoints],
            [(await ask(each, Hash())).hash for each in endpoints],
        ):
            assert len(set(hashes)) == 1
        pieces = [piece async for piece in client.snapshot(endpoints[0])]
        store = load(pieces)
        assert store.mvcc.revision == 51
        await client.session.ask_one(endpoints[0], Defragment())

    run(story, 3)


def test_members_that_differ_raise_the_alarm() -> None:
    """A member whose data were changed behind everybody's back is found by its hash."""
    with Cluster(3, seed=6, corruption_seconds=2.0) as cluster:
        leader = cluster.wait_for_leader()
        cluster.world.run_for(1)

        async def put(client: EtcdClient) -> None:
            await client.put(b"k", b"v")

        cluster.run(put)
        cluster.await_agreement()
        other = next(name for name in cluster.names if name != leader)
        mvcc = cluster.member(other).store.mvcc
        mvcc.put(b"k", b"other")
        mvcc.commit()
        mvcc = cluster.member(leader).store.mvcc
        mvcc.put(b"k", b"truth")
        mvcc.commit()
        cluster.world.run_for(5)
        alarms = cluster.member(leader).store.alarms
        assert [(alarm.alarm) for alarm in alarms.active] == [AlarmType.CORRUPT]


def test_a_cluster_without_a_majority_says_so() -> None:
    """Without a leader nothing is done, and the client says that nothing was."""
    with Cluster(3, seed=7) as cluster:
        cluster.wait_for_leader()
        cluster.world.crash("m1")
        cluster.world.crash("m2")
        cluster.world.run_for(5)

        async def put(client: EtcdClient) -> None:
            with pytest.raises(ClusterUnavailable):
                await client.put(b"k", b"v")
            with pytest.raises(ClusterUnavailable):
                await client.get(b"k")
            assert await client.get(b"k", serializable=True) is None

        cluster.run(put)
