"""Over-commit: what is bound to a node is within what it has."""

import pytest

from kactors.api.objects import Object
from kactors.scenario.oracles.over_commit import OverCommit
from tests.scenario.oracles.stage import Stage, pod


def node(cpu: str = "2", pods: str = "3") -> Object:
    """Return a node."""
    room = {"cpu": cpu, "memory": "4Gi", "pods": pods}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": "n1", "uid": "uid-of-n1"},
        "status": {"allocatable": room, "capacity": room},
    }


@pytest.fixture
def stage() -> Stage:
    """Give a stage with one node of two cores and three pods."""
    made = Stage(OverCommit)
    made.write(node())
    return made


def test_what_fits_is_no_matter(stage: Stage) -> None:
    """Two cores are two pods of one; a pod that nobody bound counts for nothing."""
    stage.write(pod("a", node="n1", cpu="1"), pod("b", node="n1", cpu="1000m"), pod("c", cpu="64"))

    assert stage.findings == []


def test_a_pod_too_many_is_objected_to(stage: Stage) -> None:
    """The finding names the node, what is asked for and what there is; once for each node."""
    for name in "abcd":
        stage.write(pod(name, node="n1", cpu="900m"))

    assert stage.signatures == ["a node is over-committed"]
    assert "node n1 ask for 2700 of 2000 cpu, c being the last" in stage.findings[0].text


def test_the_number_of_pods_is_a_resource(stage: Stage) -> None:
    """A fourth pod that asks for nothing is one too many."""
    stage.write(*(pod(name, node="n1") for name in "abcd"))

    assert stage.signatures == ["a node is over-committed"]
    assert "4 of 3 pods" in stage.findings[0].text


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_what_is_over_gives_its_room_back(stage: Stage, phase: str) -> None:
    """As does what is deleted; the same pod in another state is not counted twice."""
    first = pod("a", node="n1", cpu="2")
    stage.write(first, pod("a", node="n1", cpu="2", ready=True))
    stage.write(pod("a", node="n1", cpu="2", phase=phase), pod("b", node="n1", cpu="2"))
    stage.delete(pod("b"))
    stage.write(pod("c", node="n1", cpu="2"))

    assert stage.findings == []
