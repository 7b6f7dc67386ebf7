"""Pages: what is drawn, how it is labelled, and that nothing breaks out of it."""

import re

from kactors.checking.raft_view import MemberView, Role
from kactors.testing.raft import Implementation
from kactors.testing.raft.diagram import draw
from kactors.testing.raft.recorder import Recorder
from tests.guides.programs import load

FOREIGN: Implementation = load("minimal_raft").MinimalRaft()
MS = 1_000_000


def page(*, violated: int = 2) -> str:
    """A page on which member 2 votes for member 1, a message is lost, and something breaks."""
    recorder = Recorder()
    for member in (1, 2):
        recorder.event(0, member, "start", "boot 1")
        recorder.viewed(0, member, MemberView(Role.FOLLOWER, 1, None, 0, 1, 0, 0, (1, 2)))
    recorder.viewed(50 * MS, 1, MemberView(Role.CANDIDATE, 2, 1, 0, 1, 0, 0, (1, 2)))
    vote, lost = ("vote!", 2, True), ("append?", 2, "<lost & gone>")
    recorder.sent(100 * MS, 2, 1, 2, vote)
    recorder.received(150 * MS, 2, 1, vote)
    recorder.viewed(150 * MS, 1, MemberView(Role.LEADER, 2, 1, 0, 1, 0, 0, (1, 2)))
    recorder.sent(151 * MS, 1, 2, 2, lost)
    recorder.event(300 * MS, 1, "stop", "")
    recorder.event(400 * MS, 0, "fault", "Fault(kind=Kind.SLOW_DISK, span_ms=3)")
    recorder.event(500 * MS, violated, "violation", "a <property> broke; because")
    return draw(recorder, FOREIGN, title="a <property> broke; because", schedule="Schedule()")


def test_the_violation_is_named_where_it_broke() -> None:
    """A red line over all lanes, a ring on the member's, and the property's name beneath."""
    text = page()

    assert len(re.findall("<line class=violation", text)) == 1
    assert len(re.findall("<circle class=violation", text)) == 1
    assert re.search(r"text-anchor=end>a &lt;property&gt; broke</text>", text)
    assert "<title>a &lt;property&gt; broke; because</title></svg>" not in text
    assert "<title>a &lt;property&gt; broke; because</title>" in text


def test_a_violation_of_nobody_is_drawn_above_the_lanes() -> None:
    """Liveness is broken by all of them."""
    assert 'cy="60"' in page(violated=0)


def test_roles_terms_votes_and_losses_look_different() -> None:
    """Hatched candidates, tall leaders, bold votes, dashed losses, a fault with its name."""
    text = page()

    assert text.count('fill="url(#hatch)"') == 1
    assert 'class="t1"' in text
    assert 'class="t2"' in text
    assert re.search(r'class="t2" [^>]*height="22"', text)
    assert 'line class="vote"' in text
    assert 'line class="message lost"' in text
    assert "slow disk</text>" in text
    assert "✕</text>" in text


def test_text_from_outside_is_escaped() -> None:
    """A message may say anything."""
    text = page()

    assert "<lost" not in text
    assert "&lt;lost &amp; gone&gt;" in text
    assert "<property>" not in text


def test_a_page_needs_nothing_else() -> None:
    """No scripts, nothing from elsewhere, and colours for light and dark."""
    text = page()

    assert "<script" not in text
    assert "http" not in text
    assert "src=" not in text
    assert "prefers-color-scheme: dark" in text


def test_messages_to_nobody_are_left_out() -> None:
    """A member that is not among the lanes has no arrows."""
    recorder = Recorder()
    recorder.viewed(0, 1, MemberView(Role.FOLLOWER, 1, None, 0, 1, 0, 0, (1, 2)))
    recorder.sent(1, 1, 9, 1, ("vote?", 1, 0, 0))

    text = draw(recorder, FOREIGN, title="t", schedule="s")

    assert 'line class="message' not in text
