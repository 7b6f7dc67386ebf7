"""Routes between nodes."""

from kactors.node.proxy.underlay import StaticUnderlay


def test_the_narrowest_range_counts() -> None:
    """Addresses of nodes before all ranges; what nobody has leads nowhere."""
    underlay = StaticUnderlay(
        {"192.168.0.1": "n1"}, {"10.244.0.0/16": "router", "10.244.1.0/24": "n1"}
    )
    asked = ("192.168.0.1", "10.244.1.9", "10.244.9.9", "10.0.0.1")
    assert [underlay.host_of(ip) for ip in asked] == ["n1", "n1", "router", None]
    underlay.remove_range("10.244.1.0/24")
    underlay.add_node("10.0.0.1", "n2")
    assert underlay.host_of("10.244.1.9") == "router"
    assert underlay.host_of("10.0.0.1") == "n2"
