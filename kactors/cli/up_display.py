"""How ``kactors up`` shows what happens: a table that changes, or lines."""

import json
from contextlib import suppress
from typing import Protocol

import attrs
import click
from rich.console import Console, Group
from rich.live import Live
from rich.table import Table as RichTable
from rich.text import Text

from kactors.cluster.live.events import (
    ClusterEvent,
    ProcessEnded,
    ProcessStarted,
    Ready,
    Seen,
    Stopping,
)
from kactors.cluster.live.settings import NODES_PROCESS

__all__ = ["EVENT_NAMES", "Display", "Lines", "Table", "in_words"]

#: What events are called in JSON.
EVENT_NAMES = {
    ProcessStarted: "started",
    ProcessEnded: "ended",
    Seen: "seen",
    Ready: "ready",
    Stopping: "stopping",
}


class Display(Protocol):
    """Shows events until it is closed."""

    def show(self, event: ClusterEvent) -> None:
        """Show one more."""
        ...

    def close(self) -> None:
        """Leave the screen to others."""
        ...


def in_words(event: ClusterEvent) -> str:
    """Return an event as a sentence for people."""
    match event:
        case ProcessStarted(process, pid, starts):
            return f"{process}: {'started' if starts == 1 else 'started again'}, process {pid}"
        case ProcessEnded(process, why, None):
            return f"{process}: {why}"
        case ProcessEnded(process, why, again_s):
            return f"{process}: {why}; again in {again_s:g} s"
        case Seen(leader, apiservers, nodes):
            serving = ", ".join(apiservers) or "none"
            return (
                f"etcd led by {leader or 'nobody'}; apiservers: {serving}; {len(nodes)} nodes ready"
            )
        case Ready(seconds):
            return f"ready after {seconds:.1f} s"
        case Stopping(why):
            return f"{why}: stopping"


class Lines:
    """One line for each event.

    Args:
        as_json: for programs.
    """

    def __init__(self, as_json: bool) -> None:
        self._as_json = as_json

    def show(self, event: ClusterEvent) -> None:
        """Write a line."""
        line = in_words(event)
        if self._as_json:
            line = json.dumps({"event": EVENT_NAMES[type(event)], **attrs.asdict(event)})
        with suppress(BrokenPipeError):  # the cluster goes on, whether anybody reads this or not
            click.echo(line)

    def close(self) -> None:
        """Do nothing: lines stay."""


@attrs.define
class _Row:
    pid: str = ""
    state: str = "starting"
    starts: int = 0


class Table:
    """A table of processes that changes in place, above it the latest words about the whole.

    Args:
        console: where.
    """

    def __init__(self, console: Console) -> None:
        self._rows: dict[str, _Row] = {}
        self._seen = Seen()
        self._latest = "starting"
        self._live = Live(self._rendered(), console=console, auto_refresh=False)
        self._live.start()

    def show(self, event: ClusterEvent) -> None:
        """Change the table; what people may want to read again stays above it."""
        match event:
            case ProcessStarted(process, pid, starts):
                self._rows[process] = _Row(str(pid), "running", starts)
            case ProcessEnded(process, why, _):
                row = self._rows[process]
                row.pid, row.state = "", why
            case Seen():
                self._seen = event
            case _:
                self._latest = in_words(event)
        if isinstance(event, ProcessEnded):
            self._live.console.print(Text(in_words(event)))
        self._live.update(self._rendered(), refresh=True)

    def close(self) -> None:
        """Leave the last table where it is."""
        self._live.stop()

    def _rendered(self) -> Group:
        table = RichTable("process", "pid", "state", "starts", "serves", box=None)
        for name, row in self._rows.items():
            table.add_row(name, row.pid, Text(row.state), str(row.starts), self._serves(name))
        return Group(Text(self._latest), table)

    def _serves(self, process: str) -> str:
        if process == NODES_PROCESS:
            return f"{len(self._seen.nodes)} nodes ready"
        parts = ["apiserver"] if process in self._seen.apiservers else []
        parts += ["etcd's leader"] if process == self._seen.etcd_leader else []
        return ", ".join(parts)
