"""What is said of one pod: ``PodStatus`` from its containers.

Source: kubernetes pkg/kubelet/kubelet_pods.go (generateAPIPodStatus, getPhase),
pkg/kubelet/status/generate.go.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import attrs

from kactors.api.meta import format_time, generation_of, get_condition
from kactors.api.objects import Object
from kactors.node.pods.container_status import Waiting, container_status
from kactors.node.pods.containers import PodRuntime, restart_policy
from kactors.node.pods.probes import ProbeResults
from kactors.node.pods.resources import is_sidecar, qos_class

__all__ = ["OWN_CONDITIONS", "Failure", "generate_pod_status", "is_terminal", "pod_phase"]

TERMINAL = ("Succeeded", "Failed")

OWN_CONDITIONS = ("PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady")
"""The types of conditions that are the kubelet's to say."""


@attrs.frozen
class Failure:
    """Why a pod fails whatever its containers do: rejected, evicted, too old."""

    reason: str
    message: str


def is_terminal(status: Object) -> bool:
    """Tell whether a ``PodStatus`` is one that nothing comes after."""
    return status.get("phase") in TERMINAL


def pod_phase(
    pod: Object, init: Sequence[Object], containers: Sequence[Object], *, over: bool = False
) -> str:
    """Return the phase that container statuses amount to.

    Args:
        pod: its spec counts.
        init: statuses of the init containers, in order.
        containers: statuses of the containers.
        over: the pod has been terminated: nothing will be started any more.
    """
    specs = pod["spec"].get("initContainers") or ()
    policy = restart_policy(pod)
    pending, failed = _initialising(specs, init)
    if failed and policy == "Never":
        return "Failed"
    states = [_classify(each) for each in containers]
    running, waiting = states.count("running"), states.count("waiting")
    ended = [each for each in states if each in {"succeeded", "failed", "backing off"}]
    if pending and not over and not (running or ended):
        return "Pending"
    if waiting:
        if over:
            return "Failed"
        return "Running" if ended or running else "Pending"
    if running:
        return "Running"
    if not ended:
        return "Pending"
    if policy == "Always" and not over:
        return "Running"
    if all(each == "succeeded" for each in ended):
        return "Succeeded"
    if policy == "Never" or over:
        return "Failed"
    return "Running"


def _initialising(specs: Sequence[Object], statuses: Sequence[Object]) -> tuple[bool, bool]:
    """Return whether init containers are still to do, and whether one has failed."""
    pending = failed = False
    for spec, status in zip(specs, statuses, strict=True):
        ended = status["state"].get("terminated") or {}
        if is_sidecar(spec):
            pending |= not status.get("started")
        elif not ended:
            pending = True
        elif ended["exitCode"] != 0:
            pending = failed = True
    return pending, failed


def _classify(status: Object) -> str:
    state = status["state"]
    if "running" in state:
        return "running"
    if "terminated" in state:
        return "succeeded" if state["terminated"]["exitCode"] == 0 else "failed"
    return "backing off" if status["lastState"].get("terminated") else "waiting"


def generate_pod_status(
    pod: Object,
    runtime: PodRuntime,
    probes: ProbeResults,
    *,
    old: Object,
    now_ns: int,
    host_ip: str,
    waiting: Mapping[str, Waiting] | None = None,
    failure: Failure | None = None,
    over: bool = False,
) -> Object:
    """Return the ``PodStatus`` of a pod on this node.

    Args:
        pod: as it should be.
        runtime: what there is of it.
        probes: their results.
        old: what was said before: it is not taken back.
        now_ns: the host's wall clock.
        host_ip: the node's address.
        waiting: why containers are not started yet; see `container_status`.
        failure: the pod fails for this.
        over: it has been terminated: nothing runs, nothing will be started.
    """
    spec = pod["spec"]
    why = dict(waiting or {})
    why.setdefault(
        "", Waiting("PodInitializing" if spec.get("initContainers") else "ContainerCreating")
    )
    before: dict[str, Object] = {
        each["name"]: each
        for name in ("initContainerStatuses", "containerStatuses")
        for each in old.get(name) or ()
    }
    init, containers = (
        [
            container_status(pod, each, runtime, probes, before, why)
            for each in spec.get(field) or ()
        ]
        for field in ("initContainers", "containers")
    )
    phase = pod_phase(pod, init, containers, over=over)
    if failure is not None:
        phase = "Failed"
    if is_terminal(old):
        phase = old["phase"]  # it never goes back
    found: Object = {
        "phase": phase,
        "hostIP": host_ip,
        "hostIPs": [{"ip": host_ip}],
        "startTime": old.get("startTime") or format_time(now_ns),
        "qosClass": old.get("qosClass") or qos_class(pod),
        "containerStatuses": containers,
    }
    if init:
        found["initContainerStatuses"] = init
    if generation_of(pod):
        found["observedGeneration"] = generation_of(pod)
    if runtime.sandbox is not None:
        ip = runtime.sandbox.ip
        found["podIP"], found["podIPs"] = ip, [{"ip": ip}]
    elif is_terminal(found) and old.get("podIP"):
        found["podIP"], found["podIPs"] = old["podIP"], old["podIPs"]
    if failure is not None:
        found["reason"], found["message"] = failure.reason, failure.message
    elif is_terminal(old):
        found.update({name: old[name] for name in ("reason", "message") if name in old})
    found["conditions"] = _conditions(pod, found, runtime, old, format_time(now_ns))
    return found


def _conditions(
    pod: Object, status: Object, runtime: PodRuntime, old: Object, now: str
) -> list[Object]:
    """Return the conditions that the kubelet owns, then those that others do."""
    specs = pod["spec"].get("initContainers") or ()
    init = status.get("initContainerStatuses") or ()
    containers = status["containerStatuses"]
    lacking = [
        each["name"]
        for spec, each in zip(specs, init, strict=True)
        if not (
            each.get("started")
            if is_sidecar(spec)
            else (each["state"].get("terminated") or {}).get("exitCode") == 0
        )
    ]
    begun = any("waiting" not in each["state"] or each["lastState"] for each in containers)
    initialised = not lacking or begun or status["phase"] == "Succeeded"
    unready = [
        each["name"]
        for spec, each in (*zip(specs, init, strict=True), *((None, each) for each in containers))
        if (spec is None or is_sidecar(spec)) and not each["ready"]
    ]
    why: Object = {}
    if status["phase"] == "Succeeded":
        why = {"reason": "PodCompleted"}
    elif status["phase"] == "Failed":
        why = {"reason": "PodFailed"}
    elif unready:
        why = {
            "reason": "ContainersNotReady",
            "message": f"containers with unready status: [{' '.join(unready)}]",
        }
    gate = {} if why else _gates(pod, old)
    incomplete: Object = {}
    if not initialised:
        incomplete = {
            "reason": "ContainersNotInitialized",
            "message": f"containers with incomplete status: [{' '.join(lacking)}]",
        }
    completed = {"reason": "PodCompleted"} if status["phase"] == "Succeeded" else {}
    sandbox = runtime.sandbox is not None and runtime.sandbox.ready
    mine = (
        _condition("PodReadyToStartContainers", sandbox, {}, old, now),
        _condition("Initialized", initialised, incomplete or completed, old, now),
        _condition("Ready", not why and not gate, why or gate, old, now),
        _condition("ContainersReady", not why, why, old, now),
    )
    others = [each for each in old.get("conditions") or () if each["type"] not in OWN_CONDITIONS]
    return [*mine, *others]


def _gates(pod: Object, old: Object) -> Object:
    """Return why readiness gates keep the pod from being ready, if they do."""
    for gate in pod["spec"].get("readinessGates") or ():
        kind = gate["conditionType"]
        condition = get_condition({"status": old}, kind)
        if condition is None or condition.get("status") != "True":
            return {
                "reason": "ReadinessGatesNotReady",
                "message": f'the status of pod readiness gate "{kind}" is not "True"',
            }
    return {}


def _condition(kind: str, holds: bool, why: Mapping[str, Any], old: Object, now: str) -> Object:
    status = "True" if holds else "False"
    before = get_condition({"status": old}, kind) or {}
    since = before.get("lastTransitionTime") if before.get("status") == status else None
    return {
        "type": kind,
        "status": status,
        "lastTransitionTime": since or now,
        **why,
    }
