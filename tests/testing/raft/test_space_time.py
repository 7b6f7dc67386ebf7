"""Layouts: lanes, stretches, arrows, and a time that is not to scale."""

from kactors.checking.raft_view import MemberView, Role
from kactors.testing.raft.recorder import Recorder
from kactors.testing.raft.space_time import LANE, Mark, lay_out

MS = 1_000_000


def view(role: Role, term: int) -> MemberView:
    """A member as it is seen."""
    return MemberView(role, term, None, 0, 1, 0, 0, (1, 2))


def story() -> Recorder:
    """Two members: one leads, is heard once, and crashes; a second message is lost."""
    recorder = Recorder()
    recorder.event(0, 1, "start", "boot 1")
    recorder.viewed(0, 1, view(Role.FOLLOWER, 1))
    recorder.viewed(0, 2, view(Role.FOLLOWER, 1))
    recorder.viewed(1000 * MS, 1, view(Role.LEADER, 2))
    heard, lost = ("append?", 1), ("append?", 2)
    recorder.sent(1000 * MS, 1, 2, 2, heard)
    recorder.received(1001 * MS, 1, 2, heard)
    recorder.sent(1002 * MS, 1, 2, 2, lost)
    recorder.event(1500 * MS, 1, "stop", "")
    recorder.event(1600 * MS, 0, "fault", "Fault(kind=Kind.CRASH)")
    recorder.event(1600 * MS, 2, "violation", "it broke; so")
    return recorder


def test_every_member_has_a_lane() -> None:
    """In order of their ids, at equal distances."""
    layout = lay_out(story(), 100)

    assert list(layout.lanes) == [1, 2]
    assert layout.lanes[2] - layout.lanes[1] == LANE
    assert layout.height > layout.lanes[2] + LANE / 2


def test_a_stretch_ends_with_the_role_or_the_process() -> None:
    """After a crash there is a gap; who never crashes is drawn to the end."""
    layout = lay_out(story(), 100)

    mine = [each for each in layout.stretches if each.member == 1]
    (other,) = [each for each in layout.stretches if each.member == 2]
    assert [each.view.role for each in mine] == [Role.FOLLOWER, Role.LEADER]
    assert mine[0].end == mine[1].begin
    stop = next(mark for mark in layout.marks if mark.what == "stop")
    assert mine[1].end == stop.at < other.end


def test_an_arrow_without_an_end_never_arrived() -> None:
    """The other one slants to the right."""
    heard, lost = lay_out(story(), 100).arrows

    assert heard.end is not None
    assert heard.begin < heard.end
    assert (heard.source, heard.target, heard.message) == (1, 2, ("append?", 1))
    assert (lost.source, lost.target, lost.end) == (1, 2, None)


def test_order_is_kept_and_silence_is_short() -> None:
    """A second of silence is drawn less than ten times as wide as a busy millisecond."""
    layout = lay_out(story(), 100)
    heard, lost = layout.arrows
    assert heard.end is not None
    begin = min(each.begin for each in layout.stretches)

    second, millisecond = heard.begin - begin, heard.end - heard.begin

    assert 0 < millisecond < second < 10 * millisecond
    assert heard.end < lost.begin < next(m.at for m in layout.marks if m.what == "stop")


def test_marks_say_what_and_where() -> None:
    """Starts, stops, faults and the violation; simultaneous ones stand at the same place."""
    marks = lay_out(story(), 100).marks

    assert [(mark.member, mark.what) for mark in marks] == [
        (1, "start"),
        (1, "stop"),
        (0, "fault"),
        (2, "violation"),
    ]
    assert isinstance(marks[0], Mark)
    assert marks[2].at == marks[3].at
    assert marks[3].text == "it broke; so"


def test_what_is_not_drawn_still_counts() -> None:
    """The last happenings begin with the roles that the earlier ones left, and messages too."""
    layout = lay_out(story(), 5)

    assert layout.left_out == 5
    assert [(each.member, each.view.role) for each in layout.stretches] == [
        (1, Role.LEADER),
        (2, Role.FOLLOWER),
    ]
    assert layout.arrows[0].begin == min(each.begin for each in layout.stretches)


def test_who_was_down_before_is_not_drawn() -> None:
    """A member that crashed among the happenings that are left out has an empty lane."""
    recorder = story()

    layout = lay_out(recorder, 2)

    assert list(layout.lanes) == [1, 2]
    assert [each.member for each in layout.stretches] == [2]


def test_nothing_is_laid_out_empty() -> None:
    """A recorder that saw nothing gives a page without lanes."""
    layout = lay_out(Recorder(), 100)

    assert (layout.lanes, layout.stretches, layout.arrows, layout.marks) == ({}, [], [], [])
