"""Two runs that should be equal: where do they first differ?

Everything works on iterables, so that traces are compared straight from their files.
"""

from collections import deque
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Protocol, TypeVar

import attrs

from kactors.evidence.digest import Checkpoint, Digest, Event
from kactors.evidence.trace import Record

CONTEXT = 3
"""How many equal events before a difference are shown."""

_NS = 1e9
_SHOWN_BYTES = 32

E = TypeVar("E", Event, Record)


@attrs.frozen
class Difference:
    """The first event that is not the same in two runs.

    Attributes:
        index: its place, counted from 0.
        left: the event of the first run as text; nothing if that run was over.
        right: the event of the second run, likewise.
        fields: in what they differ; empty if one run was over.
        before: the last events that both had, as texts.
    """

    index: int
    left: str | None
    right: str | None
    fields: tuple[str, ...]
    before: tuple[str, ...]

    def __str__(self) -> str:
        lines = [f"the runs differ at event {self.index}"]
        if self.fields:
            lines[0] += f", in its {' and '.join(self.fields)}"
        lines += [f"  both:   {event}" for event in self.before]
        lines += [f"  first:  {self.left or 'no further event'}"]
        lines += [f"  second: {self.right or 'no further event'}"]
        return "\n".join(lines)


def describe(event: Event | Record) -> str:
    """Return one line about an event, for people."""
    if isinstance(event, Event):
        source, target = "/".join(event.source), "/".join(event.target)
        return (
            f"{event.time_ns / _NS:.9f} s, sequence {event.sequence}: {source} -> {target}, "
            f"{_shown(event.payload)}"
        )
    where = f"{event.host}#{event.incarnation}" if event.host else "the world"
    who = f"{where}/{event.actor}" if event.actor else where
    fields = "".join(f", {name}={value!r}" for name, value in event.fields.items())
    local = f" (local {event.local_ns / _NS:.9f} s)" if event.local_ns != event.true_ns else ""
    return (
        f"{event.true_ns / _NS:.9f} s{local}, record {event.sequence}: {who} {event.what}{fields}"
    )


def _shown(payload: bytes) -> str:
    text = payload[:_SHOWN_BYTES].hex()
    return f"{len(payload)} bytes {text}{'...' if len(payload) > _SHOWN_BYTES else ''}"


def first_difference(left: Iterable[E], right: Iterable[E], *, first: int = 0) -> Difference | None:
    """Return where two sequences of events first differ, or nothing if they are equal.

    Reads no further than the difference.

    Args:
        left: the events of the first run.
        right: the events of the second run.
        first: the place of the first of these events in their runs.
    """
    before: deque[E] = deque(maxlen=CONTEXT)
    lefts, rights = iter(left), iter(right)
    index = first
    while True:
        one, other = next(lefts, None), next(rights, None)
        if one != other:
            return Difference(
                index,
                None if one is None else describe(one),
                None if other is None else describe(other),
                _differing(one, other),
                tuple(map(describe, before)),
            )
        if one is None:
            return None
        before.append(one)
        index += 1


def _differing(one: Event | Record | None, other: Event | Record | None) -> tuple[str, ...]:
    if one is None or other is None:
        return ()
    return tuple(
        name for name, left, right in zip(one._fields, one, other, strict=True) if left != right
    )


class Digested(Protocol):
    """What of a digest is compared; `Digest` itself, or what is left of one in another process."""

    @property
    def events(self) -> int:
        """How many events there were."""
        ...

    @property
    def checkpoints(self) -> tuple[Checkpoint, ...]:
        """The digests after each full interval, in order."""
        ...

    def hexdigest(self) -> str:
        """Return the digest of all events."""
        ...


def differing_window(left: Digested, right: Digested) -> tuple[int, int] | None:
    """Return the stretch of events in which two digests first differ, or nothing.

    Both must have checkpoints at the same intervals; the stretch is for ``Digest(keep=...)``.
    """
    begin = 0
    for one, other in zip(left.checkpoints, right.checkpoints, strict=False):
        if one != other:
            return begin, one.events
        begin = one.events
    if left.events == right.events and left.hexdigest() == right.hexdigest():
        return None
    ends = [_next_checkpoint(digest.checkpoints, begin, digest.events) for digest in (left, right)]
    return begin, max(ends)


def _next_checkpoint(checkpoints: Sequence[Checkpoint], begin: int, events: int) -> int:
    later = (checkpoint.events for checkpoint in checkpoints if checkpoint.events > begin)
    return next(later, events)


def compare_runs(
    first: Callable[[Digest], Any], second: Callable[[Digest], Any], *, every: int = 4096
) -> Difference | None:
    """Run two things that should be the same; return the first event in which they differ.

    Each is run once, and once more only if the digests differ, to keep the events around
    the difference.

    Args:
        first: makes a run that adds its events to the digest that it is given.
        second: makes the other one.
        every: events between checkpoints: how many are kept the second time.
    """
    digests = Digest(every=every), Digest(every=every)
    first(digests[0])
    second(digests[1])
    window = differing_window(*digests)
    if window is None:
        return None
    again = Digest(keep=window), Digest(keep=window)
    first(again[0])
    second(again[1])
    difference = first_difference(again[0].kept, again[1].kept, first=window[0])
    if difference is None:
        lines = [f"events {window[0]} to {window[1]} differed, and were the same when run again"]
        lines += ["a run does not repeat even itself: look for real time, chance or threads"]
        return Difference(window[0], lines[0], lines[1], (), ())
    return difference
