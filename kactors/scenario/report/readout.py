"""What the page tells of the instant under the pointer: one line of text for each stretch."""

import json
from collections.abc import Sequence

from kactors.scenario.report.axis import Axis
from kactors.scenario.report.markup import WIDTH
from kactors.scenario.report.thinning import Stretch

__all__ = ["readout"]


def readout(axis: Axis, stretches: Sequence[Stretch]) -> str:
    """Return JSON that is safe within a script: pairs of a place (0 to 1) and a text."""
    pairs = [[round(axis.x(each.end_s) / WIDTH, 4), _text(each)] for each in stretches]
    written = json.dumps(pairs, ensure_ascii=False, separators=(",", ":"))
    return written.replace("<", "\\u003c").replace("&", "\\u0026")


def _text(stretch: Stretch) -> str:
    now = stretch.last
    term = max(now.terms.values(), default=0)
    pods = sum(count for phase, count in stretch.pods.items() if phase != "Ready")
    parts = [
        f"{stretch.end_s:g} s",
        f"etcd {now.etcd or 'without a leader'}, term {term}",
        f"scheduler {now.scheduler or 'nobody'}",
        f"controllers {now.controllers or 'nobody'}",
        f"{stretch.nodes_ready} nodes ready",
        f"{stretch.pods.get('Ready', 0)} of {pods} pods ready",
    ]
    api = stretch.api
    if api is not None:
        took = f", {api.p50_ms:.3g} / {api.p99_ms:.3g} ms" if api.p50_ms and api.p99_ms else ""
        failed = f", {api.failed} failed" if api.failed else ""
        unknown = f", {api.unknown} unknown" if api.unknown else ""
        parts.append(f"API {api.done} answered{took}{failed}{unknown}")
    for service, outcomes in sorted(stretch.calls.items()):
        counts = ", ".join(f"{count} {outcome}" for outcome, count in sorted(outcomes.items()))
        parts.append(f"{service}: {counts or 'no call ended'}")
    return " · ".join(parts)
