"""Messages that reached nobody are counted, kept for a while, and in the trace."""

from kactors.actors import Inspect, SystemReport
from tests.actors.cast import Note, ask, small_world, tell


def test_only_the_latest_dead_letters_are_kept() -> None:
    """All are counted."""
    world = small_world()

    tell(world, *(Note(number) for number in range(150)), to="b/nobody")

    report = ask(world, Inspect(), to="b/system")
    assert isinstance(report, SystemReport)
    assert report.dead_letters == {"no such actor": 150}
    assert len(report.latest_dead_letters) == 100


def test_the_trace_shows_them() -> None:
    """With reason and tag."""
    world = small_world(trace=True)

    tell(world, Note(1), to="b/nobody")

    assert world.recorder is not None
    found = [each for each in world.recorder.records if each.what == "dead-letter"]
    assert [(each.host, each.actor, dict(each.fields)) for each in found] == [
        ("b", "nobody", {"reason": "no such actor", "message": "test.note"})
    ]
