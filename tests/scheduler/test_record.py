"""Objects that are made for every pod."""

import attrs

from kactors.scheduler.record import record


@record
class Place:
    """Compared by what is in it."""

    name: str
    row: int = 0


@record(eq=False, kw_only=True)
class Visit:
    """Compared by identity."""

    place: Place


def test_records_are_equal_and_hashed_by_their_fields() -> None:
    """Two records with the same fields are the same key of a dictionary."""
    assert Place("a", 1) == Place("a", 1) != Place("a")
    assert {Place("a"): "found"}[Place("a")] == "found"


def test_records_without_equality() -> None:
    """A record that asks for no equality is equal to itself alone, and has no dictionary."""
    visit = Visit(place=Place("a"))

    assert visit != Visit(place=Place("a"))
    assert {visit: "found"}[visit] == "found"
    assert not hasattr(visit, "__dict__")
    assert attrs.evolve(visit, place=Place("b")).place.name == "b"
