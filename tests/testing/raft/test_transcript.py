"""Transcripts: what is shown, in which words, and what is left out."""

from kactors.checking.raft_view import MemberView, Role
from kactors.testing.raft import OURS, Fault, Implementation, Kind, Schedule, Target, run
from kactors.testing.raft.recorder import Recorder
from kactors.testing.raft.transcript import describe_view, transcript
from tests.guides.programs import load

FOREIGN: Implementation = load("minimal_raft").MinimalRaft()
VIEW = MemberView(Role.LEADER, 3, 1, 7, 1, 9, 2, (1, 2, 3))
MS = 1_000_000


def test_a_transcript_is_bounded() -> None:
    """Of a long run the last lines are shown, and the others counted."""
    recorder = Recorder()
    run(Schedule(faults=(Fault(Kind.ISOLATE, span_ms=1500),), seed=3), recorder=recorder)

    lines = transcript(recorder, OURS, most_lines=10).splitlines()

    assert len(lines) == 11
    assert "earlier lines" in lines[0]
    assert not any("Heartbeat" in line for line in lines)


def test_a_message_appears_once() -> None:
    """When it arrives; when it leaves only if it never arrives."""
    recorder = Recorder()
    arrives, lost = ("vote?", 1, 0, 0), ("vote?", 2, 0, 0)
    recorder.sent(1 * MS, 1, 2, 1, arrives)
    recorder.sent(2 * MS, 1, 3, 1, lost)
    recorder.received(5 * MS, 1, 2, arrives)

    assert transcript(recorder, FOREIGN).splitlines() == [
        "     0.002 s  1->3  vote? 2 0 0  (lost or late)",
        "     0.005 s  1->2  vote? 1 0 0",
    ]


def test_repetitions_are_counted_until_something_happens() -> None:
    """What is said again and again is said once; after a crash it may matter again."""
    recorder = Recorder()
    for at_ms in (1, 2, 3):
        message = ("append!", 1, True, 4)
        recorder.sent(at_ms * MS, 2, 1, 1, message)
        recorder.received(at_ms * MS, 2, 1, message)
    recorder.event(4 * MS, 3, "stop", "")
    message = ("append!", 1, True, 4)
    recorder.sent(5 * MS, 2, 1, 1, message)
    recorder.received(5 * MS, 2, 1, message)

    assert transcript(recorder, FOREIGN).splitlines() == [
        "    (2 repeated messages are left out)",
        "     0.001 s  2->1  append! 1 True 4",
        "     0.004 s  3     stop",
        "     0.005 s  2->1  append! 1 True 4",
    ]


def test_everything_else_has_its_line() -> None:
    """Starts, views, faults and the violation, each in the words that a reader needs."""
    recorder = Recorder()
    recorder.event(0, 1, "start", "boot 2")
    recorder.viewed(0, 1, VIEW)
    recorder.event(0, 0, "fault", "Fault(...)")
    recorder.event(0, 1, "violation", "it broke")

    assert transcript(recorder, FOREIGN).splitlines() == [
        "     0.000 s  1     start boot 2",
        "     0.000 s  1     leader of term 3, vote 1, log 9/2, commit 7, voters 1 2 3",
        "     0.000 s  fault Fault(...)",
        "     0.000 s  *     it broke",
    ]


def test_a_joint_configuration_names_both_halves() -> None:
    """The outgoing voters still count, so they are shown."""
    joint = MemberView(Role.FOLLOWER, 3, None, 7, 1, 9, 2, (1, 2), outgoing=(2, 3))

    assert describe_view(joint) == (
        "follower of term 3, vote -, log 9/2, commit 7, voters 1 2 and 2 3"
    )


def test_faults_are_told_with_their_targets() -> None:
    """A schedule's faults are found again in the transcript of its run, in order."""
    faults = (
        Fault(Kind.ISOLATE, after_ms=500, span_ms=100),
        Fault(Kind.CRASH, Target.MOST_BEHIND, after_ms=500, span_ms=100),
    )
    recorder = Recorder()
    run(Schedule(faults=faults, seed=3), recorder=recorder)

    text = transcript(recorder, OURS, most_lines=10_000)

    assert [line.split("fault ")[1] for line in text.splitlines() if " fault " in line] == [
        repr(fault) for fault in faults
    ]
