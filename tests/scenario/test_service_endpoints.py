"""Pods behind a Service: as they say themselves, and as its slices do."""

from kactors.scenario.oracle import Oracle
from kactors.scenario.service_endpoints import ready_endpoints, ready_pods
from tests.scenario.oracles.stage import Stage, pod

LABELS = {"app": "web"}


def test_only_pods_that_are_ready_and_stay_are_behind_a_service() -> None:
    """By address: not those that leave, are not ready, or are not selected."""
    stage = Stage(Oracle)
    stage.write(
        pod("a", ip="10.0.0.1", ready=True, labels=LABELS),
        pod("b", ip="10.0.0.2", ready=True, labels=LABELS, deleted=True),
        pod("c", ip="10.0.0.3", labels=LABELS),
        pod("d", ip="10.0.0.4", ready=True),
    )

    assert ready_pods(stage.truth, "default", LABELS) == {"10.0.0.1": "uid-of-a"}
    assert ready_pods(stage.truth, "other", LABELS) == {}


def test_an_endpoint_is_ready_unless_it_says_otherwise() -> None:
    """As the API has it; a slice without endpoints has none."""
    silent, ready = {"addresses": ["1"]}, {"addresses": ["2"], "conditions": {"ready": True}}
    other = {"addresses": ["3"], "conditions": {"ready": False}}

    assert list(ready_endpoints([{"endpoints": [silent, other, ready]}, {}])) == [silent, ready]
