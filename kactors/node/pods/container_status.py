"""What is said of one container: ``ContainerStatus`` from what the runtime has, and from before.

What was said before counts where the runtime knows nothing: a container that ran, and of which
nothing is left after its host was started anew, was *lost*, and is not said to have never been.

Source: kubernetes pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses).
"""

from collections.abc import Mapping

import attrs

from kactors.api.meta import format_time
from kactors.api.objects import Object
from kactors.node.pods.containers import PodRuntime, should_restart
from kactors.node.pods.probes import ProbeResult, ProbeResults, is_started
from kactors.node.runtime.face import ContainerStatus, ProbeKind

__all__ = ["LOST", "Waiting", "container_status", "is_ready", "restart_count", "terminated_state"]

LOST = "ContainerStatusUnknown"


@attrs.frozen
class Waiting:
    """Why a container does not run yet."""

    reason: str
    message: str = ""

    def state(self) -> Object:
        """Return the ``ContainerState``."""
        found = {"reason": self.reason}
        if self.message:
            found["message"] = self.message
        return {"waiting": found}


def terminated_state(status: ContainerStatus) -> Object:
    """Return the ``ContainerState`` of a start that has ended."""
    assert status.finished_ns is not None, f"{status.id} runs still"
    return {
        "terminated": {
            "exitCode": status.exit_code,
            "reason": status.reason,
            "startedAt": format_time(status.started_ns),
            "finishedAt": format_time(status.finished_ns),
            "containerID": f"simulated://{status.id}",
        }
    }


def _lost_state(old: Object) -> Object:
    running = old["state"]["running"]
    return {
        "terminated": {
            "exitCode": 137,
            "reason": LOST,
            "message": "The container could not be located when the pod was terminated",
            "startedAt": running.get("startedAt"),
            "finishedAt": running.get("startedAt"),
            "containerID": old.get("containerID", ""),
        }
    }


def restart_count(runtime: PodRuntime, name: str, old: Mapping[str, Object]) -> int:
    """Return how often a container has been started anew so far."""
    latest = runtime.latest.get(name)
    known: int = (old.get(name) or {}).get("restartCount") or 0
    return known if latest is None else max(known, latest.attempt)


def is_ready(container: Object, status: ContainerStatus, probes: ProbeResults) -> bool:
    """Tell whether a container that runs may get traffic."""
    if not is_started(container, status.id, probes):
        return False
    if container.get("readinessProbe") is None:
        return True
    return probes.get((status.id, ProbeKind.READINESS)) is ProbeResult.SUCCESS


def container_status(
    pod: Object,
    container: Object,
    runtime: PodRuntime,
    probes: ProbeResults,
    old: Mapping[str, Object],
    waiting: Mapping[str, Waiting],
) -> Object:
    """Return the ``ContainerStatus`` of one container.

    Args:
        pod: whose.
        container: an element of its spec.
        runtime: what there is of the pod.
        probes: their results.
        old: what was said before, by container name.
        waiting: why containers are not started yet; by name, and by ``""`` for those not listed.
    """
    name = container["name"]
    found: Object = {
        "name": name,
        "image": container.get("image", ""),
        "imageID": "",
        "ready": False,
        "started": False,
        "restartCount": restart_count(runtime, name, old),
        "state": {},
        "lastState": {},
    }
    status = runtime.latest.get(name)
    if status is None:
        _without_status(found, pod, container, old.get(name) or {}, waiting)
        return found
    found["containerID"] = f"simulated://{status.id}"
    found["imageID"] = status.image
    if status.running:
        found["state"] = {"running": {"startedAt": format_time(status.started_ns)}}
        found["started"] = is_started(container, status.id, probes)
        found["ready"] = is_ready(container, status, probes)
    elif name in waiting and should_restart(pod, container, status.exit_code):
        found["state"] = waiting[name].state()
        found["lastState"] = terminated_state(status)
        return found
    else:
        found["state"] = terminated_state(status)
    if name in runtime.previous:
        found["lastState"] = terminated_state(runtime.previous[name])
    else:
        found["lastState"] = (old.get(name) or {}).get("lastState") or {}
    return found


def _without_status(
    found: Object, pod: Object, container: Object, old: Object, waiting: Mapping[str, Waiting]
) -> None:
    """Fill in what is said of a container of which the runtime has nothing."""
    default = waiting.get(container["name"]) or waiting.get("") or Waiting("ContainerCreating")
    state = old.get("state") or {}
    if "running" in state:
        state = _lost_state(old)
    ended = state.get("terminated")
    if ended is None:
        found["state"] = default.state()
        found["lastState"] = old.get("lastState") or {}
    elif should_restart(pod, container, ended["exitCode"]):
        found["state"] = default.state()
        found["lastState"] = state
    else:
        found["state"] = state
        found["lastState"] = old.get("lastState") or {}
        found["containerID"] = old.get("containerID", "")
        found["imageID"] = old.get("imageID", "")
