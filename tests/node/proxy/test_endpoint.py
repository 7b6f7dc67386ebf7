"""Endpoints, as slices say them."""

from kactors.node.proxy.endpoint import Endpoint, endpoints_of, service_key_of
from tests.node.proxy.services import endpoint, endpoint_slice


def test_slices_are_read_together_and_in_the_order_of_addresses() -> None:
    """As numbers: .9 comes before .10; what is in two slices is there once."""
    one = endpoint_slice("a", endpoint("10.1.0.10"), endpoint("10.1.0.9"))
    two = endpoint_slice("b", endpoint("10.1.0.9", node="n2"))
    found = endpoints_of([one, two], "")
    assert [(each.ip, each.node) for each in found] == [("10.1.0.9", "n2"), ("10.1.0.10", "n1")]


def test_what_is_not_said_is_taken_for_ready() -> None:
    """So the API demands; hints and the pod are read too."""
    bare = {"addresses": ["10.1.0.1"], "hints": {"forZones": [{"name": "a"}]}}
    (found,) = endpoints_of([endpoint_slice("a", bare)], "")
    assert found == Endpoint("10.1.0.1", 8080, zone_hints=("a",))
    unready = {"addresses": ["10.1.0.1"], "conditions": {"ready": False}}
    (found,) = endpoints_of([endpoint_slice("a", unready)], "")
    assert (found.ready, found.serving) == (False, False)


def test_only_the_port_of_that_name_counts() -> None:
    """A slice may have several, and none at all."""
    ports = [{"name": "http", "port": 8080}, {"name": "dns", "port": 53}]
    one = endpoint_slice("a", endpoint("10.1.0.1"), ports=ports)
    assert [each.port for each in endpoints_of([one], "dns")] == [53]
    assert endpoints_of([one], "") == ()
    assert endpoints_of([endpoint_slice("a", endpoint("10.1.0.1"), ports=None)], "") == ()


def test_a_slice_names_its_service_by_a_label() -> None:
    """Without it, it belongs to none."""
    assert service_key_of(endpoint_slice("a")) == "default/web"
    assert service_key_of({"metadata": {"name": "a", "namespace": "default"}}) == ""
