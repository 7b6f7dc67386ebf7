"""Leases of a cluster: they end, never early by true time, through crashes and with bad clocks."""

from typing import Any

import pytest

from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import LeaseNotFound
from kactors.faults import At, Bounce, ClockDrift, ClockJump, For, Isolate, Pause
from kactors.runtime import current_time, sleep
from tests.etcd.cluster import Cluster


async def outlive(client: EtcdClient, ttl: int) -> float:
    """Grant a lease, hang a key on it; return how long after the grant the key is gone."""
    lease = (await client.grant(ttl)).id
    await client.put(b"key", b"value", lease=lease)
    began = current_time()
    await client.keep_alive_once(lease)
    while await client.get(b"key") is not None:
        await sleep(0.1)
    return current_time() - began


def test_a_lease_ends() -> None:
    """A key that hangs on a lease goes with it, soon after its time."""
    with Cluster(3, seed=1) as cluster:
        cluster.wait_for_leader()
        assert 3 <= cluster.run(outlive, 3) < 4


STORMS: dict[str, tuple[Any, ...]] = {
    "the leader crashes": (Bounce("@leader", start=At(2), end=For(3)),),
    "the leader is cut off": (Isolate("@leader", start=At(2), end=For(6)),),
    "the leader stands still": (Pause("@leader", start=At(1), end=For(3)),),
    "clocks are wrong": (
        ClockDrift("@leader", 400, start=At(0), end=For(60)),
        ClockJump("@leader", 3600.0, start=At(1)),
        ClockDrift("m1", -20_000, start=At(0), end=For(60)),
    ),
}


@pytest.mark.parametrize("storm", STORMS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_lease_ends_early(storm: str, seed: int) -> None:
    """Whatever happens to the leader, the key is there for as long as was promised."""
    with Cluster(3, seed=seed) as cluster:
        cluster.wait_for_leader()
        cluster.inject(*STORMS[storm])
        assert 5 <= cluster.run(outlive, 5, timeout=20.0) < 20


def test_a_lease_that_is_kept_alive_does_not_end() -> None:
    """Keep-alives carry a lease through the loss of the leader; without them it ends."""

    async def keep(client: EtcdClient) -> None:
        lease = (await client.grant(3)).id
        await client.put(b"key", b"value", lease=lease)
        end = current_time() + 20
        async for _ in client.keep_alive(lease):
            assert await client.get(b"key") is not None
            if current_time() > end:
                break
        await sleep(6)
        assert await client.get(b"key") is None
        with pytest.raises(LeaseNotFound):
            await client.keep_alive_once(lease)

    with Cluster(3, seed=4) as cluster:
        cluster.wait_for_leader()
        cluster.inject(Bounce("@leader", start=At(6), end=For(2)))
        cluster.run(keep, timeout=2.9, attempt_timeout=0.5)


def test_remainders_survive_a_change_of_leaders() -> None:
    """A long lease goes on with its checkpointed remainder, not with all of its time."""

    async def grant(client: EtcdClient) -> int:
        return (await client.grant(600)).id

    async def left(client: EtcdClient, lease: int) -> int:
        return (await client.time_to_live(lease)).ttl

    with Cluster(3, seed=5) as cluster:
        leader = cluster.wait_for_leader()
        lease = cluster.run(grant)
        cluster.world.run_for(310)
        cluster.world.crash(leader)
        cluster.world.run_for(5)
        assert 280 < cluster.run(left, lease) < 305


def test_what_is_asked_about_leases() -> None:
    """Grants choose names or take them, lists and time-to-live tell of them, revoking ends them."""

    async def story(client: EtcdClient) -> None:
        first, second = await client.grant(60), await client.grant(60, 77)
        assert second.id == 77
        assert first.id > 0
        await client.put(b"b", b"", lease=77)
        await client.put(b"a", b"", lease=77)
        told = await client.time_to_live(77, keys=True)
        assert told.keys == (b"a", b"b")
        assert 58 <= told.ttl <= 60
        await client.revoke(77)
        assert (await client.time_to_live(77)).ttl == -1
        assert await client.get(b"a") is None
        with pytest.raises(LeaseNotFound):
            await client.revoke(77)

    with Cluster(1, seed=6) as cluster:
        cluster.wait_for_leader()
        cluster.run(story)


def test_without_a_quorum_nothing_is_kept_alive() -> None:
    """A leader that has lost its followers confirms no keep-alive."""

    async def keep(client: EtcdClient) -> None:
        lease = (await client.grant(30)).id
        for name in ("m1", "m2"):
            cluster.world.crash(name)
        with pytest.raises((ClusterUnavailable, OutcomeUnknown)):
            await client.keep_alive_once(lease)

    with Cluster(3, seed=7) as cluster:
        cluster.wait_for_leader()
        cluster.run(keep)
