"""The end: like that of a run without faults, but for what chance decides."""

from collections.abc import Callable
from functools import partial
from typing import Any

import attrs
import pytest

from kactors.api.objects import Object
from kactors.scenario import FaultPlan
from kactors.scenario.end_state import EndState
from kactors.scenario.oracles.end_state import EndRecorder, SameEnd
from kactors.scenario.run import Options, run
from tests.scenario.oracles.stage import Stage, pod
from tests.scenario.tiny import tiny


def replica_set(replicas: int = 2, **status: Any) -> Object:
    """Return a ReplicaSet."""
    return {
        "apiVersion": "apps/v1",
        "kind": "ReplicaSet",
        "metadata": {"name": "web", "namespace": "default", "uid": "uid-of-web"},
        "spec": {"replicas": replicas},
        "status": status,
    }


def of_web(name: str, **given: Any) -> Object:
    """Return a pod of it."""
    return pod(name, owner=("ReplicaSet", "web"), ready=True, **given)


def reference(*objects: Object) -> Callable[[], EndState | None]:
    """Return what makes the end state that consists of some objects."""
    stage = Stage(EndRecorder)
    stage.write(*objects)
    stage.oracle.finish(converged=True)
    recorder = stage.oracle
    assert isinstance(recorder, EndRecorder)
    return lambda: recorder.state


def compared(against: Callable[[], EndState | None], *objects: Object) -> list[str]:
    """Return what is objected to if a run ends with some objects."""
    stage = Stage(partial(SameEnd, reference=against))
    stage.write(*objects)
    stage.oracle.finish(converged=True)
    return [finding.text for finding in stage.findings]


def test_what_chance_decides_is_masked() -> None:
    """Generated names, nodes, addresses and uids may differ."""
    without = reference(replica_set(), of_web("web-x", node="n1", ip="10.0.0.1"), of_web("web-y"))

    labelled = of_web("web-q", uid="u", labels={"controller-uid": "u-of-web"})
    found = compared(without, replica_set(), of_web("web-p", node="n2", ip="10.0.7.7"), labelled)

    assert found == []


@pytest.mark.parametrize(
    ("objects", "said"),
    [
        ((replica_set(), of_web("a")), "there are 1 pods default/of ReplicaSet web; without"),
        ((replica_set(3), of_web("a"), of_web("b")), "has spec.replicas 3; without faults 2"),
        ((replica_set(), of_web("a"), of_web("b", labels={"x": "y"})), "labels.x 'y'"),
        ((replica_set(), of_web("a"), of_web("b", deleted=True)), "has deleted True"),
        ((replica_set(), of_web("a"), of_web("b"), pod("more")), "there are 1 pods default/more"),
        ((of_web("a"), of_web("b")), "0 replicasets were created; without faults 1"),
    ],
)
def test_what_differs_is_objected_to(objects: tuple[Object, ...], said: str) -> None:
    """A pod too few, another size, other labels, one that stays for ever, one that nobody wanted.

    And an object of a workload that was never created.
    """
    without = reference(replica_set(), of_web("x"), of_web("y"))

    (text,) = compared(without, *objects)

    assert said in text


def test_objects_that_came_and_went_are_counted() -> None:
    """Although the ends are alike."""
    stage = Stage(partial(SameEnd, reference=reference(replica_set())))
    stage.write(replica_set())
    stage.delete(replica_set())
    stage.write(replica_set())

    stage.oracle.finish(converged=True)

    assert "2 replicasets were created; without faults 1" in stage.findings[0].text
    assert "1 replicasets were deleted; without faults 0" in stage.findings[0].text


def test_nothing_is_compared_without_need() -> None:
    """Not if the run has not converged, nor if there is nothing to compare it with."""

    def unwanted() -> EndState | None:
        raise AssertionError("nobody should ask")

    stage = Stage(partial(SameEnd, reference=unwanted))
    stage.oracle.finish(converged=False)
    assert stage.findings == []
    assert compared(lambda: None, replica_set()) == []


def test_a_run_is_compared_with_itself_without_faults() -> None:
    """It holds, and comparing changes nothing in it."""
    compared_run, _ = run(tiny(), 1, Options(reference=True))
    alone, _ = run(tiny(), 1)

    assert compared_run.violations == ()
    assert compared_run.digest == alone.digest
    assert tiny().plan != FaultPlan()


def test_only_whole_cores_are_compared() -> None:
    """What stays broken for good ends otherwise: with a random core nothing is compared."""
    scenario = attrs.evolve(tiny(), core="random")

    outcome, _ = run(scenario, 1, Options(reference=True))

    assert outcome.violations == ()
