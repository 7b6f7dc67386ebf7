"""A check as one HTML page, without scripts and without anything from elsewhere.

A failed check shows one lane for each client, a bar from the call to the return of each operation,
the longest order found as numbered dots on a line, and the operation that has no place in it.
"""

from html import escape
from string import Template

from kactors.checking.layout import LANE, Bar, Layout, lay_out
from kactors.checking.linearizability import Check, Failure, Verdict

#: Of a longer prefix the operations that end last are drawn, and the last ones in order listed.
MOST_DRAWN = 160
MOST_LISTED = 40
_BAR = LANE - 12


def draw(check: Check, *, title: str) -> str:
    """Return the page for ``check``; ``title`` says where the history comes from."""
    body = _failure(check.failure) if check.failure is not None else _NOTHING
    return _PAGE.substitute(
        title=escape(title),
        verdict=escape(check.verdict),
        tone="bad" if check.verdict is Verdict.NOT_LINEARIZABLE else "plain",
        facts=escape(_facts(check)),
        body=body,
    )


def _facts(check: Check) -> str:
    facts = [
        f"operations: {check.operations:,}",
        f"independent parts: {check.parts:,}",
        f"steps of search: {check.steps:,}",
    ]
    if check.undecided:
        facts.append(f"parts not decided within the budget: {check.undecided:,}")
    return " · ".join(facts)


def _failure(failure: Failure) -> str:
    layout = lay_out(failure, MOST_DRAWN)
    left_out = (
        f"<p class=note>{layout.left_out:,} earlier operations are not drawn.</p>"
        if layout.left_out
        else ""
    )
    return _FAILURE.substitute(
        blocked=escape(f"{failure.blocked.action} → {failure.blocked.answer}"),
        client=escape(failure.blocked.client),
        state=escape(failure.state),
        count=f"{len(failure.linearization):,}",
        until=f"{failure.until_ns:,}",
        left_out=left_out,
        lanes=_lanes(layout),
        drawing=_drawing(layout, failure),
        rows=_rows(failure),
        tail=f": the last {MOST_LISTED}" if len(failure.linearization) > MOST_LISTED else "",
    )


def _lanes(layout: Layout) -> str:
    names = "".join(
        f'<text x="8" y="{(lane.top + lane.bottom) / 2 + 1:.0f}">{escape(lane.client)}</text>'
        for lane in layout.lanes
    )
    longest = max(len(lane.client) for lane in layout.lanes)
    width = min(220, 24 + 8 * longest)
    return f'<svg class=names width="{width}" height="{layout.height:.0f}">{names}</svg>'


def _drawing(layout: Layout, failure: Failure) -> str:
    height = layout.height
    bands = "".join(
        f'<rect class=band x="0" y="{lane.top - 4:.0f}" width="{layout.width:.0f}"'
        f' height="{lane.bottom - lane.top + 2:.0f}"/>'
        for lane in layout.lanes
    )
    bars = "".join(_bar(bar, failure) for bar in layout.bars)
    placed = sorted((bar for bar in layout.bars if bar.place), key=lambda bar: bar.place)
    points = " ".join(f"{bar.dot:.1f},{bar.top + _BAR:.1f}" for bar in placed)
    dots = "".join(_dot(bar) for bar in placed)
    return (
        f'<svg width="{layout.width:.0f}" height="{height:.0f}" role="img"'
        f' aria-label="operations by client">{bands}'
        f'<line class=until x1="{layout.until:.1f}" x2="{layout.until:.1f}" y1="18"'
        f' y2="{height:.0f}"/>'
        f'<text class=until x="{layout.until - 6:.1f}" y="22" text-anchor="end">'
        f"no order explains this</text>"
        f"{bars}<polyline points='{points}'/>{dots}</svg>"
    )


def _bar(bar: Bar, failure: Failure) -> str:
    kinds = ["bar"]
    if bar.operation is failure.blocked:
        kinds.append("blocked")
    elif not bar.place:
        kinds.append("unplaced")
    if bar.open_ended:
        kinds.append("open")
    width = max(4.0, bar.right - bar.left)
    return (
        f'<g class="{" ".join(kinds)}"><title>{escape(str(bar.operation))}</title>'
        f'<rect x="{bar.left:.1f}" y="{bar.top:.1f}" width="{width:.1f}" height="{_BAR}" rx="4"/>'
        f'<text x="{bar.left + 6:.1f}" y="{bar.top + _BAR / 2 + 4:.1f}">{escape(bar.label)}</text>'
        f"</g>"
    )


def _dot(bar: Bar) -> str:
    y = bar.top + _BAR
    return (
        f"<g class=dot><title>{bar.place}. {escape(str(bar.operation))}</title>"
        f'<circle cx="{bar.dot:.1f}" cy="{y:.1f}" r="3.2"/>'
        f'<text x="{bar.dot + 5:.1f}" y="{y + 9:.1f}">{bar.place}</text></g>'
    )


def _rows(failure: Failure) -> str:
    first = max(0, len(failure.linearization) - MOST_LISTED)
    rows = [
        f"<tr><td>{number}<td>{escape(op.client)}<td>{escape(str(op.action))}"
        f"<td>{escape(op.answer)}<td>{escape(state)}"
        for number, (op, state) in enumerate(
            zip(failure.linearization, failure.states[1:], strict=True), start=1
        )
        if number > first
    ]
    op = failure.blocked
    rows.append(
        f"<tr class=blocked><td>✗<td>{escape(op.client)}<td>{escape(str(op.action))}"
        f"<td>{escape(op.answer)}<td>has no place here or before"
    )
    return "\n".join(rows)


_NOTHING = "<p>There is no failure to draw.</p>"

_FAILURE = Template("""
<p><strong class=blockedtext>$client: $blocked</strong> cannot be placed. After the longest order
found ($count operations) <strong>$state</strong>, and no other order explains what had been
answered by $until ns either.</p>
$left_out
<div class=frame>$lanes<div class=scroll>$drawing</div></div>
<p class=legend><span class="key placed"></span>in the order, at its dot
<span class="key unplaced"></span>not needed: still pending, or without a known outcome
<span class="key blocked"></span>cannot be placed. A dashed end means no return yet. The axis is the
order of calls and returns, not to scale; rest the pointer on a bar for its times.</p>
<h2>The longest order$tail</h2>
<table><thead><tr><th>#<th>client<th>operation<th>answer<th>state after it</thead><tbody>
$rows
</tbody></table>
""")

_PAGE = Template("""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$verdict: $title</title>
<style>
:root { color-scheme: light dark; --ground: #fff; --ink: #1d2430; --soft: #5b6675;
  --band: #f4f6f9; --edge: #d8dee7; --bar: #cfe0f7; --bar-edge: #7ba3d6; --free: #e6e8ec;
  --free-edge: #a9b1bd; --bad: #ffd9d6; --bad-edge: #c62f24; --dot: #164a8b; }
@media (prefers-color-scheme: dark) { :root { --ground: #14181f; --ink: #e4e8ee; --soft: #9aa5b4;
  --band: #1b212a; --edge: #323b48; --bar: #25405f; --bar-edge: #5183bd; --free: #2a313b;
  --free-edge: #65707f; --bad: #5c211f; --bad-edge: #ff7a6e; --dot: #a8cdff; } }
body { margin: 0 auto; padding: 24px; max-width: 1500px; background: var(--ground);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 22px; margin: 0 0 2px; } h2 { font-size: 17px; margin: 28px 0 8px; }
.facts, .note, .legend { color: var(--soft); font-size: 13px; margin: 0 0 14px; }
.bad, .blockedtext { color: var(--bad-edge); }
.frame { display: flex; border: 1px solid var(--edge); border-radius: 6px; overflow: hidden; }
.names { flex: none; border-right: 1px solid var(--edge); }
/* From right to left, so that a long drawing opens at its end, where the failure is. */
.scroll { overflow-x: auto; flex: 1; direction: rtl; }
.scroll svg { direction: ltr; margin: 0 auto 0 6px; }
svg { display: block; } svg text { fill: var(--ink); font: 11px ui-monospace, monospace; }
.names text { font-weight: 600; font-size: 12px; }
.band { fill: var(--band); }
.bar rect { fill: var(--bar); stroke: var(--bar-edge); }
.unplaced rect { fill: var(--free); stroke: var(--free-edge); }
.blocked rect { fill: var(--bad); stroke: var(--bad-edge); stroke-width: 2; }
.open rect { stroke-dasharray: 4 3; }
polyline { fill: none; stroke: var(--dot); stroke-opacity: .45; stroke-width: 1.2; }
.dot circle { fill: var(--dot); }
.dot text { fill: var(--dot); font-size: 9px; }
line.until { stroke: var(--bad-edge); stroke-dasharray: 2 4; }
text.until { fill: var(--bad-edge); }
.key { display: inline-block; width: 22px; height: 10px; border-radius: 3px; border: 1px solid;
  margin: 0 4px 0 12px; } .key:first-child { margin-left: 0; }
.key.placed { background: var(--bar); border-color: var(--bar-edge); }
.key.unplaced { background: var(--free); border-color: var(--free-edge); }
.key.blocked { background: var(--bad); border-color: var(--bad-edge); }
table { border-collapse: collapse; font: 12px ui-monospace, monospace; }
th, td { text-align: left; padding: 3px 14px 3px 0; border-bottom: 1px solid var(--edge); }
th { color: var(--soft); font-weight: 600; } tr.blocked td { color: var(--bad-edge); }
</style></head><body>
<h1><span class=$tone>$verdict</span></h1>
<p class=facts>$title · $facts</p>
$body
</body></html>
""")
