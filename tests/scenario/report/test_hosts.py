"""Lanes of hosts."""

import attrs

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.hosts import host_rows
from kactors.scenario.timeline import FaultSpan, Timeline
from tests.scenario.report.outcomes import timeline

_AXIS = Axis(0.0, 20.0)


def rows(shown: Timeline) -> str:
    """Return all lanes; m1 is the master."""
    return "".join(host_rows(_AXIS, shown, ["m1"]))


def test_spans_are_in_their_hosts_lanes() -> None:
    """Down and paused are named where there is room."""
    master, nodes = host_rows(_AXIS, timeline(), ["m1"])
    assert "m1 paused, 3 s to 4 s" in master
    assert "n1 down, 2 s to 5 s" in nodes
    assert ">down<" in nodes
    assert nodes.count('class="struck"') == 1


def test_nodes_to_which_nothing_happened_are_counted() -> None:
    """They have no lanes."""
    shown = attrs.evolve(timeline(), hosts=("m1", "n1", "n2", "n3"))
    drawn = rows(shown)
    assert "3 nodes: 1 struck, 2 not" in drawn
    assert ">n2<" not in drawn
    calm = timeline(host_spans=[], faults=[])
    assert "1 node: nothing happened to any" in rows(calm)


def test_many_lanes_of_nodes_are_folded() -> None:
    """And of very many the later ones are left out."""
    names = tuple(f"n{number}" for number in range(1, 101))
    all_struck = [FaultSpan("Ring", "", names, 1.0, 2.0, True)]
    shown = attrs.evolve(timeline(), hosts=("m1", *names), faults=all_struck)
    drawn = rows(shown)
    assert "<details" in drawn
    assert "open=" not in drawn
    assert "40 more nodes that were struck are not drawn" in drawn
    assert 'open="open"' in rows(timeline())
