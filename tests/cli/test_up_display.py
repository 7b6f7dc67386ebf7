"""What people and programs see of a cluster that runs."""

import io
import json

import pytest
from rich.console import Console

from kactors.cli.up_display import Lines, Table, in_words
from kactors.cluster.live.events import (
    ClusterEvent,
    ProcessEnded,
    ProcessStarted,
    Ready,
    Seen,
    Stopping,
)

STORY: list[tuple[ClusterEvent, str, str]] = [
    (ProcessStarted("m1", 7, 1), "started", "m1: started, process 7"),
    (Seen(), "seen", "etcd led by nobody; apiservers: none; 0 nodes ready"),
    (Seen("m1", ("m1",), ("n1", "n2")), "seen", "etcd led by m1; apiservers: m1; 2 nodes ready"),
    (Ready(8.43), "ready", "ready after 8.4 s"),
    (ProcessEnded("m1", "killed", 0.5), "ended", "m1: killed; again in 0.5 s"),
    (ProcessStarted("m1", 8, 2), "started", "m1: started again, process 8"),
    (Stopping("SIGINT"), "stopping", "SIGINT: stopping"),
    (ProcessEnded("m1", "exit status 0", None), "ended", "m1: exit status 0"),
]  # fmt: skip
EVENTS = [event for event, _, _ in STORY]


def test_words() -> None:
    """Each event is a sentence."""
    assert [in_words(event) for event in EVENTS] == [words for _, _, words in STORY]


def test_lines_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    """Each event is a line of JSON, with its name and its fields."""
    lines = Lines(as_json=True)
    for event in EVENTS:
        lines.show(event)
    lines.close()

    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]

    assert [each["event"] for each in found] == [name for _, name, _ in STORY]
    assert found[2] == {
        "event": "seen", "etcd_leader": "m1", "apiservers": ["m1"], "nodes": ["n1", "n2"],
    }  # fmt: skip


def test_nobody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster whose lines go nowhere goes on."""

    def broken(_: str) -> None:
        raise BrokenPipeError

    monkeypatch.setattr("click.echo", broken)
    Lines(as_json=False).show(Ready(1.0))


def test_a_table_that_changes() -> None:
    """The last one says how everything is; what has ended can be read above it."""
    screen = io.StringIO()
    table = Table(Console(file=screen, force_terminal=True, width=100))
    for event in EVENTS[:6]:
        table.show(event)
    table.close()

    shown = screen.getvalue()
    last = shown[shown.rindex("process") :]

    assert "killed; again in 0.5 s" in shown
    for part in ("m1", "8", "running", "2", "apiserver, etcd's leader"):
        assert part in last
