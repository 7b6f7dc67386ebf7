"""The containers of one pod as its runtime has them, and what their restart policy says.

Source: kubernetes pkg/kubelet/container/helpers.go (ShouldContainerBeRestarted).
"""

from collections.abc import Iterable, Mapping

import attrs

from kactors.api.objects import Object
from kactors.node.pods.resources import is_sidecar
from kactors.node.runtime.face import ContainerStatus, SandboxStatus

__all__ = ["PodRuntime", "all_containers", "restart_policy", "should_restart"]


@attrs.frozen
class PodRuntime:
    """What a runtime has of one pod.

    Attributes:
        sandbox: the newest, if there is one.
        latest: the newest start of each container, by its name.
        previous: the start before that, where it is remembered.
    """

    sandbox: SandboxStatus | None = None
    latest: Mapping[str, ContainerStatus] = attrs.field(factory=dict)
    previous: Mapping[str, ContainerStatus] = attrs.field(factory=dict)

    @classmethod
    def of(
        cls, sandboxes: Iterable[SandboxStatus], containers: Iterable[ContainerStatus]
    ) -> "PodRuntime":
        """Return the view of what a runtime lists of one pod."""
        newest = max(sandboxes, key=lambda each: each.attempt, default=None)
        latest: dict[str, ContainerStatus] = {}
        previous: dict[str, ContainerStatus] = {}
        for each in sorted(containers, key=lambda status: status.attempt):
            if each.name in latest:
                previous[each.name] = latest[each.name]
            latest[each.name] = each
        return cls(newest, latest, previous)

    def current(self, name: str) -> ContainerStatus | None:
        """Return the newest start of a container in the newest sandbox; ``None`` if none."""
        found = self.latest.get(name)
        if found is None or self.sandbox is None or found.sandbox_id != self.sandbox.id:
            return None
        return found

    @property
    def running(self) -> tuple[ContainerStatus, ...]:
        """The containers that run."""
        return tuple(each for each in self.latest.values() if each.running)


def all_containers(pod: Object) -> list[Object]:
    """Return the init containers and the containers of a pod."""
    spec = pod.get("spec") or {}
    return [*(spec.get("initContainers") or ()), *(spec.get("containers") or ())]


def restart_policy(pod: Object) -> str:
    """Return ``Always``, ``OnFailure`` or ``Never``."""
    return (pod.get("spec") or {}).get("restartPolicy") or "Always"


def should_restart(pod: Object, container: Object, exit_code: int) -> bool:
    """Tell whether a container that has ended with ``exit_code`` is started again."""
    if is_sidecar(container):
        return True
    policy = restart_policy(pod)
    return policy == "Always" or (policy == "OnFailure" and exit_code != 0)
