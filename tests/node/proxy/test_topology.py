"""Which endpoints a node may send to."""

from hypothesis import given
from hypothesis import strategies as st

from kactors.node.proxy.endpoint import Endpoint
from kactors.node.proxy.service_port import ServicePort
from kactors.node.proxy.topology import categorize_endpoints

PORT = ServicePort("default/web", "uid", "", "TCP", 80)
LOCAL = ServicePort("default/web", "uid", "", "TCP", 80, node_port=30080, external_local=True)

endpoints = st.builds(
    Endpoint,
    ip=st.sampled_from(["10.1.0.1", "10.1.0.2", "10.1.0.3"]),
    port=st.just(8080),
    node=st.sampled_from(["n1", "n2"]),
    ready=st.booleans(),
    serving=st.booleans(),
    terminating=st.booleans(),
    zone_hints=st.sampled_from([(), ("a",), ("b",)]),
    node_hints=st.sampled_from([(), ("n1",)]),
)


def at(ip: str, **more: object) -> Endpoint:
    """Return an endpoint."""
    return Endpoint(ip, 8080, **more)  # type: ignore[arg-type]


def test_ready_ones_then_those_that_linger() -> None:
    """An endpoint that terminates gets traffic only where there is nobody else."""
    ready = at("1.1.1.1")
    lingers = at("2.2.2.2", ready=False, serving=True, terminating=True)
    gone = at("3.3.3.3", ready=False, serving=False, terminating=True)
    assert categorize_endpoints([ready, lingers, gone], PORT, "n1", "a").cluster == (ready,)
    assert categorize_endpoints([lingers, gone], PORT, "n1", "a").cluster == (lingers,)
    assert not categorize_endpoints([gone], PORT, "n1", "a").anywhere


def test_hints_count_only_if_all_have_them_and_one_is_for_us() -> None:
    """Otherwise the zone's clients would have nobody."""
    near, far = at("1.1.1.1", zone_hints=("a",)), at("2.2.2.2", zone_hints=("b",))
    assert categorize_endpoints([near, far], PORT, "n1", "a").cluster == (near,)
    assert categorize_endpoints([near, far], PORT, "n1", "c").cluster == (near, far)
    bare = at("3.3.3.3")
    assert categorize_endpoints([near, bare], PORT, "n1", "a").cluster == (near, bare)
    mine = at("1.1.1.1", node_hints=("n1",), zone_hints=("b",))
    other = at("2.2.2.2", node_hints=("n2",), zone_hints=("a",))
    assert categorize_endpoints([mine, other], PORT, "n1", "a").cluster == (mine,)


def test_a_local_policy_has_its_own_fallback() -> None:
    """A terminating endpoint here is better than a ready one elsewhere, for local traffic."""
    here = at("1.1.1.1", node="n1", ready=False, serving=True, terminating=True)
    there = at("2.2.2.2", node="n2")
    found = categorize_endpoints([here, there], LOCAL, "n1", "a")
    assert (found.local, found.cluster, found.anywhere) == ((here,), (there,), True)
    elsewhere = categorize_endpoints([there], LOCAL, "n1", "a")
    assert (elsewhere.local, elsewhere.anywhere) == ((), True)


@given(st.lists(endpoints, max_size=5), st.sampled_from([PORT, LOCAL]))
def test_laws_of_categories(drawn: list[Endpoint], port: ServicePort) -> None:
    """Nobody who does not serve; local ones are here; if anybody is ready, somebody is chosen."""
    found = categorize_endpoints(drawn, port, "n1", "a")
    for each in (*found.cluster, *found.local):
        assert each.ready or (each.serving and each.terminating)
    assert all(each.node == "n1" for each in found.local)
    if any(each.ready for each in drawn):
        assert found.cluster
        assert all(each.ready for each in found.cluster)
    assert found.anywhere >= bool(found.cluster or found.local)
