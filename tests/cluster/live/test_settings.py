"""What a cluster was made with: kept as JSON, compared, and refused where it contradicts itself."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kactors.cluster.errors import InvalidTopology
from kactors.cluster.live.errors import ContradictingSettings, DataDirectoryBroken
from kactors.cluster.live.settings import LiveSettings, free_endpoints

KNOBS = st.dictionaries(
    st.sampled_from(["etcd.tick_seconds", "kubelet.events"]), st.booleans() | st.integers(1, 9)
)


@given(st.integers(1, 7), st.integers(0, 50), KNOBS)
def test_settings_survive_their_file(masters: int, nodes: int, knobs: dict[str, Any]) -> None:
    """What is written is what is read."""
    settings = LiveSettings(masters=masters, nodes=nodes, knobs=knobs, endpoints={"m1": "x:1"})
    assert LiveSettings.from_json(settings.to_json()) == settings


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"format": 1, "nobody": 2}', '{"format": 9}'])
def test_files_that_hold_something_else(text: str) -> None:
    """Also those of a format to come."""
    with pytest.raises(DataDirectoryBroken):
        LiveSettings.from_json(text)


def test_hosts_and_processes() -> None:
    """A process for each master, and one for all nodes if there are any."""
    assert LiveSettings(masters=3, nodes=2).processes == ("m1", "m2", "m3", "nodes")
    assert LiveSettings(masters=1, nodes=2).hosts == ("m1", "n1", "n2")
    assert LiveSettings(masters=1, nodes=0).processes == ("m1",)


@pytest.mark.parametrize(("masters", "nodes"), [(0, 1), (8, 1), (3, -1)])
def test_sizes_that_cannot_be(masters: int, nodes: int) -> None:
    """As in the simulated world."""
    with pytest.raises(InvalidTopology):
        LiveSettings(masters=masters, nodes=nodes)


def test_the_same_again() -> None:
    """Who asks for what is there, or says nothing, gets it; others hear what is there."""
    settings = LiveSettings(masters=3, nodes=4, knobs={"kubelet.events": False})

    settings.check_same(masters=3, nodes=None, knobs={})
    settings.check_same(masters=None, nodes=4, knobs={"kubelet.events": False})

    with pytest.raises(ContradictingSettings, match="was made with masters 3, not 5"):
        settings.check_same(masters=5, nodes=4, knobs={})
    with pytest.raises(ContradictingSettings, match="knobs"):
        settings.check_same(masters=3, nodes=4, knobs={"kubelet.events": True})


def test_knobs_come_after_those_of_the_live_world() -> None:
    """What somebody sets counts, and what nobody sets is set for real disks."""
    topology = LiveSettings(knobs={"etcd.segment_bytes": 5}).topology
    assert topology.knobs_of("etcd")["segment_bytes"] == 5
    assert topology.knobs_of("etcd")["ahead_bytes"] > 0


def test_endpoints_are_distinct() -> None:
    """And follow from the place, as long as they are free."""
    endpoints = free_endpoints(20, "/some/where")
    assert len(set(endpoints)) == 20
    assert all(endpoint.startswith("127.0.0.1:") for endpoint in endpoints)
