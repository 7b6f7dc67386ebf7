"""Brings one container of a pod to run: back-off, image, environment, start.

Source: kubernetes pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer),
pkg/kubelet/images/image_manager.go.
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from kactors.api.meta import name_of, namespace_of, uid_of
from kactors.api.objects import Object
from kactors.client.events import NORMAL, WARNING
from kactors.node.errors import (
    ConfigMissing,
    ImagePullError,
    MalformedBehaviour,
    NoSuchContainer,
    VolumeNotReady,
)
from kactors.node.pod_context import PodContext
from kactors.node.pods.container_status import Waiting, restart_count
from kactors.node.pods.containers import PodRuntime
from kactors.node.pods.environment import check_environment
from kactors.node.pods.volumes import mounts_of
from kactors.node.runtime.face import VolumeDir
from kactors.runtime import current_time
from kactors.runtime.clock import NANOSECONDS

__all__ = ["ContainerStarter"]

CONFIG_RETRY_SECONDS: Final = 10.0
_SOON: Final = 1.0


class ContainerStarter:
    """Starts the containers of one pod.

    Args:
        node: what the pods of the node share.

    Attributes:
        waiting: why containers were not started, by name.
    """

    def __init__(self, node: PodContext) -> None:
        self.waiting: dict[str, Waiting] = {}
        self._node = node
        self._pull_failed: dict[str, float] = {}

    async def start(
        self,
        pod: Object,
        container: Object,
        view: PodRuntime,
        old: Mapping[str, Object],
        volumes: Mapping[str, VolumeDir],
    ) -> float:
        """Start one container, if it is time to; return in how many seconds to look again.

        Args:
            pod: whose.
            container: an element of its spec that does not run.
            view: what there is of the pod; it has a sandbox.
            old: the container statuses that were said last, by name.
            volumes: mounted directories, by volume.
        """
        assert view.sandbox is not None, f"{name_of(pod)} has no sandbox to start anything in"
        node, name, uid = self._node, container["name"], uid_of(pod)
        latest = view.latest.get(name)
        key = f"{uid}/{name}"
        now = node.host.clock.wall_ns() / NANOSECONDS
        ended = 0.0
        if latest is not None:
            ended = (latest.finished_ns or 0) / NANOSECONDS
            left = node.restarts.left(key, ended, now)
            if left > 0:
                self._back_off(pod, name, node.restarts.seconds(key))
                return left
        pause = await self._pull(pod, container)
        if pause > 0:
            return pause
        try:
            await self._check(pod, container)
        except (ConfigMissing, VolumeNotReady) as error:
            self.waiting[name] = Waiting("CreateContainerConfigError", str(error))
            node.tell(pod, WARNING, "Failed", f"Error: {error}")
            return CONFIG_RETRY_SECONDS
        if latest is not None:
            node.restarts.next(key, ended, now)
        attempt = 0
        if latest is not None or _ran(old.get(name) or {}):
            attempt = restart_count(view, name, old) + 1
        mounts = mounts_of(container, volumes)
        try:
            await node.runtime.start_container(view.sandbox.id, pod, container, attempt, mounts)
        except (MalformedBehaviour, NoSuchContainer) as error:
            self.waiting[name] = Waiting("CreateContainerError", str(error))
            node.tell(pod, WARNING, "Failed", f"Error: {error}")
            return CONFIG_RETRY_SECONDS
        self.waiting.pop(name, None)
        self._remove_older(uid, name, attempt - 1)
        node.tell(pod, NORMAL, "Started", f"Started container {name}")
        return 0.0  # it may be what others have waited for

    def _back_off(self, pod: Object, name: str, seconds: float) -> None:
        where = f"{name_of(pod)}_{namespace_of(pod)}({uid_of(pod)})"
        message = f"back-off {seconds:g}s restarting failed container={name} pod={where}"
        if self.waiting.get(name) != Waiting("CrashLoopBackOff", message):
            self.waiting[name] = Waiting("CrashLoopBackOff", message)
            text = f"Back-off restarting failed container {name} in pod {where}"
            self._node.tell(pod, WARNING, "BackOff", text)

    async def _check(self, pod: Object, container: Object) -> None:
        volumes, namespace = self._node.volumes, namespace_of(pod)
        await volumes.read_environment(pod, container)
        check_environment(container, lambda reference: volumes.known(namespace, reference))

    def _remove_older(self, uid: str, name: str, keep: int) -> None:
        """Forget the starts before the one before: they are of no use to anybody."""
        runtime = self._node.runtime
        for each in runtime.containers(uid):
            if each.name == name and each.attempt < keep and not each.running:
                runtime.remove_container(each.id)

    async def _pull(self, pod: Object, container: Object) -> float:
        """Have the image there; return 0 if it is, else in how many seconds to look again."""
        node, image, name = self._node, container["image"], container["name"]
        policy = container.get("imagePullPolicy") or "IfNotPresent"
        if image in node.runtime.images() and policy != "Always":
            return 0.0
        key = f"{uid_of(pod)}/{image}"
        failed = self._pull_failed.get(image, -inf)
        left = node.pulls.left(key, failed, current_time()) if failed > -inf else 0.0
        if left > 0:
            self.waiting[name] = Waiting("ImagePullBackOff", f'Back-off pulling image "{image}"')
            return left
        try:
            async with node.pull_lock:
                if image not in node.runtime.images() or policy == "Always":
                    node.tell(pod, NORMAL, "Pulling", f'Pulling image "{image}"')
                await node.runtime.pull_image(pod, container)
        except MalformedBehaviour as error:
            self.waiting[name] = Waiting("CreateContainerError", str(error))
            return CONFIG_RETRY_SECONDS
        except ImagePullError as error:
            now = self._pull_failed[image] = current_time()
            node.pulls.next(key, now, now)
            reason = "ErrImageNeverPull" if policy == "Never" else "ErrImagePull"
            self.waiting[name] = Waiting(reason, str(error))
            node.tell(pod, WARNING, "Failed", f'Failed to pull image "{image}": {error}')
            return _SOON
        return 0.0


def _ran(old: Object) -> bool:
    """Tell whether a container was said to have run before."""
    states = (old.get("state") or {}, old.get("lastState") or {})
    return any("running" in each or "terminated" in each for each in states)
