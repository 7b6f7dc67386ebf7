"""One identity: a pod of a StatefulSet runs once, wherever it runs."""

import pytest

from kactors.cluster.observer import RunningContainer
from kactors.scenario.oracles.identity import OneIdentity
from tests.scenario.oracles.stage import Stage, pod


def running(node: str, uid: str, name: str = "db-0", container: str = "c") -> RunningContainer:
    """Return a container that runs."""
    return RunningContainer(
        node=node,
        namespace="default",
        pod=name,
        pod_uid=uid,
        name=container,
        image="c:1",
        id=f"{node}-{uid}-{container}",
        attempt=0,
        ip="10.0.0.1",
    )


@pytest.fixture
def stage() -> Stage:
    """Give a stage with a pod of a StatefulSet and one of a ReplicaSet."""
    made = Stage(OneIdentity)
    made.write(pod("db-0", owner=("StatefulSet", "db")), pod("web-0", owner=("ReplicaSet", "web")))
    return made


def test_several_containers_of_one_pod_are_one(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And so is a pod that runs again elsewhere after it has ended."""
    places = [running("n1", "a"), running("n1", "a", container="sidecar")]
    monkeypatch.setattr(stage.cluster.observer, "running", lambda: places)
    stage.oracle.look()
    places[:] = [running("n2", "b")]
    stage.oracle.finish(converged=False)

    assert stage.findings == []


@pytest.mark.parametrize("second", [running("n2", "a"), running("n1", "b"), running("n2", "b")])
def test_two_at_a_time_are_objected_to(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, second: RunningContainer
) -> None:
    """Another node, another uid, or both; also if the stored pod is gone by now."""
    stage.delete(pod("db-0"))
    monkeypatch.setattr(stage.cluster.observer, "running", lambda: [running("n1", "a"), second])

    stage.oracle.look()

    assert stage.signatures == ["two pods of one identity"]
    assert "default/db-0 runs on n1 (uid a) and on" in stage.findings[0].text


def test_pods_without_an_identity_may_be_two(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of a ReplicaSet have names that nobody relies on."""
    both = [running("n1", "a", "web-0"), running("n2", "b", "web-0")]
    monkeypatch.setattr(stage.cluster.observer, "running", lambda: both)

    stage.oracle.look()

    assert stage.findings == []
