"""A cloud: instances, routes, load balancers, and what its network does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.cloud.errors import NotFound, QuotaExceeded
from kactors.cloud.messages import Route
from kactors.cloud.state import CloudState


def cloud(*names: str) -> CloudState:
    """Return a cloud with these instances."""
    made = CloudState()
    for number, name in enumerate(names, start=1):
        made.launch(name, zone="z1", internal_ip=f"192.168.0.{number}")
    return made


def test_instances_are_found_by_id_or_name() -> None:
    """One that is terminated never comes back under its old id."""
    made = cloud("n1")
    first = made.find("", "n1")
    assert made.find(first.provider_id, "whatever") == first
    assert first.provider_id == "sim:///z1/i-00001"
    made.terminate("n1")
    again = made.launch("n1", zone="z1", internal_ip="192.168.0.1")
    assert again.id != first.id
    with pytest.raises(NotFound):
        made.find(first.provider_id, "n1")
    with pytest.raises(NotFound):
        made.find("sim:///z2/" + again.id, "n1")


def test_packets_follow_routes_to_instances_that_run() -> None:
    """The narrowest route counts; a stopped instance gets nothing; routes go with instances."""
    made = cloud("n1", "n2")
    ids = {name: made.find("", name).id for name in ("n1", "n2")}
    made.create_route(Route("all", "10.244.0.0/16", ids["n1"]))
    made.create_route(Route("some", "10.244.2.0/24", ids["n2"]))
    assert made.host_of("192.168.0.2") == "n2"
    assert made.host_of("10.244.1.9") == "n1"
    assert made.host_of("10.244.2.9") == "n2"
    assert made.host_of("10.0.0.1") is None
    made.stop("n2")
    assert made.host_of("10.244.2.9") is None
    made.start("n2")
    assert made.host_of("10.244.2.9") == "n2"
    made.delete_route("some")
    assert made.host_of("10.244.2.9") == "n1"
    made.terminate("n1")
    assert made.host_of("10.244.2.9") is None
    assert made.host_of("192.168.0.1") is None
    with pytest.raises(NotFound):
        made.create_route(Route("again", "10.244.1.0/24", ids["n1"]))


def test_a_load_balancer_keeps_its_address() -> None:
    """However often it is changed; there may be only so many."""
    made = cloud()
    made.troubles.load_balancers = 1
    first = made.ensure_load_balancer("a", (), ("n1",))
    assert made.ensure_load_balancer("a", (), ("n2",)).ip == first.ip
    with pytest.raises(QuotaExceeded):
        made.ensure_load_balancer("b", (), ())
    made.delete_load_balancer("a")
    made.delete_load_balancer("a")
    assert made.ensure_load_balancer("b", (), ()).ip != first.ip


@given(st.dictionaries(st.integers(0, 255), st.sampled_from(["n1", "n2"])), st.integers(0, 255))
def test_every_address_of_a_routed_range_arrives_at_its_instance(
    ranges: dict[int, str], asked: int
) -> None:
    """And those of other ranges nowhere."""
    made = cloud("n1", "n2")
    for number, name in ranges.items():
        made.create_route(Route(str(number), f"10.244.{number}.0/24", made.find("", name).id))
    assert made.host_of(f"10.244.{asked}.7") == ranges.get(asked)


def test_a_load_balancer_takes_its_nodes_in_turn() -> None:
    """Those that are off are left out; without any, packets go nowhere."""
    made = cloud("n1", "n2", "n3")
    ip = made.ensure_load_balancer("a", (), ("n1", "n2", "n3")).ip
    assert [made.host_of(ip) for _ in range(4)] == ["n1", "n2", "n3", "n1"]
    made.stop("n2")
    assert {made.host_of(ip) for _ in range(4)} == {"n1", "n3"}
    made.ensure_load_balancer("a", (), ())
    assert made.host_of(ip) is None
