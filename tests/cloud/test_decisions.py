"""What the cloud's controllers decide, as functions."""

from ipaddress import IPv4Network

from hypothesis import given, settings
from hypothesis import strategies as st

from kactors.api.objects import Object
from kactors.cloud.messages import Instance, Route
from kactors.cloud.node_controller import addresses_of, initialised, is_uninitialised
from kactors.cloud.node_ipam import free_range
from kactors.cloud.node_lifecycle import has_shutdown_taint, is_ready, with_shutdown_taint
from kactors.cloud.route_controller import plan_routes
from kactors.cloud.service_controller import balanced_nodes, balancer_name, wants_balancer

INSTANCE = Instance("i-1", "n1", "z1", "r1", "m1", "192.168.0.1", "5.6.7.8")


def node(name: str = "n1", **spec: object) -> Object:
    """Return a Node."""
    return {"apiVersion": "v1", "kind": "Node", "metadata": {"name": name}, "spec": spec}


def test_an_initialised_node_knows_where_it_is() -> None:
    """Other taints stay; a provider id that is there stays; the old object is not changed."""
    other = {"key": "other", "effect": "NoSchedule"}
    taint = {"key": "node.cloudprovider.kubernetes.io/uninitialized", "effect": "NoSchedule"}
    before = node(taints=[taint, other])
    assert is_uninitialised(before)
    found = initialised(before, INSTANCE)
    assert not is_uninitialised(found)
    assert found["spec"] == {"taints": [other], "providerID": "sim:///z1/i-1"}
    assert found["metadata"]["labels"]["topology.kubernetes.io/zone"] == "z1"
    assert is_uninitialised(before)
    assert initialised(node(providerID="x"), INSTANCE)["spec"] == {"providerID": "x"}
    kinds = [each["type"] for each in addresses_of(INSTANCE)]
    assert kinds == ["InternalIP", "ExternalIP", "Hostname"]


def test_the_shutdown_taint_comes_and_goes() -> None:
    """Once, and without touching others."""
    other = {"key": "other", "effect": "NoSchedule"}
    off = with_shutdown_taint(with_shutdown_taint(node(taints=[other]), there=True), there=True)
    assert has_shutdown_taint(off)
    assert len(off["spec"]["taints"]) == 2
    assert with_shutdown_taint(off, there=False) == node(taints=[other])
    assert not is_ready(off)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 15), max_size=12), st.integers(20, 24))
def test_ranges_never_overlap(taken: list[int], prefix: int) -> None:
    """Those given one after the other, and those taken before, of whatever length."""
    ranges = [f"10.244.{number * 4}.0/24" for number in taken]
    mine: list[str] = []
    while (found := free_range("10.244.0.0/18", prefix, [*ranges, *mine])) is not None:
        mine.append(found)
    networks = [IPv4Network(each) for each in mine]
    for number, each in enumerate(networks):
        assert each.subnet_of(IPv4Network("10.244.0.0/18"))
        assert not any(each.overlaps(other) for other in networks[:number])
        assert not any(each.overlaps(IPv4Network(other)) for other in ranges)


names = st.sampled_from(["n1", "n2", "n3"])


@given(
    st.dictionaries(names, st.tuples(st.integers(0, 3), st.booleans())),
    st.dictionaries(names, st.integers(0, 3)),
)
def test_routes_converge(nodes: dict[str, tuple[int, bool]], there: dict[str, int]) -> None:
    """What a plan makes of any routes is what needs no plan any more; others' routes stay."""
    found = [
        node(name, podCIDR=f"10.244.{cidr}.0/24", providerID=f"sim:///z/{name}" * known)
        for name, (cidr, known) in nodes.items()
    ]
    routes = {
        f"pods-{name}": Route(f"pods-{name}", f"10.244.{cidr}.0/24", name)
        for name, cidr in there.items()
    } | {"mine": Route("mine", "10.0.0.0/8", "n1")}
    plan = plan_routes(found, routes.values())
    for name in plan.delete:
        del routes[name]
    for route in plan.create:
        routes[route.name] = route
    after = plan_routes(found, routes.values())
    assert (after.create, after.delete) == ((), ())
    assert sorted(after.ready) == sorted(name for name, (_, known) in nodes.items() if known)
    assert "mine" in routes


def test_which_nodes_are_behind_a_load_balancer() -> None:
    """Those that the cloud knows, unless they are excluded or about to go."""
    good = node("n2", providerID="x")
    excluded = node("n3", providerID="x")
    excluded["metadata"]["labels"] = {"node.kubernetes.io/exclude-from-external-load-balancers": ""}
    going = node("n4", providerID="x", taints=[{"key": "ToBeDeletedByClusterAutoscaler"}])
    also = node("n1", providerID="x")
    assert balanced_nodes([good, excluded, going, also, node("n5")]) == ("n1", "n2")


def test_which_services_have_a_load_balancer_and_what_it_is_called() -> None:
    """Those of that type, unless they are another's; the name is the uid's."""
    assert wants_balancer({"spec": {"type": "LoadBalancer"}})
    assert not wants_balancer({"spec": {"type": "LoadBalancer", "loadBalancerClass": "x/y"}})
    assert not wants_balancer({"spec": {"type": "NodePort"}})
    service = {"metadata": {"uid": "01234567-89ab-cdef-0123-456789abcdef"}}
    assert balancer_name(service) == "a0123456789abcdef0123456789abcde"
