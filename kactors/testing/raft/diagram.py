"""A failure as one HTML page: who was what, who said what, and where it broke.

One lane for each member; its colour is the term, its height the role (a leader is tall, a
candidate hatched); a gap is a crash. Slanted lines are messages, dashed if they were lost;
granted votes are drawn bold. No scripts, nothing from elsewhere, readable on light and dark.
"""

from html import escape
from string import Template

from kactors.checking.raft_view import Role, Vote
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.recorder import Recorder
from kactors.testing.raft.space_time import LANE, Arrow, Layout, Mark, Stretch, lay_out
from kactors.testing.raft.transcript import describe_view, transcript

__all__ = ["draw"]

#: Happenings that are drawn; a browser stays quick with so many.
MOST_DRAWN = 1200
#: Width of a letter of a lane's labels, and a little more.
_LETTER = 6.4
#: Terms that can be told apart by colour.
_COLOURS = 8
_HEIGHT = {Role.LEADER: 22, Role.CANDIDATE: 14, Role.FOLLOWER: 8}


def draw(recorder: Recorder, implementation: Implementation, *, title: str, schedule: str) -> str:
    """Return the page.

    Args:
        recorder: of the run.
        implementation: names the messages and their votes.
        title: the violation.
        schedule: Python that makes it happen again.
    """
    layout = lay_out(recorder, MOST_DRAWN)
    left_out = f"{layout.left_out:,} earlier happenings are not drawn. " if layout.left_out else ""
    return _PAGE.substitute(
        title=escape(title),
        name=escape(implementation.name),
        left_out=left_out,
        names=_names(layout),
        drawing=_drawing(layout, implementation),
        schedule=escape(schedule),
        transcript=escape(transcript(recorder, implementation, most_lines=400)),
    )


def _names(layout: Layout) -> str:
    names = "".join(
        f'<text x="10" y="{middle + 5:.0f}">member {member}</text>'
        for member, middle in layout.lanes.items()
    )
    return f'<svg width="92" height="{layout.height:.0f}">{names}</svg>'


def _drawing(layout: Layout, implementation: Implementation) -> str:
    lanes = "".join(
        f'<line class=lane x1="0" x2="{layout.width:.0f}" y1="{middle:.0f}" y2="{middle:.0f}"/>'
        for middle in layout.lanes.values()
    )
    return (
        f'<svg width="{layout.width:.0f}" height="{layout.height:.0f}">'
        "<defs><pattern id=hatch width=6 height=6 patternUnits=userSpaceOnUse "
        'patternTransform="rotate(45)"><rect class=stripe width=3 height=6 /></pattern></defs>'
        + lanes
        + "".join(_stretch(each, layout) for each in layout.stretches)
        + "".join(_arrow(each, layout, implementation) for each in layout.arrows)
        + "".join(_mark(each, layout) for each in layout.marks)
        + "</svg>"
    )


def _stretch(stretch: Stretch, layout: Layout) -> str:
    view = stretch.view
    height = _HEIGHT[view.role]
    top = layout.lanes[stretch.member] - height / 2
    width = max(1.0, stretch.end - stretch.begin)
    box = f'x="{stretch.begin:.1f}" y="{top:.1f}" width="{width:.1f}" height="{height}"'
    hatch = f'<rect {box} fill="url(#hatch)"/>' if view.role is Role.CANDIDATE else ""
    name = f"{'leader ' if view.role is Role.LEADER else ''}t{view.term} c{view.commit_index}"
    label = ""
    if width > _LETTER * len(name):
        label = f'<text class=term x="{stretch.begin + 3:.1f}" y="{top - 3:.1f}">{name}</text>'
    title = escape(f"member {stretch.member}: {describe_view(view)}")
    return (
        f'<g><title>{title}</title><rect class="t{view.term % _COLOURS}" {box}/>{hatch}</g>{label}'
    )


def _arrow(arrow: Arrow, layout: Layout, implementation: Implementation) -> str:
    if arrow.source not in layout.lanes or arrow.target not in layout.lanes:
        return ""
    kind = type(arrow.message).__name__
    promises = implementation.promises(arrow.source, arrow.target, arrow.message)
    voted = any(isinstance(each, Vote) and each.candidate == arrow.target for each in promises)
    look = "vote" if voted else "beat" if kind.startswith("Heartbeat") else "message"
    y1, y2 = layout.lanes[arrow.source], layout.lanes[arrow.target]
    x1, x2 = arrow.begin, arrow.end
    if x2 is None:
        look += " lost"
        x2, y2 = x1 + 12, y1 + (14 if y2 > y1 else -14)
    text = f"{arrow.source} to {arrow.target}: {implementation.describe(arrow.message)}"
    end = f'<circle class="{look}" cx="{x2:.1f}" cy="{y2:.1f}" r="2"/>'
    return (
        f'<g><title>{escape(text)}</title><line class="{look}" x1="{x1:.1f}" y1="{y1:.1f}" '
        f'x2="{x2:.1f}" y2="{y2:.1f}"/>{end}</g>'
    )


def _mark(mark: Mark, layout: Layout) -> str:
    bottom = layout.height - 26
    title = f"<title>{escape(mark.text)}</title>"
    if mark.what == "violation":
        middle = layout.lanes.get(mark.member, 60.0)
        return (
            f'<g>{title}<line class=violation x1="{mark.at:.1f}" x2="{mark.at:.1f}" y1="40" '
            f'y2="{bottom:.0f}"/><circle class=violation cx="{mark.at:.1f}" cy="{middle:.0f}" '
            f'r="{LANE / 4:.0f}"/>{_verdict(mark, layout)}</g>'
        )
    if mark.what == "fault":
        name = escape(mark.text.partition("Kind.")[2].partition(",")[0].rstrip(")").lower())
        return (
            f'<g>{title}<line class=fault x1="{mark.at:.1f}" x2="{mark.at:.1f}" y1="64" '
            f'y2="{bottom:.0f}"/><text class=fault transform="translate({mark.at:.1f},60) '
            f'rotate(-28)">{name.replace("_", " ")}</text></g>'
        )
    y = layout.lanes.get(mark.member, 0.0)
    sign = "✕" if mark.what == "stop" else "▸"
    return f'<g>{title}<text class=life x="{mark.at - 5:.1f}" y="{y + 5:.1f}">{sign}</text></g>'


def _verdict(mark: Mark, layout: Layout) -> str:
    """Name what broke, under the line, on the side that has more room."""
    left = mark.at > layout.width / 2
    x, anchor = (mark.at - 6, "end") if left else (mark.at + 6, "start")
    name = escape(mark.text.partition(";")[0])
    y = layout.height - 12
    return f'<text class=violation x="{x:.1f}" y="{y:.0f}" text-anchor={anchor}>{name}</text>'


_PAGE = Template("""<!doctype html>
<html lang=en><meta charset=utf-8><title>$title</title>
<style>
:root { color-scheme: light dark;
  --page: #fff; --ink: #1c2430; --soft: #68748a; --rule: #d9dfe8; --bad: #c9302c;
  --message: #8a94a6; --vote: #7a3fb5; --box: #f4f6f9; }
@media (prefers-color-scheme: dark) { :root { --page: #12161d; --ink: #e4e9f1; --soft: #93a0b5;
  --rule: #2b3442; --bad: #ff6b64; --message: #71809a; --vote: #c79bff; --box: #1a212b; } }
body { background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif;
  margin: 2rem; }
h1 { font-size: 1.25rem; color: var(--bad); max-width: 70rem; }
h2 { font-size: 1.05rem; margin-top: 2rem; }
p { color: var(--soft); max-width: 70rem; }
pre { background: var(--box); padding: 1rem; overflow-x: auto; font-size: 13px;
  border-radius: 6px; }
.chart { display: flex; border: 1px solid var(--rule); border-radius: 6px; }
.chart > div { overflow-x: auto; border-left: 1px solid var(--rule); flex: 1;
  direction: rtl; /* a page opens where it broke: at the right end */ }
svg { display: block; flex: none; direction: ltr; margin: 0 auto 0 0; }
svg text { fill: var(--ink); font-size: 13px; }
text.term { font-size: 10px; fill: var(--soft); } text.fault { font-size: 11px; fill: var(--soft); }
.lane { stroke: var(--rule); } .stripe { fill: var(--page); opacity: .55; }
.t0 { fill: #4c78a8 } .t1 { fill: #f28e2b } .t2 { fill: #59a14f } .t3 { fill: #b07aa1 }
.t4 { fill: #76b7b2 } .t5 { fill: #d4a72c } .t6 { fill: #9c755f } .t7 { fill: #ff9da7 }
line.message, line.beat { stroke: var(--message); } line.beat { opacity: .35; }
circle.message { fill: var(--message); } circle.beat { fill: var(--message); opacity: .35; }
line.vote { stroke: var(--vote); stroke-width: 2.5; } circle.vote { fill: var(--vote); }
line.lost { stroke-dasharray: 3 3; } circle.lost { fill: none; stroke: var(--bad); }
line.fault { stroke: var(--soft); stroke-dasharray: 1 5; } text.life { fill: var(--bad); }
text.violation { fill: var(--bad); }
line.violation { stroke: var(--bad); stroke-width: 2; }
circle.violation { stroke: var(--bad); stroke-width: 3; fill: none; }
</style>
<h1>$title</h1>
<p>$name. ${left_out}Time runs to the right and is not to scale: order is kept, silence is
shortened. The colour of a lane is the term; leaders are tall, candidates hatched; ✕ is a crash.
Bold lines are votes granted, dashed stubs are messages that never arrived. The red line is where
the property broke. Point at anything to read it.</p>
<div class=chart>$names<div>$drawing</div></div>
<h2>The schedule</h2><pre>$schedule</pre>
<h2>The transcript</h2><pre>$transcript</pre>
</html>
""")
