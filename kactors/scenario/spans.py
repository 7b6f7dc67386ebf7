"""When hosts were down or paused, and when faults lasted, for the timeline."""

from collections.abc import Sequence
from functools import partial

from kactors.actors import World
from kactors.faults.injector import Injector
from kactors.scenario.timeline import FaultSpan, HostSpan
from kactors.scenario.view import Clockwork

__all__ = ["HostSpans", "fault_spans"]

_BEGINS = {"crash": "down", "pause": "paused"}
#: What ends what: a crash ends a pause, too.
_ENDS = {"restart": ("down",), "resume": ("paused",), "crash": ("paused",)}


class HostSpans:
    """Follows hosts of a world."""

    def __init__(self, world: World, clockwork: Clockwork, hosts: Sequence[str]) -> None:
        self._kernel = world.simulation.kernel
        self._clockwork = clockwork
        self._open: dict[tuple[str, str], int] = {}
        self._done: list[tuple[str, str, int, int | None]] = []
        for name in hosts:
            world.hosts[name].machine.on_change.append(partial(self._changed, name))

    def _changed(self, host: str, what: str) -> None:
        now_ns = self._kernel.now_ns
        for ended in _ENDS.get(what, ()):
            begin_ns = self._open.pop((host, ended), None)
            if begin_ns is not None:
                self._done.append((host, ended, begin_ns, now_ns))
        if what in _BEGINS:
            self._open.setdefault((host, _BEGINS[what]), now_ns)

    def finish(self) -> list[HostSpan]:
        """Return all spans, in the order of their beginnings."""
        seconds = self._clockwork.seconds
        still = [(host, what, begin, None) for (host, what), begin in self._open.items()]
        spans = sorted([*self._done, *still], key=lambda span: (span[2], span[0]))
        return [
            HostSpan(host, what, seconds(begin), None if end is None else seconds(end))
            for host, what, begin, end in spans
        ]


def fault_spans(injector: Injector, clockwork: Clockwork) -> list[FaultSpan]:
    """Return what has fired, in the order of beginnings."""
    seconds = clockwork.seconds
    return [
        FaultSpan(
            kind=span.fault.kind,
            fault=repr(span.fault),
            hosts=span.fault.hosts(),
            begin_s=seconds(span.began_ns),
            end_s=None if span.ended_ns is None else seconds(span.ended_ns),
            felt=span.felt,
        )
        for span in sorted(injector.spans(), key=lambda span: span.began_ns)
    ]
