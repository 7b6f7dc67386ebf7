"""Addresses and node ports of Services: who gets which, and when somebody else can have them."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.errors import InternalError, Invalid
from kactors.api.objects import Object, deep_copy
from kactors.api.service_ranges import AddressRange, PortRange, address_of, node_ports_of
from kactors.apiserver.registry.service_ranges import (
    ADDRESS_KEYS,
    CLAIMS_MAX,
    NODE_PORT_KEYS,
    ServiceRanges,
)
from kactors.apiserver.storage import Storage
from kactors.runtime import open_nursery
from tests.apiserver.cluster import Api, Cluster, refusal

LOCAL = {"type": "LoadBalancer", "externalTrafficPolicy": "Local"}


def service(name: str = "web", *numbers: int, **spec: Any) -> Object:
    """Return a Service to be created, with some ports."""
    ports = [{"name": f"p{number}", "port": number} for number in numbers or (80,)]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"selector": {"app": name}, "ports": ports, **spec},
    }


@pytest.fixture
def cluster() -> Iterator[Cluster]:
    """One replica over one member of etcd, with eight addresses and four node ports."""
    with Cluster(service_cidr="10.0.0.0/28", node_ports=(30_000, 30_003)) as found:
        yield found


async def keys(api: Api, cluster: Cluster) -> dict[str, str]:
    """Return what is taken, and by whom."""
    page = await Storage(cluster.etcd(api.system)).page(b"/registry/ranges/")
    return {item.key.decode().rpartition("/")[2]: item.body.decode() for item in page.items}


async def change(api: Api, name: str, **spec: Any) -> Object:
    """Change the spec of a Service."""
    return await api.patch("services", "default", name, {"spec": spec})


def test_a_service_has_an_address_as_long_as_it_lives(cluster: Cluster) -> None:
    """It is taken with the first write, and free again with the last."""

    async def story(api: Api) -> None:
        made = await api.create(service())
        taken = await keys(api, cluster)
        gone = await api.delete("services", "default", "web")

        address = made["spec"]["clusterIP"]
        assert made["spec"]["clusterIPs"] == [address]
        assert taken == {"10.0.0.1": "default/kubernetes", address: "default/web"}
        assert gone["spec"]["clusterIP"] == address
        assert await keys(api, cluster) == {"10.0.0.1": "default/kubernetes"}

    cluster.run(story)


def test_an_address_that_waits_for_a_finalizer_is_not_free(cluster: Cluster) -> None:
    """The Service still has it; whoever takes away the last finalizer frees it."""

    async def story(api: Api) -> None:
        held = service(clusterIP="10.0.0.9")
        held["metadata"]["finalizers"] = ["example.org/wait"]
        await api.create(held)
        await api.delete("services", "default", "web")
        still = await keys(api, cluster)
        await api.patch("services", "default", "web", {"metadata": {"finalizers": None}})

        assert still["10.0.0.9"] == "default/web"
        assert "10.0.0.9" not in await keys(api, cluster)

    cluster.run(story)


def test_an_address_that_was_asked_for_is_given_once(cluster: Cluster) -> None:
    """The second who asks is told which field is at fault; so is who asks outside the range."""

    async def story(api: Api) -> None:
        await api.create(service("dns", clusterIP="10.0.0.10"))
        second = await refusal(api.create(service("other", clusterIP="10.0.0.10")))
        dry = await refusal(api.create(service("dry", clusterIP="10.0.0.10"), dryRun="All"))
        outside = await refusal(api.create(service("far", clusterIP="10.1.0.1")))
        edge = await refusal(api.create(service("edge", clusterIP="10.0.0.15")))

        for problem in (second, dry):
            assert problem.code == 422
            (cause,) = problem.details.causes
            assert (cause.reason, cause.field) == ("FieldValueInvalid", "spec.clusterIPs")
            assert "provided IP is already allocated" in cause.message
        assert "not in the valid range" in str(outside)
        assert "not in the valid range" in str(edge)
        assert list(await keys(api, cluster)) == ["10.0.0.1", "10.0.0.10"]

    cluster.run(story)


@pytest.mark.parametrize(
    "spec", [{"clusterIP": "None"}, {"type": "ExternalName", "externalName": "example.org"}]
)
def test_who_wants_no_address_gets_none(cluster: Cluster, spec: Object) -> None:
    """Headless Services, and names of others."""

    async def story(api: Api) -> None:
        made = await api.create(service(**spec))

        assert address_of(made) == ""
        assert list(await keys(api, cluster)) == ["10.0.0.1"]

    cluster.run(story)


def test_a_dry_run_takes_nothing(cluster: Cluster) -> None:
    """It shows an address, which is free afterwards; a name that is taken is refused."""

    async def story(api: Api) -> None:
        shown = await api.create(service(type="NodePort"), dryRun="All")
        before = await keys(api, cluster)
        await api.create(service(type="NodePort"))
        refused = await refusal(api.create(service(), dryRun="All"))
        released = await change_dry(api)

        assert address_of(shown)
        assert node_ports_of(shown)
        assert list(before) == ["10.0.0.1"]
        assert refused.reason == "AlreadyExists"
        assert "nodePort" not in released["spec"]["ports"][0]
        assert len(await keys(api, cluster)) == 3

    async def change_dry(api: Api) -> Object:
        patch = {"spec": {"type": "ClusterIP"}}
        return await api.patch("services", "default", "web", patch, dryRun="All")

    cluster.run(story)


def test_a_service_takes_and_gives_up_with_its_type(cluster: Cluster) -> None:
    """ClusterIP, NodePort, ExternalName and back: the keys are those of what it has."""

    async def story(api: Api) -> None:
        first = await api.create(service())
        outside = await change(api, "web", type="NodePort")
        with_ports = await keys(api, cluster)
        name = await change(api, "web", type="ExternalName", externalName="example.org", ports=None)
        nothing = await keys(api, cluster)
        again = await change(
            api, "web", type="ClusterIP", externalName=None, clusterIP="10.0.0.7", ports=PORTS
        )

        assert address_of(outside) == address_of(first)
        (port,) = node_ports_of(outside)
        assert with_ports == {**nothing, address_of(first): "default/web", str(port): "default/web"}
        assert address_of(name) == ""
        assert again["spec"]["clusterIPs"] == ["10.0.0.7"]
        assert await keys(api, cluster) == {**nothing, "10.0.0.7": "default/web"}

    cluster.run(story)


PORTS = [{"port": 80}]


def test_a_full_range_is_an_error_of_the_server(cluster: Cluster) -> None:
    """Until a port is given up; a Service that cannot have all ports takes none."""

    async def story(api: Api) -> None:
        await api.create(service("a", 1, 2, 3, type="NodePort"))
        before = await keys(api, cluster)
        refused = await refusal(api.create(service("b", 1, 2, type="NodePort")))
        after = await keys(api, cluster)
        await api.delete("services", "default", "a")
        made = await api.create(service("b", 1, 2, type="NodePort"))

        assert (refused.code, refused.reason) == (500, "InternalError")
        assert "range is full" in str(refused)
        assert before == after
        assert len(node_ports_of(made)) == 2

    cluster.run(story)


def test_the_last_address_is_found() -> None:
    """However many are in use, and whatever is drawn; the one after it is refused."""
    with Cluster(service_cidr="10.0.0.0/29") as cluster:

        async def story(api: Api) -> None:
            made = [await api.create(service(f"s{number}")) for number in range(5)]
            refused = await refusal(api.create(service("more")))

            assert sorted(map(address_of, made)) == [f"10.0.0.{last}" for last in range(2, 7)]
            assert "failed to allocate a serviceIP" in str(refused)

        cluster.run(story)


def test_replicas_never_hand_out_the_same() -> None:
    """Twelve Services, through three replicas at once, for thirteen addresses."""
    with Cluster(replicas=3, service_cidr="10.0.0.0/28", node_ports=(30_000, 30_012)) as cluster:

        async def story(api: Api) -> None:
            made: list[Object] = []

            async def create(number: int) -> None:
                replica = api.at(api.replicas[number % 3])
                made.append(await replica.create(service(f"s{number}", type="NodePort")))

            async with open_nursery() as nursery:
                for number in range(12):
                    nursery.start_soon(create, number)

            assert len({address_of(each) for each in made}) == 12
            assert len({port for each in made for port in node_ports_of(each)}) == 12
            assert len(await keys(api, cluster)) == 1 + 12 + 12

        cluster.run(story)


def test_health_checks_have_a_port_of_their_own(cluster: Cluster) -> None:
    """As long as the traffic policy is local: it stays what it is, and goes with the policy."""

    async def story(api: Api) -> None:
        made = await api.create(service(**LOCAL))
        port = made["spec"]["healthCheckNodePort"]
        moved = await refusal(change(api, "web", healthCheckNodePort=port ^ 1))
        kept = await api.update(without_health_port(made))
        without = await change(api, "web", externalTrafficPolicy="Cluster")

        assert len(node_ports_of(made)) == 2
        assert "field is immutable" in str(moved)
        assert kept["spec"]["healthCheckNodePort"] == port
        assert "healthCheckNodePort" not in without["spec"]
        assert str(port) not in await keys(api, cluster)

    cluster.run(story)


def without_health_port(obj: Object) -> Object:
    """Return a Service as a client sends it that knows nothing of health checks."""
    sent: Object = deep_copy(obj)
    del sent["spec"]["healthCheckNodePort"]
    return sent


def test_two_protocols_share_a_node_port(cluster: Cluster) -> None:
    """If one Service is created with both; a later one gets its own."""

    async def story(api: Api) -> None:
        ports = [{"name": "tcp", "port": 53}, {"name": "udp", "port": 53, "protocol": "UDP"}]
        made = await api.create(service("dns", type="NodePort") | {"spec": spec(ports)})
        more = await change(
            api, "dns", ports=[*ports, {"name": "s", "port": 53, "protocol": "SCTP"}]
        )

        assert len(node_ports_of(made)) == 1
        assert len(node_ports_of(more)) == 2

    def spec(ports: list[Object]) -> Object:
        return {"type": "NodePort", "ports": ports}

    cluster.run(story)


def test_a_node_port_can_be_asked_for_once(cluster: Cluster) -> None:
    """By its first Service, again and again; not by another, and not out of range."""

    async def story(api: Api) -> None:
        chosen = [{"port": 80, "nodePort": 30_002}]
        await api.create(service("a", type="NodePort") | {"spec": wants(chosen)})
        same = await change(api, "a", ports=[{"port": 81, "nodePort": 30_002}])
        taken = await refusal(api.create(service("b") | {"spec": wants(chosen)}))
        low = await refusal(
            api.create(service("c") | {"spec": wants([{"port": 1, "nodePort": 80}])})
        )
        health = wants([{"port": 80}]) | LOCAL | {"healthCheckNodePort": 30_002}
        other = await refusal(api.create(service("d") | {"spec": health}))
        own = wants([{"port": 80, "nodePort": 30_001}]) | LOCAL | {"healthCheckNodePort": 30_001}
        twice = await refusal(api.create(service("e") | {"spec": own}))

        assert node_ports_of(same) == [30_002]
        assert taken.details.causes[0].field == "spec.ports[0].nodePort"
        assert "provided port is already allocated" in str(taken)
        assert "The range of valid ports is 30000-30003" in str(low)
        assert other.details.causes[0].field == "spec.healthCheckNodePort"
        assert "provided port is already allocated" in str(twice)

    def wants(ports: list[Object]) -> Object:
        return {"type": "NodePort", "ports": ports}

    cluster.run(story)


def test_a_put_that_creates_gives_an_address(cluster: Cluster) -> None:
    """An update of a Service that is not there is as good as its creation."""

    async def story(api: Api) -> None:
        made = await api.update(service())

        assert (await keys(api, cluster))[address_of(made)] == "default/web"

    cluster.run(story)


# Without a cluster -------------------------------------------------------------------------------

RANGES = ServiceRanges(AddressRange("10.0.0.0/24"), PortRange(), lambda _: 0)


@pytest.mark.parametrize(
    ("spec", "field"),
    [
        ({"ipFamilyPolicy": "RequireDualStack"}, "spec.ipFamilyPolicy"),
        ({"ipFamilies": ["IPv6"]}, "spec.ipFamilies[0]"),
        ({"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1", "fd00::1"]}, "spec.clusterIPs"),
        ({"type": "NodePort", "ports": [{"port": n + 1} for n in range(CLAIMS_MAX)]}, "spec.ports"),
    ],
)
def test_what_no_service_of_the_cluster_can_have(spec: Object, field: str) -> None:
    """A second family of addresses, and more ports than one transaction takes."""
    with pytest.raises(Invalid) as refused:
        RANGES.give(service(**spec), None, ())

    assert [cause.field for cause in refused.value.details.causes] == [field]


def test_headless_services_without_selector_may_have_both_families() -> None:
    """Their endpoints are whoever writes them's affair."""
    headless = service(clusterIP="None", selector=None, ipFamilies=["IPv4", "IPv6"])

    RANGES.give(headless, None, ())

    assert RANGES.claims(None, headless, "default/web").take == ()


def test_what_others_have_is_not_given() -> None:
    """Neither what etcd has said, nor what the feed has."""
    ranges = ServiceRanges(AddressRange("10.0.0.0/30"), PortRange(1, 1), lambda _: 0)
    ranges.taken_addresses.apply(ADDRESS_KEYS + b"10.0.0.1", 1, None)
    made = service()

    ranges.give(made, None, {ADDRESS_KEYS + b"10.0.0.1": None})

    assert address_of(made) == "10.0.0.2"
    with pytest.raises(InternalError):
        ranges.give(service(type="NodePort"), None, {NODE_PORT_KEYS + b"1": None})


specs = st.fixed_dictionaries(
    {
        "type": st.sampled_from(["ClusterIP", "NodePort", "LoadBalancer"]),
        "ports": st.lists(st.integers(1, 9), max_size=4, unique=True).map(
            lambda numbers: [{"port": number, "protocol": "TCP"} for number in numbers]
        ),
        "externalTrafficPolicy": st.sampled_from(["Local", "Cluster"]),
    }
)


@settings(deadline=None)
@given(st.lists(specs, min_size=1, max_size=6), st.integers(0, 2**16))
def test_what_is_taken_is_what_is_held(history: list[Object], drawn: int) -> None:
    """Whatever a Service goes through: the keys of its changes add up to those it has."""
    ranges = ServiceRanges(AddressRange("10.0.0.0/24"), PortRange(), lambda below: drawn % below)
    held: list[bytes] = []
    before: Object | None = None

    for spec in history:
        after = {"metadata": {"name": "web"}, "spec": deep_copy(spec)}
        ranges.give(after, before, ())
        claims = ranges.claims(before, after, "default/web")
        assert not set(claims.take) & set(held)
        assert set(claims.release) <= set(held)
        held = [key for key in [*held, *claims.take] if key not in claims.release]
        before = after
    assert before is not None
    assert sorted(ranges.claims(before, None, "").release) == sorted(held)
