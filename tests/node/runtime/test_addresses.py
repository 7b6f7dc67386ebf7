"""Addresses: nobody has another's, and they rest."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.node.errors import NetworkNotReady
from kactors.node.runtime.addresses import AddressPool


@given(st.lists(st.booleans(), max_size=60))
def test_no_address_is_given_twice_and_all_are_of_the_range(takes: list[bool]) -> None:
    """Whatever is taken and given back in between."""
    pool = AddressPool("10.1.2.0/28")
    held: list[str] = []
    for number, take in enumerate(takes):
        if take and len(held) < 13:
            address = pool.allocate(f"pod-{number}")
            assert address not in held
            assert 2 <= int(address.removeprefix("10.1.2.")) <= 14
            held.append(address)
        elif held:
            pool.release(held.pop(0))
    assert len(pool) == len(held)


def test_an_address_rests_before_another_has_it() -> None:
    """The next one given is not the one just released."""
    pool = AddressPool("10.1.2.0/24")
    first = pool.allocate("a")
    pool.release(first)
    assert pool.allocate("b") != first


def test_a_full_range_says_so() -> None:
    """A /29 has five addresses for pods."""
    pool = AddressPool("10.1.2.0/29")
    for number in range(5):
        pool.allocate(str(number))
    with pytest.raises(NetworkNotReady, match="all 5 addresses"):
        pool.allocate("one more")
