"""What must be true at the end: each check objects to what is wrong, and to nothing else."""

from collections.abc import Sequence
from typing import Any

from kactors.api.objects import Object
from kactors.bench.invariants import (
    lost,
    misplaced,
    needless_evictions,
    over_committed,
    uneven,
    unscheduled,
    violations,
)
from kactors.bench.record import Record
from tests.bench.objects import ZONE, node, pod, workload

SPREAD: Sequence[Any] = [
    {
        "maxSkew": 1,
        "topologyKey": ZONE,
        "whenUnsatisfiable": "DoNotSchedule",
        "labelSelector": {"matchLabels": {"color": "blue"}},
    }
]


def test_over_commitment_is_seen() -> None:
    """Four cores hold four pods of one core, not five."""
    pods = [pod(f"p{number}", "n1") for number in range(5)]

    assert list(over_committed([node("n1")], pods[:4])) == []
    (problem,) = over_committed([node("n1")], pods)
    assert problem == "node n1 has 4000 of cpu (milli), its pods ask for 5000"


def test_a_pod_on_no_node_of_ours_is_seen() -> None:
    """The scheduler may have bound it to one that was deleted."""
    (problem,) = over_committed([node("n1")], [pod("p", "gone")])

    assert "does not exist" in problem


def test_a_pod_where_it_may_not_be_is_seen() -> None:
    """Its node selector excludes the node."""
    nodes = [node("n1", zone="a"), node("n2", zone="b")]

    assert list(misplaced(nodes, [pod("p", "n1", nodeSelector={ZONE: "a"})])) == []
    (problem,) = misplaced(nodes, [pod("p", "n2", nodeSelector={ZONE: "a"})])
    assert problem == "pod default/p is on the node n2, which its affinity excludes"


def test_uneven_domains_are_seen() -> None:
    """Two pods in one zone and none in the other exceed a skew of 1; an empty zone counts."""
    nodes = [node("n1", zone="a"), node("n2", zone="b")]
    pods = [pod(f"p{number}", "n1", topologySpreadConstraints=SPREAD) for number in range(2)]

    assert list(uneven(nodes, pods[:1])) == []
    (problem,) = uneven(nodes, pods)
    assert "{'a': 2, 'b': 0}" in problem
    assert "exceeds the skew of 1" in problem


def test_pods_of_others_do_not_count_for_the_spread() -> None:
    """Only what the selector matches."""
    nodes = [node("n1", zone="a"), node("n2", zone="b")]
    other = pod("other", "n1")
    other["metadata"]["labels"] = {}

    assert list(uneven(nodes, [pod("p", "n1", topologySpreadConstraints=SPREAD), other])) == []


def test_needless_evictions_are_seen() -> None:
    """Where everything would have had room, nobody has to leave."""
    gone = [pod("gone", "n1")]

    (problem,) = needless_evictions([node("n1")], [pod("p", "n1")], gone)
    assert "had room for everything" in problem
    assert list(needless_evictions([node("n1")], [pod("p", "n1", cpu="4")], gone)) == []


def test_pods_that_are_gone_without_eviction_are_seen() -> None:
    """Of three that were created, one is there and one was evicted."""
    pods = [pod("p", "n1")]

    (problem,) = lost(3, pods, [pod("gone", "n1")])
    assert "the others are lost" in problem
    assert list(lost(2, pods, [pod("gone", "n1")])) == []


def test_pods_without_nodes_are_seen() -> None:
    """If somebody has waited for them."""
    assert list(unscheduled([pod("p", "n1"), pod("q")])) == ["pod default/q has no node"]
    assert list(unscheduled([pod("p", "n1")])) == []


def recorded(pods: list[Object], *, complete: bool) -> Record:
    """Return the record of a run that ended with these pods."""
    record = Record(workload(nodes=1, pods=2), "algorithm", complete=complete)
    record.nodes, record.pods = [node("n1")], pods
    return record


def test_everything_is_looked_at() -> None:
    """A pod that is missing counts only if the run came to its end; over-commitment always."""
    assert violations(recorded([pod("p", "n1")], complete=False)) == []
    assert violations(recorded([pod("p", "n1")], complete=True)) != []
    assert violations(recorded([pod("p", "n1"), pod("q")], complete=True)) != []
    assert violations(recorded([pod("p", "n1", cpu="5")], complete=False)) != []
    assert violations(recorded([pod("p", "n1"), pod("q", "n1")], complete=True)) == []
