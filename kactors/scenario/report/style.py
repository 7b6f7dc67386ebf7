"""How the page looks: colours, sizes, and the few lines of script that follow the pointer.

Colours are Okabe and Ito's, which people who see fewer colours can tell apart; no meaning hangs on
a colour alone. In the dark they are a little lighter.

Source: Okabe and Ito, "Color Universal Design", 2008.
"""

from string import Template
from typing import Final

__all__ = ["CAMPAIGN_PAGE", "PAGE", "SCRIPT", "STYLE"]

_BEGINNING: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>$style</style></head><body>
$head
"""

#: Of one run.
PAGE: Final = Template(
    _BEGINNING
    + """$violations
<main id="chart">
$overlay
$rows</main>
<div id="readout" class="readout">Rest the pointer on the chart to read an instant.</div>
$legend
<details class="plan"><summary>Faults and settings, as Python</summary><pre>$plan</pre></details>
<script type="application/json" id="data">$readout</script>
<script>$script</script>
</body></html>
"""
)

#: Of many.
CAMPAIGN_PAGE: Final = Template(
    _BEGINNING
    + """$failures
<main>
$rows</main>
$legend
</body></html>
"""
)

#: What is filled with which colour: in drawings, and where their colours are explained.
_FILLS: Final = {
    "p0": "rule",
    "p1": "bad-band",
    "p2": "good-band",
    "asked": "rule",
    "alive": "rule",
    "kept": "green",
    "met": "green",
    "broken": "bad",
    "open": "grey",
    "finding": "bad",
    "shade": "shade",
    "felt": "fault",
    "struck": "orange",
    "step": "sky",
    "undone": "red",
    "down": "down",
    "paused": "blue",
    "ready": "green",
    "served": "green",
    "running": "sky",
    "pending": "orange",
    "succeeded": "grey",
    "lost": "red",
    "done": "pale",
    "refused": "red",
    "unknown": "blue",
    "misrouted": "pink",
    "timeout": "orange",
    "nohost": "blue",
    "lookup": "grey",
    "p50": "blue",
    "p99": "red",
}

_FILLED: Final = "".join(
    f".{look} {{ fill: var(--{colour}); }} .key .{look} {{ background: var(--{colour}); }}\n"
    for look, colour in _FILLS.items()
)

STYLE: Final = (
    _FILLED
    + """
:root { color-scheme: light dark; --page: #fff; --ink: #1b2330; --soft: #5c6778; --rule: #dfe4ec;
  --band: #f5f7fa; --good: #00734f; --bad: #b3261e; --bad-band: #fdecea; --good-band: #e7f5ef;
  --shade: #e69f00; --green: #009e73; --sky: #56b4e9; --orange: #e69f00; --blue: #0072b2;
  --red: #d55e00; --pink: #cc79a7; --yellow: #f0e442; --grey: #a3adba; --down: #333c4a;
  --pale: #b9dccf;
  --fault: #efb73e; }
@media (prefers-color-scheme: dark) { :root { --page: #12161d; --ink: #e5eaf2; --soft: #98a4b6;
  --rule: #2a3240; --band: #1a202a; --good: #4fd1a1; --bad: #ff7d73; --bad-band: #3a1a1b;
  --good-band: #12302a; --green: #1fb88c; --sky: #6cc0f0; --blue: #4aa3df; --red: #f0803c;
  --pink: #dd92bb; --grey: #66717f; --down: #c4ccd8; --pale: #2c5a4c; --fault: #7d5a0c; } }
* { box-sizing: border-box; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
body { margin: 0 auto; padding: 20px 24px 40px; max-width: 1700px; background: var(--page);
  color: var(--ink); font: 14px/1.45 system-ui, sans-serif; }
h1 { font-size: 24px; margin: 0; }
h2 { font-size: 12px; letter-spacing: .06em; text-transform: uppercase; color: var(--soft);
  margin: 14px 0 3px; position: relative; z-index: 2; }
p { margin: 4px 0; } code, pre { font: 12.5px ui-monospace, monospace; }
code { background: var(--band); padding: 2px 6px; border-radius: 4px; overflow-wrap: anywhere; }
pre { background: var(--band); padding: 12px; overflow-x: auto; border-radius: 6px; }
.verdict { padding: 1px 12px 3px; border-radius: 6px; margin-right: 6px; }
.good .verdict { background: var(--good-band); color: var(--good); }
.bad .verdict { background: var(--bad-band); color: var(--bad); }
.facts, .soft, small { color: var(--soft); }
.violations { margin: 14px 0 4px; padding: 10px 14px 10px 36px; background: var(--bad-band);
  border-left: 5px solid var(--bad); border-radius: 4px; list-style-position: outside; }
.violations b { color: var(--bad); font-size: 18px; font-weight: 600; overflow-wrap: anywhere; }
.violations small { margin-left: 8px; white-space: nowrap; }
main { position: relative; margin-top: 10px; }
.row { display: flex; margin-bottom: 3px; break-inside: avoid; }
.name { flex: none; width: 190px; padding-right: 10px; line-height: 1.25; }
.name b { font-weight: 500; font-size: 13px; margin-right: 6px; }
.name small { font-size: 11px; }
.plot { position: relative; flex: 1; min-width: 0; background: var(--band); overflow: hidden; }
.plot svg, .overlay svg { position: absolute; inset: 0; width: 100%; height: 100%; }
.t { position: absolute; white-space: nowrap; font-size: 12px; line-height: 15px;
  pointer-events: none; z-index: 2; }
.t.tick { font-size: 10.5px; color: var(--soft); padding: 0 3px; background: var(--band);
  opacity: .85; } .t.strong { font-weight: 600; } .t.soft { color: var(--soft); }
.t.on { color: #fff; font-weight: 600; } .t.in-down, .t.in-paused { color: var(--page); }
.wrong .t { color: var(--bad); font-weight: 700; }
.t.good { color: var(--good); } .t.bad { color: var(--bad); font-weight: 700; }
.t.chip { background: var(--band); padding: 0 3px; border-radius: 3px; }
.overlay { position: absolute; left: 190px; right: 0; top: 0; bottom: 0; pointer-events: none;
  z-index: 1; }
.overlay .shade { opacity: .1; }
line { vector-effect: non-scaling-stroke; stroke: var(--rule); }
line.mark { opacity: .7; } line.border { stroke: var(--soft); stroke-dasharray: 3 3; }
line.finding { stroke: var(--bad); stroke-width: 2; }
#cursor { position: absolute; top: 0; bottom: 0; width: 1px; background: var(--ink);
  opacity: .6; display: none; }
.area { opacity: .85; } .step { opacity: .6; } .struck { opacity: .3; }
.unfelt, .nobody { fill: none; stroke: var(--orange); stroke-dasharray: 4 3;
  vector-effect: non-scaling-stroke; }
.nobody { stroke: var(--soft); }
.h0 { fill: #0072b2; } .h1 { fill: #b35400; } .h2 { fill: #00795a; } .h3 { fill: #a0457a; }
.h4 { fill: #5b6b7d; } .h5 { fill: #7a5b00; } .h6 { fill: #4a4aa8; }
.line { fill: none; stroke-width: 1.6; vector-effect: non-scaling-stroke; stroke-linejoin: round; }
.line.p50 { stroke: var(--blue); } .line.p99 { stroke: var(--red); stroke-dasharray: 5 2; }
.key { display: inline-flex; align-items: center; font-size: 11px; color: var(--soft);
  margin-right: 9px; white-space: nowrap; }
.key i { width: 12px; height: 10px; margin-right: 4px; border-radius: 2px; flex: none; }
.key i.unfelt { border: 1px dashed var(--orange); } .key i.finding { width: 2px; height: 14px; }
.key i.shade { opacity: .25; } .key i.p99 { height: 3px; } .key i.p50 { height: 3px; }
.keys { line-height: 14px; margin-top: 2px; } .legend { margin-top: 12px; }
.fold summary { cursor: pointer; }
.quiet, .fold summary { color: var(--soft); font-size: 12.5px; padding: 2px 0; }
.plan { margin-top: 14px; }
.readout { position: sticky; bottom: 0; margin-top: 6px; padding: 6px 8px; min-height: 32px;
  background: var(--band); border-top: 1px solid var(--rule); font-size: 12.5px; z-index: 2; }
@media print { .readout { display: none; } body { padding: 0; } }
"""
)

SCRIPT: Final = """
const data = JSON.parse(document.getElementById("data").textContent);
const overlay = document.getElementById("overlay"), chart = document.getElementById("chart");
const told = document.getElementById("readout"), cursor = document.createElement("div");
cursor.id = "cursor"; overlay.append(cursor);
chart.addEventListener("pointermove", (event) => {
  const box = overlay.getBoundingClientRect();
  const place = (event.clientX - box.left) / box.width;
  if (place < 0 || !data.length) return;
  const found = data.find((each) => each[0] >= place) || data[data.length - 1];
  told.textContent = found[1];
  cursor.style.display = "block"; cursor.style.left = 100 * place + "%";
});
"""
