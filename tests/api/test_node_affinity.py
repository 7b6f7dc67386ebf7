"""Which nodes a pod demands and prefers."""

import pytest

from kactors.api.errors import MalformedSelector
from kactors.api.node_affinity import (
    NodeSelector,
    NodeSelectorTerm,
    PreferredSchedulingTerms,
    RequiredNodeAffinity,
)
from kactors.api.objects import Object

SSD = {"key": "disk", "operator": "In", "values": ["ssd"]}
NAMED = {"key": "metadata.name", "operator": "In", "values": ["n1"]}


def _selector(*terms: Object) -> NodeSelector:
    return NodeSelector.from_object({"nodeSelectorTerms": list(terms)})


def test_one_term_is_enough() -> None:
    """Terms are alternatives; what stands in one term must all be met."""
    selector = _selector({"matchExpressions": [SSD], "matchFields": [NAMED]}, {
        "matchExpressions": [{"key": "zone", "operator": "Exists"}]
    })  # fmt: skip
    assert selector.matches({"disk": "ssd"}, "n1")
    assert not selector.matches({"disk": "ssd"}, "n2")
    assert selector.matches({"zone": "a"}, "n2")


def test_empty_terms_match_no_node() -> None:
    """Neither a selector without terms nor a term without requirements matches."""
    assert not _selector().matches({})
    assert not _selector({}).matches({})
    assert NodeSelectorTerm().empty


def test_numbers() -> None:
    """Gt and Lt compare whole numbers."""
    more = _selector({"matchExpressions": [{"key": "cpus", "operator": "Gt", "values": ["4"]}]})
    assert more.matches({"cpus": "8"})
    assert not more.matches({"cpus": "4"})


@pytest.mark.parametrize(
    "term",
    [
        {"matchExpressions": [{"key": "a", "operator": "Like", "values": ["b"]}]},
        {"matchExpressions": [{"key": "a", "operator": "In"}]},
        {"matchFields": [{"key": "spec.x", "operator": "In", "values": ["b"]}]},
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["a", "b"]}]},
    ],
)
def test_malformed(term: Object) -> None:
    """What cannot be understood is refused."""
    with pytest.raises(MalformedSelector):
        NodeSelectorTerm.from_object(term)


def test_what_a_pod_demands() -> None:
    """The plain selector and the affinity must both be met."""
    affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {
        "nodeSelectorTerms": [{"matchExpressions": [SSD]}]}}  # fmt: skip
    pod = {"spec": {"nodeSelector": {"zone": "a"}, "affinity": {"nodeAffinity": affinity}}}
    demand = RequiredNodeAffinity.of_pod(pod)
    assert demand.matches({"zone": "a", "disk": "ssd"})
    assert not demand.matches({"zone": "a"})
    assert not demand.matches({"disk": "ssd"})
    assert RequiredNodeAffinity.of_pod({}).matches({})
    assert hash(demand) == hash(RequiredNodeAffinity.of_pod(pod))


def test_what_a_pod_prefers() -> None:
    """The weights of the terms that match are added; empty terms count for nothing."""
    preferred = [
        {"weight": 10, "preference": {"matchExpressions": [SSD]}},
        {"weight": 5, "preference": {"matchFields": [NAMED]}},
        {"weight": 100, "preference": {}},
    ]
    pod = {"spec": {"affinity": {"nodeAffinity": {
        "preferredDuringSchedulingIgnoredDuringExecution": preferred}}}}  # fmt: skip
    terms = PreferredSchedulingTerms.of_pod(pod)
    assert terms.score({"disk": "ssd"}, "n1") == 15
    assert terms.score({}, "n2") == 0
