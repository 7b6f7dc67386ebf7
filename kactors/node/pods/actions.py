"""What a pod needs next, as a function of what it should be and what runs.

Theory of operation
===================

The answer is computed afresh each time, from the pod and from what the runtime has, so a kubelet
that was away, or a container that died in between, needs no case of its own. In order:

1. *Sandbox*. Without a ready one, nothing else can be.
2. *Init containers*, one after the other; a *sidecar* among them goes on, and the next may start
   once it has started. They are over for good once a container of the pod was started.
3. *Containers*, all at the same time.

When none of the containers runs or will, the pod is over, and what is left of it is killed.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_manager.go (computePodActions),
kuberuntime_container.go (computeInitContainerActions).
"""

import attrs

from kactors.api.objects import Object
from kactors.node.pods.containers import PodRuntime, restart_policy, should_restart
from kactors.node.pods.probes import ProbeResult, ProbeResults, is_started
from kactors.node.pods.resources import is_sidecar
from kactors.node.runtime.face import ContainerStatus, ProbeKind

__all__ = ["Kill", "PodActions", "compute_pod_actions"]


@attrs.frozen
class Kill:
    """A container that is to be killed, and why."""

    container: ContainerStatus
    message: str


@attrs.frozen
class PodActions:
    """What to do, in this order.

    Attributes:
        kill_pod: everything; the pod is over.
        create_sandbox: number of the sandbox to make; ``None`` if there is one.
        kill: these containers.
        start: these containers, elements of the pod's spec; after their back-off.
    """

    kill_pod: bool = False
    create_sandbox: int | None = None
    kill: tuple[Kill, ...] = ()
    start: tuple[Object, ...] = ()

    @property
    def nothing(self) -> bool:
        """Whether there is nothing to do."""
        return self == _NOTHING


_NOTHING = PodActions()
_OVER = PodActions(kill_pod=True)


def compute_pod_actions(pod: Object, runtime: PodRuntime, probes: ProbeResults) -> PodActions:
    """Return what ``pod`` needs next.

    Args:
        pod: as it should be.
        runtime: what there is of it.
        probes: of the containers that run.
    """
    spec = pod["spec"]
    sandbox = runtime.sandbox
    if sandbox is None or not sandbox.ready:
        if sandbox is not None and not _wanted_anew(pod, runtime):
            return _OVER
        return PodActions(create_sandbox=0 if sandbox is None else sandbox.attempt + 1)
    kills: list[Kill] = []
    starts: list[Object] = []
    initialised = any(runtime.current(each["name"]) for each in spec["containers"])
    for container in spec.get("initContainers") or ():
        if initialised and not is_sidecar(container):
            continue
        verdict = _init_container(pod, container, runtime, probes, kills, starts)
        if verdict is None:
            return _OVER
        if not verdict and not initialised:
            return PodActions(kill=tuple(kills), start=tuple(starts))
    kept = 0
    for container in spec["containers"]:
        status = runtime.current(container["name"])
        if status is None or (
            not status.running and should_restart(pod, container, status.exit_code)
        ):
            starts.append(container)
        elif status.running:
            kept += 1
            _judge(pod, container, status, probes, kills)
    if not kept and not any(not is_sidecar(each) for each in starts):
        return _OVER
    return PodActions(kill=tuple(kills), start=tuple(starts))


def _wanted_anew(pod: Object, runtime: PodRuntime) -> bool:
    """Tell whether a pod whose sandbox is gone has anything left to run."""
    if restart_policy(pod) == "Always" or not runtime.latest:
        return True
    return any(
        (status := runtime.latest.get(each["name"])) is None
        or status.running
        or should_restart(pod, each, status.exit_code)
        for each in pod["spec"]["containers"]
    )


def _init_container(
    pod: Object,
    container: Object,
    runtime: PodRuntime,
    probes: ProbeResults,
    kills: list[Kill],
    starts: list[Object],
) -> bool | None:
    """Decide on one init container; return whether the next may begin, ``None``: the pod fails."""
    status = runtime.current(container["name"])
    if status is None:
        starts.append(container)
        return False
    if status.running:
        _judge(pod, container, status, probes, kills)
        return is_sidecar(container) and is_started(container, status.id, probes)
    if status.exit_code == 0 and not is_sidecar(container):
        return True
    if not is_sidecar(container) and restart_policy(pod) == "Never":
        return None
    starts.append(container)
    return False


def _judge(
    pod: Object,
    container: Object,
    status: ContainerStatus,
    probes: ProbeResults,
    kills: list[Kill],
) -> None:
    """Have a container killed that fails a probe it may not fail."""
    for kind in (ProbeKind.LIVENESS, ProbeKind.STARTUP):
        if probes.get((status.id, kind)) is ProbeResult.FAILURE:
            again = ", will be restarted" if should_restart(pod, container, 137) else ""
            message = f"Container {status.name} failed {kind.value} probe{again}"
            kills.append(Kill(status, message))
            return
