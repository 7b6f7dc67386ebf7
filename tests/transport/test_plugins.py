"""Transports are found by name."""

import pytest

from kactors.transport.plugins import UnknownTransportError, find_transport, transport_names
from kactors.transport.tcp import TcpTransport


def test_the_four_transports_are_entry_points() -> None:
    """A bare installation offers sim, memory, unix and tcp."""
    assert set(transport_names()) >= {"memory", "sim", "tcp", "unix"}


def test_a_transport_is_loaded_by_its_name() -> None:
    """The entry point leads to the class."""
    assert find_transport("tcp") is TcpTransport


@pytest.mark.parametrize("name", ["sim", "memory", "unix", "tcp"])
def test_every_entry_point_loads(name: str) -> None:
    """No entry point names something that is not there."""
    assert callable(find_transport(name))


def test_an_unknown_name_is_answered_with_the_known_ones() -> None:
    """The error says what could have been meant."""
    with pytest.raises(UnknownTransportError, match=r"installed are: .*memory.*tcp"):
        find_transport("udp")
