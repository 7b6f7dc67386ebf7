"""What a replica is started with: what makes no sense is refused."""

from typing import Any

import pytest

from kactors.actors import Address
from kactors.apiserver.config import ApiServerConfig
from kactors.apiserver.errors import BadServerConfig
from tests.apiserver.cluster import AUTHORITY

ETCD = (Address("m1", "etcd"),)


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"etcd": ()}, "give at least one address"),
        ({"service_cidr": "10.96.0.1/12"}, "service_cidr is '10.96.0.1/12': give an IPv4 network"),
        ({"service_cidr": "fd00::/112"}, "service_cidr is 'fd00::/112'"),
        ({"node_ports": (31_000, 30_000)}, "node_ports is"),
        ({"node_ports": (30_000, 65_536)}, "node_ports is"),
        ({"advertise_address": "m1"}, "advertise_address is 'm1': give an IPv4 address, or none"),
    ],
)
def test_what_makes_no_sense_is_refused(knobs: dict[str, Any], said: str) -> None:
    """The message says what was given, and what could be."""
    with pytest.raises(BadServerConfig, match=said):
        ApiServerConfig(**{"etcd": ETCD, "authority": AUTHORITY, **knobs})


def test_the_defaults_are_kubeadms() -> None:
    """A range of a million addresses, and upstream's node ports."""
    config = ApiServerConfig(etcd=ETCD, authority=AUTHORITY)

    assert (config.service_cidr, config.node_ports) == ("10.96.0.0/12", (30_000, 32_767))
