"""Outcomes of runs that were never run, so that tests of reports choose what is in them."""

from typing import Any

import attrs

from kactors.faults.injector import Counts
from kactors.scenario.administrator import Performed
from kactors.scenario.outcome import Outcome, Violation
from kactors.scenario.timeline import (
    ApiSample,
    FaultSpan,
    GoalOutcome,
    HostSpan,
    Sample,
    Timeline,
)
from tests.scenario.tiny import tiny

__all__ = ["VIOLATION", "made", "sample", "timeline"]

VIOLATION = Violation("over-commit", "over-commit: cpu", "n1 has <more> than it has", 7.0)


def sample(at_s: float, **more: Any) -> Sample:
    """Return a second in which all is well."""
    fields: dict[str, Any] = {
        "etcd": "m1",
        "terms": {"m1": 2},
        "scheduler": "m1",
        "controllers": "m1",
        "nodes_ready": 1,
        "pods": {"Ready": 2, "Running": 2},
        "revision": 100,
        "calls": {"web": {"served": 3}},
        "api": ApiSample(done=4, failed=0, unknown=0, p50_ms=3.0, p99_ms=12.0),
    }
    return Sample(at_s=at_s, **{**fields, **more})


def timeline(seconds: int = 20, **more: Any) -> Timeline:
    """Return a timeline with one of everything."""
    fields: dict[str, Any] = {
        "phases": {"come up": -4.0, "chaos": 0.0, "converge": 8.0, "end": float(seconds)},
        "samples": [sample(float(at_s)) for at_s in range(-3, seconds + 1)],
        "host_spans": [HostSpan("n1", "down", 2.0, 5.0), HostSpan("m1", "paused", 3.0, 4.0)],
        "faults": [
            FaultSpan("Bounce", "Bounce('n1', start=At(2), end=For(3))", ("n1",), 2.0, 5.0, True),
            FaultSpan("Loss", "Loss('*', '*', 0.1, start=At(4))", (), 4.0, None, False),
        ],
        "steps": [
            Performed("Scale('web', replicas=3, at_s=6)", 6.0, 6.1, True, 1),
            Performed("Delete('web', at_s=7)", 7.0, 9.0, False, 4, "nobody answers"),
        ],
        "goals": [GoalOutcome("up again", True, 6.0)],
    }
    return Timeline(hosts=("m1", "n1"), zones={"m1": "z1", "n1": "z1"}, **{**fields, **more})


def made(shown: Timeline | None = None, **more: Any) -> Outcome:
    """Return an outcome with a timeline."""
    shown = timeline() if shown is None else shown
    outcome = Outcome(
        scenario=tiny(),
        seed=3,
        violations=(),
        goals=tuple(shown.goals),
        digest="0123456789abcdef",
        events=1234,
        virtual_s=24.0,
        wall_s=0.5,
        faults={"Bounce": Counts(armed=1, fired=1, felt=1)},
        probes={},
        replay="kactors-1:0:tiny:3:abc",
        timeline=shown,
    )
    return attrs.evolve(outcome, **more)
