"""Tests of signs of life."""

from typing import Any

from kactors.api.meta import get_condition
from kactors.api.objects import Object, replaced
from kactors.controllers.node_lifecycle.health import (
    Grace,
    conditions_of_silence,
    observe,
    ready_status,
)
from tests.controllers.objects import at, make, node


def reporting(heartbeat: str, **more: Any) -> Object:
    """Return a node that has posted its status at some time."""
    ready = {"type": "Ready", "status": "True", "lastHeartbeatTime": heartbeat,
             "lastTransitionTime": "2020-01-01T00:00:00Z"}  # fmt: skip
    return node("n", status={"conditions": [ready]}, **more)


def lease(renewed: str) -> Object:
    """Return a Lease that was renewed at some time."""
    return make("coordination.k8s.io/v1", "Lease", "n", spec={"renewTime": renewed})


def test_a_renewed_lease_is_a_sign_of_life() -> None:
    """Only what is new counts, and it counts when it is seen."""
    first = observe(None, reporting("a"), lease("1"), 10.0)
    assert observe(first, reporting("a"), lease("1"), 30.0) is first
    assert observe(first, reporting("a"), lease("2"), 30.0).seen_at == 30.0
    assert observe(first, reporting("b"), lease("1"), 31.0).seen_at == 31.0
    assert observe(first, reporting("a"), None, 32.0) is first


def test_silence_begins_after_the_grace_period() -> None:
    """A node that has spoken has forty seconds, one that never has, sixty."""
    spoken = observe(None, reporting("a"), None, 0.0)
    assert not spoken.silent_at(40.0, Grace())
    assert spoken.silent_at(40.1, Grace())
    mute = observe(None, node("n", status={}), None, 0.0)
    assert not mute.silent_at(60.0, Grace())
    assert mute.silent_at(60.1, Grace())


def test_our_own_words_are_no_sign_of_life() -> None:
    """What the controller itself writes into the status does not start the time anew."""
    first = observe(None, reporting("a"), None, 0.0)
    conditions = conditions_of_silence(reporting("a"), at(50))
    told = replaced(reporting("a"), conditions, "status", "conditions")
    assert observe(first, told, None, 50.0) is first


def test_silence_is_told_once() -> None:
    """Conditions become Unknown; told again, there is nothing to change."""
    conditions = conditions_of_silence(reporting("a"), at(50))
    told = replaced(reporting("a"), conditions, "status", "conditions")
    assert ready_status(told) == "Unknown"
    assert (get_condition(told, "Ready") or {})["reason"] == "NodeStatusUnknown"
    assert (get_condition(told, "DiskPressure") or {})["reason"] == "NodeStatusNeverUpdated"
    assert conditions_of_silence(told, at(60)) is None


def test_a_node_without_status_is_not_known_to_be_ready() -> None:
    """A node that has said nothing is Unknown."""
    assert ready_status(node("n", status={})) == "Unknown"
