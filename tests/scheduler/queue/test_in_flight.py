"""Events that happen while pods are being scheduled."""

from kactors.scheduler.queue.events import NODE_ADD, NODE_DELETE
from kactors.scheduler.queue.in_flight import Happening, InFlight


def test_each_pod_sees_what_happened_since_it_was_popped() -> None:
    """Events before a pod was popped are not for it."""
    flight = InFlight()
    first, second = Happening(NODE_ADD), Happening(NODE_DELETE)

    flight.add("a")
    flight.happened(first)
    flight.add("b")
    flight.happened(second)

    assert list(flight.events_for("a")) == [first, second]
    assert list(flight.events_for("b")) == [second]
    assert list(flight.events_for("c")) == []


def test_events_are_dropped_when_nobody_needs_them() -> None:
    """What only pods that are done have seen takes no room."""
    flight = InFlight()
    flight.happened(Happening(NODE_ADD))
    flight.add("a")
    flight.happened(Happening(NODE_ADD))
    flight.add("b")
    flight.happened(Happening(NODE_ADD))

    flight.done("a")

    assert len(flight._events) == 1
    assert len(list(flight.events_for("b"))) == 1
    flight.done("b")
    assert not flight._events


def test_a_change_of_one_pod_is_for_it_alone() -> None:
    """Another pod in flight does not see it."""
    flight = InFlight()
    flight.add("a")
    flight.add("b")

    flight.happened(Happening(NODE_ADD, only_for="b"))

    assert not list(flight.events_for("a"))
    assert list(flight.events_for("b"))
