"""The recorder keeps what happened, as long as it may."""

from kactors.testing.raft import Fault, Kind, Schedule, run
from kactors.testing.raft.recorder import Recorder


def test_a_recorder_forgets_the_oldest() -> None:
    """Memory is bounded, and what was dropped is counted."""
    recorder = Recorder(limit=50)

    run(Schedule(faults=(Fault(Kind.ISOLATE, span_ms=1500),), seed=3), recorder=recorder)

    assert len(recorder.happenings) == 50
    assert recorder.dropped > 100


def test_recording_changes_nothing() -> None:
    """A run that is watched is the run that was not."""
    schedule = Schedule(faults=(Fault(Kind.BOUNCE_ALL, span_ms=500),), seed=9)

    assert run(schedule, recorder=Recorder()).digest == run(schedule).digest


def test_an_arrival_knows_its_sending() -> None:
    """Both have the same number; so have all arrivals of a message that comes twice."""
    recorder = Recorder()
    message = ("vote?", 1)
    recorder.sent(0, 1, 2, 1, message)
    recorder.sent(0, 1, 3, 1, message)
    recorder.received(5, 1, 2, message)
    recorder.received(6, 1, 2, message)
    recorder.received(7, 3, 2, ("from before",))

    assert [(each.what, each.number) for each in recorder.happenings] == [
        ("send", 1),
        ("send", 2),
        ("receive", 1),
        ("receive", 1),
        ("receive", 0),
    ]
