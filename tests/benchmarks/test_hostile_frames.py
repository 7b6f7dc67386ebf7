"""The attack on a TCP listener, in small: it holds, and it would tell if it did not."""

import json
from collections import Counter

import pytest
from click.testing import CliRunner

from benchmarks.hostile_frames import Attack, Findings, main
from benchmarks.hostile_sessions import Ending, draw_session
from kactors.runtime import live
from kactors.runtime.random import stream

FRAMES = 20_000


@pytest.fixture(scope="module")
def findings() -> Findings:
    """What came of twenty thousand frames."""
    attack = Attack(FRAMES, 1)
    live.run(attack.run)
    return attack.findings


@pytest.mark.live
class TestAttack:
    """Over real sockets."""

    def test_nothing_broke(self, findings: Findings) -> None:
        """Nothing crashed or leaked, and honest peers were served throughout."""
        assert findings.problems == []
        assert findings.frames >= FRAMES
        assert len(findings.latencies_ms) > 100

    def test_nothing_leaked(self, findings: Findings) -> None:
        """Tasks and descriptors are what they were before."""
        assert findings.after.tasks == findings.before.tasks
        assert findings.after.descriptors == findings.before.descriptors

    def test_every_connection_ended_as_its_bytes_deserve(self, findings: Findings) -> None:
        """The listener's counts are the expected ones, to the last connection."""
        assert findings.counted == findings.expected
        assert sum(findings.counted.values()) == findings.sessions

    def test_many_reasons_were_met(self, findings: Findings) -> None:
        """The attack is varied: each reason that bytes can give was given several times."""
        for reason in (
            "closed: malformed frame",
            "closed: frame too large",
            "closed: source mismatch",
            "closed: target mismatch",
            "closed: goodbye",
            "closed: end of stream",
            "closed: reset",
            "failed: not kactors",
            "failed: wrong host",
            "failed: end of stream",
        ):
            assert findings.counted[reason] >= 5, reason
        assert findings.delivered > FRAMES // 10

    def test_the_command_reports(self) -> None:
        """Programs find the benchmarks' keys, and success in the exit status."""
        result = CliRunner().invoke(main, ["--frames", "200", "--json"])

        assert result.exit_code == 0, result.output
        report = json.loads(result.output)
        assert report["benchmark"] == "hostile_frames"
        rows = {row["what"]: row["ours"] for row in report["rows"]}
        assert rows["frames"] >= 200
        assert rows["problems"] == 0

    def test_a_wrong_count_is_a_problem(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """An attack whose connections end otherwise than expected fails, and says how."""
        monkeypatch.setattr(
            "benchmarks.hostile_frames.draw_session",
            lambda *args, **kwargs: draw_session(*args, **kwargs)._replace(counted="closed: x"),
        )

        found = live.run(Attack(20, 0).run)

        assert any("counted otherwise than expected" in problem for problem in found.problems)


def test_a_session_is_a_value_of_its_seed() -> None:
    """The same seed and number draw the same session, so that a finding can be replayed."""
    one, other = (
        draw_session(stream(7, "session", 3), target="server", frame_bytes_max=1000)
        for _ in range(2)
    )

    assert one == other


def test_sessions_of_every_sort_are_drawn() -> None:
    """All endings and all sorts of frames come up within a thousand sessions."""
    sessions = [
        draw_session(stream(1, "session", number), target="server", frame_bytes_max=1000)
        for number in range(1000)
    ]

    assert {session.ending for session in sessions} == set(Ending)
    assert max(session.frames for session in sessions) > 10
    assert any(len(session.pieces) > 2 for session in sessions)
    assert len(Counter(session.counted for session in sessions)) >= 10
