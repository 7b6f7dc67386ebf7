"""``--report`` of the commands that run scenarios."""

from pathlib import Path

from click.testing import CliRunner

from kactors.cli.main import main
from tests.scenario.tiny import LINES


def test_run_and_replay_draw_the_same_page(tmp_path: Path) -> None:
    """The run repeats, and so does what is drawn of it."""
    (tmp_path / "tiny.py").write_text(LINES)
    pages = []
    for command in ("run", "replay"):
        page = tmp_path / f"{command}.html"
        arguments = [command, str(tmp_path / "tiny.py"), "--report", str(page)]
        done = CliRunner().invoke(main, arguments, catch_exceptions=False)
        assert done.exit_code == 0, done.output
        pages.append(page.read_text(encoding="utf-8"))
    assert pages[0] == pages[1]
    assert "n1 ● felt" in pages[0]
    assert "✓ met" in pages[0]
