"""Tests of the taints that a node's conditions ask for."""

from kactors.api.objects import Object, replaced
from kactors.controllers.node_lifecycle.node_taints import (
    NOT_READY,
    UNREACHABLE,
    no_execute_key,
    with_no_execute,
    with_no_schedule,
)
from tests.controllers.objects import T0, node


def with_ready(status: str, **spec: object) -> Object:
    """Return a node of some readiness."""
    conditions = [{"type": "Ready", "status": status}, {"type": "DiskPressure", "status": "True"}]
    return node("n", status={"conditions": conditions}, spec=spec)


def keys(taints: list[Object] | None) -> list[tuple[str, str]]:
    """Return key and effect of each taint."""
    return [(each["key"], each["effect"]) for each in taints or ()]


def test_conditions_become_taints() -> None:
    """Each bad condition keeps new pods away; other people's taints stay."""
    own = {"key": "dedicated", "effect": "NoSchedule"}
    taints = with_no_schedule(with_ready("Unknown", taints=[own], unschedulable=True), T0)
    assert keys(taints) == [
        ("dedicated", "NoSchedule"),
        (UNREACHABLE, "NoSchedule"),
        ("node.kubernetes.io/disk-pressure", "NoSchedule"),
        ("node.kubernetes.io/unschedulable", "NoSchedule"),
    ]
    settled = with_ready("Unknown", taints=taints, unschedulable=True)
    assert with_no_schedule(settled, T0) is None
    well = replaced(settled, [], "status", "conditions")
    assert keys(with_no_schedule(replaced(well, False, "spec", "unschedulable"), T0)) == [
        ("dedicated", "NoSchedule")
    ]


def test_one_taint_at_a_time_sends_pods_away() -> None:
    """Not-ready and unreachable replace each other, and leave the same keys of other effects."""
    blocked = {"key": NOT_READY, "effect": "NoSchedule"}
    first = with_no_execute(node("n", spec={"taints": [blocked]}), NOT_READY, T0)
    assert keys(first) == [(NOT_READY, "NoSchedule"), (NOT_READY, "NoExecute")]
    tainted = node("n", spec={"taints": first})
    assert with_no_execute(tainted, NOT_READY, T0) is None
    assert keys(with_no_execute(tainted, UNREACHABLE, T0)) == [
        (NOT_READY, "NoSchedule"),
        (UNREACHABLE, "NoExecute"),
    ]
    assert keys(with_no_execute(tainted, None, T0)) == [(NOT_READY, "NoSchedule")]


def test_which_taint() -> None:
    """A node that says that it is not ready is not-ready, a silent one unreachable."""
    assert [no_execute_key(each) for each in ("True", "False", "Unknown")] == [
        None,
        NOT_READY,
        UNREACHABLE,
    ]
