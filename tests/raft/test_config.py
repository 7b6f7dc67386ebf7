"""Knobs that contradict each other are refused before a member starts."""

from typing import Any

import pytest

from kactors.raft import Config, InvalidConfig, ReadMode
from tests.raft.node import FixedRng


def config(**knobs: Any) -> Config:
    """Return a configuration with these knobs."""
    arguments: dict[str, Any] = {
        "member": 1,
        "boot": 1,
        "chance": lambda _term, _attempt: FixedRng(0),
    }
    return Config(**{**arguments, **knobs})


@pytest.mark.parametrize(
    ("knobs", "text"),
    [
        ({"member": 0}, "member is 0"),
        ({"boot": 0}, "boot is 0"),
        ({"max_append_entries": 0}, "max_append_entries is 0"),
        ({"election_ticks": 2, "heartbeat_ticks": 2}, "election_ticks 2 must be above"),
        ({"election_ticks": 10, "lease_ticks": 10}, "lease_ticks 10 must be in"),
        ({"read_mode": ReadMode.LEASE, "check_quorum": False}, "lease reads need check_quorum"),
    ],
)
def test_contradictions_are_refused(knobs: dict[str, Any], text: str) -> None:
    """The text names the knob, its value and what it should be."""
    with pytest.raises(InvalidConfig, match=text):
        config(**knobs)


def test_a_lease_is_shorter_than_the_election_timeout() -> None:
    """The difference is what clocks may drift apart."""
    assert config(election_ticks=10).lease_length_ticks == 8
    assert config(election_ticks=10, lease_ticks=5).lease_length_ticks == 5
