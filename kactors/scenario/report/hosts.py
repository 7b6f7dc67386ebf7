"""A lane for each host: when it was down or paused, and which faults concerned it."""

from collections.abc import Iterator, Sequence
from html import escape

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import WIDTH, plot, rect, row, tag, text_at
from kactors.scenario.timeline import FaultSpan, HostSpan, Timeline

__all__ = ["host_rows"]

#: Lanes of nodes that are drawn.
MOST_NODES = 60
_HEIGHT = 20
#: Units that a span must have to be named in it.
_NAMED = 70.0


def host_rows(axis: Axis, timeline: Timeline, masters: Sequence[str]) -> Iterator[str]:
    """Yield the lanes of masters, and those of nodes that something happened to, to be folded."""
    for host in timeline.hosts:
        if host in masters:
            yield _lane(axis, timeline, host)
    nodes = [host for host in timeline.hosts if host not in masters]
    concerned = {each.host for each in timeline.host_spans}
    concerned |= {host for fault in timeline.faults for host in fault.hosts}
    struck = [host for host in nodes if host in concerned]
    if not nodes:
        return
    quiet = len(nodes) - len(struck)
    summary = f"{len(nodes)} {'node' if len(nodes) == 1 else 'nodes'}: " + (
        "nothing happened to any" if not struck else f"{len(struck)} struck, {quiet} not"
    )
    lanes = "".join(_lane(axis, timeline, host) for host in struck[:MOST_NODES])
    if len(struck) > MOST_NODES:
        left_out = f"{len(struck) - MOST_NODES} more nodes that were struck are not drawn"
        lanes += row("…", plot(_HEIGHT, (), [text_at(4, 2, left_out, "soft")]))
    if not lanes:
        yield tag("div", escape(summary), class_="fold quiet") + "\n"
        return
    folded = {} if len(struck) > 12 else {"open": "open"}
    yield tag("details", tag("summary", escape(summary)) + lanes, class_="fold", **folded) + "\n"


def _lane(axis: Axis, timeline: Timeline, host: str) -> str:
    middle = _HEIGHT / 2
    struck = [fault for fault in timeline.faults if host in fault.hosts]
    shapes = [rect(0, WIDTH, middle - 1, middle + 1, "alive")]
    shapes += [_fault(axis, fault) for fault in struck]
    texts = []
    for span in timeline.host_spans:
        if span.host == host:
            left, right = axis.x(span.begin_s), axis.x(span.end_s)
            shapes.append(rect(left, right, 3, _HEIGHT - 3, span.what, _title(span)))
            if right - left > _NAMED:
                texts.append(text_at(left + 5, 2, span.what, f"in-{span.what}"))
    zone = timeline.zones.get(host, "")
    details = tag("small", escape(zone)) if zone else ""
    return row(host, plot(_HEIGHT, shapes, texts), details=details, look="host")


def _fault(axis: Axis, fault: FaultSpan) -> str:
    left, right = axis.x(fault.begin_s), axis.x(fault.end_s)
    return rect(left, right, 0, _HEIGHT, "struck", fault.fault)


def _title(span: HostSpan) -> str:
    until = "for good" if span.end_s is None else f"to {span.end_s:.6g} s"
    return f"{span.host} {span.what}, {span.begin_s:.6g} s {until}"
