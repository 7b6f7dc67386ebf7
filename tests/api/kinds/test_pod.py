"""How long a pod may take to finish."""

import pytest

from kactors.api.objects import Object
from kactors.api.registry import REGISTRY

RUNNING = {"spec": {"nodeName": "n", "terminationGracePeriodSeconds": 30}}


@pytest.mark.parametrize(
    ("pod", "asked_s", "expected"),
    [
        (RUNNING, None, 30),
        (RUNNING, 5, 5),
        (RUNNING, 0, 0),
        (RUNNING, -3, 1),
        ({"spec": {"nodeName": "n"}}, None, 0),
        ({"spec": {"terminationGracePeriodSeconds": 30}}, None, 0),
        ({"spec": {"terminationGracePeriodSeconds": 30}}, 10, 0),
        ({**RUNNING, "status": {"phase": "Failed"}}, 10, 0),
        ({**RUNNING, "status": {"phase": "Succeeded"}}, None, 0),
        ({**RUNNING, "status": {"phase": "Running"}}, None, 30),
    ],
)
def test_grace(pod: Object, asked_s: int | None, expected: int) -> None:
    """What was asked for, or what the pod says; nothing, where nothing runs."""
    assert REGISTRY.by_name("pods").strategy.grace_period(pod, asked_s) == expected


def test_warnings() -> None:
    """A name that cannot be a hostname is accepted, with a warning."""
    pods = REGISTRY.by_name("pods").strategy
    assert pods.warnings({"metadata": {"name": "a-b"}}) == []
    (warning,) = pods.warnings({"metadata": {"name": "a.b"}})
    assert warning.startswith("metadata.name: this is used in the Pod's hostname")
    assert warning.endswith("a DNS label is recommended: [must not contain dots]")


def test_other_kinds_know_no_grace() -> None:
    """Their objects go at once."""
    assert REGISTRY.by_name("nodes").strategy.grace_period({}, 30) is None
