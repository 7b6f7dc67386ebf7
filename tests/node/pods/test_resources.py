"""What pods ask for: the most at any time."""

import pytest

from kactors.api.objects import Object
from kactors.node.pods.resources import pod_requests, qos_class
from tests.node.objects import container, pod

FULL = {"cpu": "1", "memory": "1Gi"}


def asking(name: str, cpu: str, **more: object) -> Object:
    """Return a container that asks for cpu."""
    return container(name, resources={"requests": {"cpu": cpu}}, **more)


def test_init_containers_count_as_a_peak_and_sidecars_as_a_sum() -> None:
    """A sidecar runs beside the init containers after it, and beside the containers."""
    found = pod(
        containers=[asking("a", "300m"), asking("b", "200m")],
        initContainers=[
            asking("first", "900m"),
            asking("side", "100m", restartPolicy="Always"),
            asking("second", "850m"),
        ],
    )
    assert pod_requests(found) == {"cpu": 950}


def test_overhead_counts_on_top() -> None:
    """It is the sandbox's own."""
    assert pod_requests(pod(containers=[asking("a", "1")], overhead={"cpu": "50m"})) == {
        "cpu": 1050
    }


@pytest.mark.parametrize(
    ("resources", "expected"),
    [
        ({}, "BestEffort"),
        ({"requests": {"cpu": "0"}}, "BestEffort"),
        ({"requests": {"cpu": "1"}}, "Burstable"),
        ({"limits": {"cpu": "1", "memory": "1Gi"}}, "Guaranteed"),
        ({"requests": {"cpu": "500m"}, "limits": {"cpu": "1", "memory": "1Gi"}}, "Burstable"),
        ({"requests": {"cpu": "1000m"}, "limits": {"cpu": "1", "memory": "1Gi"}}, "Burstable"),
        ({"requests": FULL, "limits": {"cpu": "1000m", "memory": "1024Mi"}}, "Guaranteed"),
    ],
)  # fmt: skip
def test_the_class_of_service_follows_from_requests_and_limits(
    resources: Object, expected: str
) -> None:
    """Amounts are compared, not their spelling."""
    assert qos_class(pod(containers=[container(resources=resources)])) == expected
