"""Traces as Chrome trace events, which https://ui.perfetto.dev opens.

A host is a process, an actor on it a thread. Messages are arrows from their sending to
their end; a fault, a pause, the life of a host are spans; everything else is an instant.

Source: "Trace Event Format", the document that Chromium's about:tracing refers to.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from kactors.evidence.trace import Level, Record

SPANS: dict[str, str] = {"fault begins": "fault", "pause": "paused", "crash": "down"}
"""What begins a span, and what the span is called."""

ENDS: dict[str, tuple[str, ...]] = {
    "fault ends": ("fault begins",),
    "resume": ("pause",),
    "crash": ("pause",),
    "restart": ("crash",),
}
"""What ends spans, and which."""

_ARROWS = {"send": "s", "deliver": "f", "lost": "f"}

# A slice of no length carries no arrow in Perfetto.
_MESSAGE_US = 1.0


class ChromeTrace:
    """Turns records into events, one by one.

    Numbers for processes and threads are given in the order of first appearance; process 1
    is the world, where faults are.
    """

    def __init__(self) -> None:
        self._processes: dict[str, int] = {}
        self._threads: dict[tuple[str, str], int] = {}
        self._open: dict[tuple[int, str, str], dict[str, Any]] = {}
        self._last_us = 0.0

    def events(self, records: Iterable[Record]) -> Iterator[dict[str, Any]]:
        """Yield the events of a trace; spans that never end reach to its last record."""
        for record in records:
            yield from self._event(record)
        for event in self._open.values():
            yield {**event, "dur": self._last_us - event["ts"]}
        self._open.clear()

    def _event(self, record: Record) -> Iterator[dict[str, Any]]:
        microseconds = self._last_us = record.true_ns / 1000
        process, thread, names = self._place(record)
        yield from names
        here: dict[str, Any] = {"ts": microseconds, "pid": process, "tid": thread}
        facts = {
            "local_s": record.local_ns / 1e9,
            "incarnation": record.incarnation,
            **record.fields,
        }
        # Several faults are open at once in one place; their owners tell them apart.
        owner = str(record.fields.get("owner", ""))
        ended = [self._open.pop((process, what, owner), None) for what in ENDS.get(record.what, ())]
        for event in filter(None, ended):
            yield {**event, "dur": microseconds - event["ts"]}
        if record.what in SPANS:
            title = str(record.fields.get("kind", SPANS[record.what]))
            span = {"ph": "X", "cat": "span", "name": title, **here, "args": facts}
            self._open[process, record.what, owner] = span
        elif any(ended):
            return
        elif record.what in _ARROWS and "flow" in record.fields:
            yield from self._message(record, here, facts)
        else:
            scope = "g" if record.level >= Level.FAULT else "t"
            yield {
                "ph": "i",
                "cat": "event",
                "name": record.what,
                "s": scope,
                **here,
                "args": facts,
            }

    def _message(
        self, record: Record, here: dict[str, Any], facts: dict[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield a small slice and an end of an arrow that it holds."""
        message = str(record.fields.get("message") or "message")
        name = f"{record.what} {message}"
        yield {"ph": "X", "cat": "message", "name": name, **here, "dur": _MESSAGE_US, "args": facts}
        arrow = {"ph": _ARROWS[record.what], "cat": "message", "name": message, **here}
        arrow["id"] = record.fields["flow"]
        if arrow["ph"] == "f":
            arrow["bp"] = "e"  # bind to the slice around it, not to the next one
        yield arrow

    def _place(self, record: Record) -> tuple[int, int, list[dict[str, Any]]]:
        """Return process and thread of a record, and events that name those that are new."""
        names: list[dict[str, Any]] = []
        if not self._processes:
            self._processes[""] = 1
            names.append(_name("process_name", 1, 0, "the world"))
        process = self._processes.get(record.host)
        if process is None:
            process = self._processes[record.host] = len(self._processes) + 1
            names.append(_name("process_name", process, 0, record.host))
        place = (record.host, record.actor)
        thread = self._threads.get(place)
        if thread is None:
            thread = self._threads[place] = len(self._threads) + 1
            names.append(_name("thread_name", process, thread, record.actor or "the host itself"))
        return process, thread, names


def _name(what: str, process: int, thread: int, name: str) -> dict[str, Any]:
    return {"ph": "M", "name": what, "pid": process, "tid": thread, "args": {"name": name}}


def write_chrome(records: Iterable[Record], file: TextIO) -> None:
    """Write a trace as one JSON document, event by event."""
    file.write('{"displayTimeUnit":"ms","traceEvents":[')
    between = "\n"
    for event in ChromeTrace().events(records):
        file.write(between + json.dumps(event, separators=(",", ":")))
        between = ",\n"
    file.write("\n]}\n")
