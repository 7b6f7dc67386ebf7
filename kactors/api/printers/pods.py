"""Pods: how ready, in which state, how often begun anew.

Source: kubernetes pkg/printers/internalversion/printers.go, ``printPod``.
"""

from collections.abc import Sequence

import attrs

from kactors.api.meta import get_condition, is_being_deleted, is_true
from kactors.api.objects import Object, field
from kactors.api.printers.columns import AGE, NAME, NONE, Column, Table, at, wide
from kactors.api.printers.duration import since

__all__ = ["POD"]


@attrs.define
class _Summary:
    """What is said of a pod in one line.

    Attributes:
        reason: the word for its state.
        ready, total: containers.
        restarts: of containers.
        restarted: when the latest restart was made necessary; empty if never.
    """

    reason: str
    total: int
    ready: int = 0
    restarts: int = 0
    restarted: str = ""

    def count(self, status: Object) -> None:
        """Count the restarts of a container."""
        self.restarts += status.get("restartCount") or 0
        finished = field(status, "lastState", "terminated", "finishedAt", default="")
        self.restarted = max(self.restarted, finished)


def _summary(pod: Object) -> _Summary:
    status: Object = pod.get("status") or {}
    spec: Object = pod.get("spec") or {}
    sidecars = [
        each["name"]
        for each in spec.get("initContainers") or ()
        if each.get("restartPolicy") == "Always"
    ]
    total = len(spec.get("containers") or ()) + len(sidecars)
    found = _Summary(status.get("reason") or status.get("phase") or "Unknown", total)
    scheduled = get_condition(pod, "PodScheduled")
    if scheduled is not None and scheduled.get("reason") == "SchedulingGated":
        found.reason = "SchedulingGated"
    initializing = _look_at_init_containers(found, pod, sidecars)
    if not initializing or is_true(pod, "Initialized"):
        if initializing:
            found.restarts, found.restarted = 0, ""
        _look_at_containers(found, pod)
    if is_being_deleted(pod):
        if status.get("reason") == "NodeLost":
            found.reason = "Unknown"
        elif status.get("phase") not in {"Succeeded", "Failed"}:
            found.reason = "Terminating"
    return found


def _look_at_init_containers(found: _Summary, pod: Object, sidecars: Sequence[str]) -> bool:
    """Tell whether one of them has still to do its work, and note which, and what it does."""
    statuses = field(pod, "status", "initContainerStatuses", default=())
    before = _Summary("", 0)
    for place, status in enumerate(statuses):
        sidecar = status["name"] in sidecars
        (found if sidecar else before).count(status)
        state: Object = status.get("state") or {}
        terminated, waiting = state.get("terminated"), state.get("waiting") or {}
        if terminated is not None and not terminated.get("exitCode"):
            continue
        if sidecar and status.get("started"):
            found.ready += bool(status.get("ready"))
            continue
        if terminated is not None:
            found.reason = f"Init:{_end_of(terminated)}"
        elif waiting.get("reason") and waiting["reason"] != "PodInitializing":
            found.reason = f"Init:{waiting['reason']}"
        else:
            found.reason = f"Init:{place}/{len(field(pod, 'spec', 'initContainers', default=()))}"
        found.restarts += before.restarts
        found.restarted = max(found.restarted, before.restarted)
        return True
    return False


def _look_at_containers(found: _Summary, pod: Object) -> None:
    runs = False
    for status in reversed(field(pod, "status", "containerStatuses", default=[])):
        found.count(status)
        state: Object = status.get("state") or {}
        if reason := field(state, "waiting", "reason", default=""):
            found.reason = reason
        elif (terminated := state.get("terminated")) is not None:
            found.reason = _end_of(terminated)
        elif status.get("ready") and state.get("running") is not None:
            runs = True
            found.ready += 1
    if found.reason == "Completed" and runs:
        found.reason = "Running" if is_true(pod, "Ready") else "NotReady"


def _end_of(terminated: Object) -> str:
    if reason := terminated.get("reason"):
        return str(reason)
    if signal := terminated.get("signal"):
        return f"Signal:{signal}"
    return f"ExitCode:{terminated.get('exitCode', 0)}"


def _ready(pod: Object, now_ns: int) -> str:
    del now_ns
    summary = _summary(pod)
    return f"{summary.ready}/{summary.total}"


def _state(pod: Object, now_ns: int) -> str:
    del now_ns
    return _summary(pod).reason


def _restarts(pod: Object, now_ns: int) -> str:
    summary = _summary(pod)
    if not summary.restarts or not summary.restarted:
        return str(summary.restarts)
    return f"{summary.restarts} ({since(summary.restarted, now_ns)} ago)"


def _gates(pod: Object, now_ns: int) -> str:
    del now_ns
    gates = field(pod, "spec", "readinessGates", default=())
    if not gates:
        return NONE
    return f"{sum(is_true(pod, gate['conditionType']) for gate in gates)}/{len(gates)}"


POD: Table = (
    NAME,
    Column("READY", _ready),
    Column("STATUS", _state),
    Column("RESTARTS", _restarts),
    AGE,
    wide("IP", at("status", "podIP")),
    wide("NODE", at("spec", "nodeName")),
    wide("NOMINATED NODE", at("status", "nominatedNodeName")),
    wide("READINESS GATES", _gates),
)
