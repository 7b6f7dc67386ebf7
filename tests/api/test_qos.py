"""The quality of service of pods."""

import pytest

from kactors.api.objects import Object
from kactors.api.qos import qos_class

BOTH = {"cpu": "1", "memory": "1Gi"}


def _pod(*resources: Object) -> Object:
    return {"spec": {"containers": [{"resources": each} for each in resources]}}


@pytest.mark.parametrize(
    ("pod", "expected"),
    [
        ({}, "BestEffort"),
        (_pod({}), "BestEffort"),
        (_pod({"requests": {"cpu": "0"}}), "BestEffort"),
        (_pod({"requests": {"example.com/gpu": "1"}}), "BestEffort"),
        (_pod({"requests": {"cpu": "1"}}), "Burstable"),
        (_pod({"limits": {"cpu": "1"}}), "Burstable"),
        (_pod({"limits": BOTH}), "Guaranteed"),
        (_pod({"limits": BOTH, "requests": BOTH}), "Guaranteed"),
        (_pod({"limits": BOTH, "requests": {"cpu": "1000m", "memory": "1024Mi"}}), "Guaranteed"),
        (_pod({"limits": BOTH, "requests": {"cpu": "500m"}}), "Burstable"),
        (_pod({"limits": BOTH}, {}), "Burstable"),
        ({"spec": {"initContainers": [{}], "containers": [{"resources": {"limits": BOTH}}]}},
         "Burstable"),
    ],
)  # fmt: skip
def test_classes(pod: Object, expected: str) -> None:
    """Guaranteed needs limits of both for every container; nothing at all is best effort."""
    assert qos_class(pod) == expected
