"""A handle on an actor, by address or by text."""

import pytest

from kactors.actors import Address, AddressError
from tests.actors.cast import small_world


def test_a_text_is_an_address() -> None:
    """The name may contain slashes, as the names of children do."""
    system = small_world().hosts["a"].system

    assert system.ref("b/parent/child").target == Address("b", "parent/child")
    assert system.ref(Address("b", "x")).target == Address("b", "x")


def test_it_asks_for_somebody() -> None:
    """For the host's own actor, unless it is said for whom."""
    system = small_world().hosts["a"].system

    assert system.ref("b/x").source == Address("a", "system")
    assert system.ref("b/x", source=Address("a", "me")).source == Address("a", "me")


@pytest.mark.parametrize("text", ["", "b", "/x", "b/", "/"])
def test_half_an_address_is_refused(text: str) -> None:
    """The error says how one is written."""
    with pytest.raises(AddressError, match="write it as host/name"):
        small_world().hosts["a"].system.ref(text)
