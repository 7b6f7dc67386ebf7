"""The Service ``kubernetes``, and who is behind it."""

from kactors.api.objects import Object, field
from kactors.apiserver.kubernetes_service import LEASE_KEYS, LEASE_SECONDS
from kactors.runtime import sleep
from tests.apiserver.cluster import Api, Cluster

ADDRESSES = {"a1": "172.31.0.1", "a2": "172.31.0.2"}


async def behind(api: Api) -> tuple[list[str], list[str]]:
    """Return the addresses that Endpoints and EndpointSlice have."""
    endpoints = await api.get("endpoints", "default", "kubernetes")
    piece = await api.get("endpointslices", "default", "kubernetes")
    (subset,) = endpoints["subsets"]
    assert subset["ports"] == piece["ports"] == [{"name": "https", "port": 6443, "protocol": "TCP"}]
    return (
        [each["ip"] for each in subset["addresses"]],
        [address for each in piece["endpoints"] for address in each["addresses"]],
    )


def test_the_service_has_the_first_address() -> None:
    """It is there when the first client asks; a replica without an address is no endpoint of it."""
    with Cluster() as cluster:

        async def story(api: Api) -> None:
            made = await api.get("services", "default", "kubernetes")
            endpoints = await api.list("endpoints", "default")

            assert made["spec"]["clusterIP"] == "10.96.0.1"
            assert field(made, "spec", "ports")[0]["targetPort"] == 6443
            assert endpoints == []

        cluster.run(story)


def test_the_endpoints_are_the_replicas_that_live() -> None:
    """Who dies is gone within 25 seconds; who comes back is there at once."""
    with Cluster(replicas=2, addresses=ADDRESSES) as cluster:

        async def story(api: Api) -> None:
            await sleep(11)  # they began at one time: the last word may have been the slower one's
            both = await behind(api)
            cluster.world.crash("a2", power=False)
            await sleep(26)
            one = await behind(api)
            await api.delete("services", "default", "kubernetes")
            await api.patch("endpoints", "default", "kubernetes", {"subsets": None})
            cluster.world.hosts["a2"].machine.restart()
            await api.wait_until_ready("a2")

            assert both == (["172.31.0.1", "172.31.0.2"],) * 2
            assert one == (["172.31.0.1"],) * 2
            assert await behind(api) == both
            assert await address(api) == "10.96.0.1"

        cluster.run(story)


async def address(api: Api) -> str:
    """Return the address of the Service."""
    made: Object = await api.get("services", "default", "kubernetes")
    return str(made["spec"]["clusterIP"])


def test_a_replica_comes_back_after_its_lease_has_ended() -> None:
    """Etcd was away for longer than the lease: the next turn begins another; little is written."""
    with Cluster(addresses=ADDRESSES) as cluster:

        async def story(api: Api) -> None:
            etcd = cluster.etcd(api.system)
            key = LEASE_KEYS + b"172.31.0.1"
            first = await etcd.get(key)
            await sleep(3 * LEASE_SECONDS)
            later = await etcd.get(key)
            assert first is not None
            await etcd.delete(key)
            await sleep(11)
            again = await etcd.get(key)
            await etcd.revoke(first.lease)
            await sleep(11)
            anew = await etcd.get(key)

            assert later == first
            assert again is not None
            assert again.lease == first.lease
            assert anew is not None
            assert anew.lease != first.lease
            assert await behind(api) == (["172.31.0.1"],) * 2

        cluster.run(story)


def test_an_outage_of_etcd_ends_with_a_line_in_the_log() -> None:
    """And with endpoints, once it is over."""
    with Cluster(addresses=ADDRESSES) as cluster:

        async def story(api: Api) -> None:
            cluster.world.crash("m1", power=False)
            await sleep(40)
            cluster.world.hosts["m1"].machine.restart()
            await sleep(20)

            assert any("the Service kubernetes" in line for _, line in cluster.log)
            assert await behind(api) == (["172.31.0.1"],) * 2

        cluster.run(story)
