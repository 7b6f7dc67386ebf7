"""Probes: from single answers to results, by thresholds.

A startup probe holds up the others until it has succeeded once. Liveness begins as a success,
readiness as a failure, startup as unknown.

Source: kubernetes pkg/kubelet/prober/worker.go, results/results_manager.go.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Final

import attrs

from kactors.api.objects import Object
from kactors.node.runtime.face import ProbeKind

__all__ = ["PROBE_FIELDS", "ProbeResult", "ProbeResults", "ProbeTracker", "is_started"]

PROBE_FIELDS: Final[Mapping[ProbeKind, str]] = {
    ProbeKind.STARTUP: "startupProbe",
    ProbeKind.LIVENESS: "livenessProbe",
    ProbeKind.READINESS: "readinessProbe",
}


class ProbeResult(Enum):
    """What probes have found."""

    UNKNOWN = "unknown"
    SUCCESS = "success"
    FAILURE = "failure"


ProbeResults = Mapping[tuple[str, ProbeKind], ProbeResult]
"""Results by container id and kind; what is not probed is not in it."""

_INITIAL: Final = {
    ProbeKind.STARTUP: ProbeResult.UNKNOWN,
    ProbeKind.LIVENESS: ProbeResult.SUCCESS,
    ProbeKind.READINESS: ProbeResult.FAILURE,
}


@attrs.define
class ProbeTracker:
    """One probe of one start of a container.

    Attributes:
        kind: of the probe.
        spec: the ``Probe`` object.
        result: what has been found.
    """

    kind: ProbeKind
    spec: Object
    result: ProbeResult = attrs.field(init=False)
    _last: bool | None = attrs.field(init=False, default=None)
    _run: int = attrs.field(init=False, default=0)

    def __attrs_post_init__(self) -> None:
        self.result = _INITIAL[self.kind]

    @property
    def initial_delay(self) -> float:
        """Seconds from the start of the container to the first probe."""
        return float(self.spec.get("initialDelaySeconds") or 0)

    @property
    def period(self) -> float:
        """Seconds between two probes."""
        return float(self.spec.get("periodSeconds") or 10)

    def note(self, *, success: bool) -> bool:
        """Count one answer; return whether the result has changed."""
        self._run = self._run + 1 if success is self._last else 1
        self._last = success
        name = "successThreshold" if success else "failureThreshold"
        threshold = self.spec.get(name) or (1 if success else 3)
        if self._run < threshold:
            return False
        before = self.result
        self.result = ProbeResult.SUCCESS if success else ProbeResult.FAILURE
        return self.result is not before


def is_started(container: Object, container_id: str, probes: ProbeResults) -> bool:
    """Tell whether a container that runs has started, as its startup probe sees it."""
    if container.get("startupProbe") is None:
        return True
    return probes.get((container_id, ProbeKind.STARTUP)) is ProbeResult.SUCCESS
