"""When a cluster has come round, and what cannot."""

import pytest

from kactors.api.objects import Object
from kactors.scenario.settled import held_up

SET: Object = {"metadata": {"name": "db", "uid": "1"}}


def pod(owner: str, node: str) -> Object:
    """Return a pod of a StatefulSet."""
    reference = {"kind": "StatefulSet", "name": "db", "uid": owner, "controller": True}
    return {"metadata": {"ownerReferences": [reference]}, "spec": {"nodeName": node}}


@pytest.mark.parametrize(
    ("pods", "expected"),
    [
        ([pod("1", "n1"), pod("1", "")], False),
        ([pod("1", "n1"), pod("1", "n2")], True),
        ([pod("2", "n2")], False),
    ],
)
def test_a_stateful_set_waits_for_its_pod_on_a_node_that_is_never_healed(
    pods: list[Object], expected: bool
) -> None:
    """Nobody may take its place, and no other set waits."""
    assert held_up(SET, pods, ("m1", "n1")) == expected
