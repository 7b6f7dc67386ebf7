"""What the kubelet asks of a container runtime: the container runtime interface, pared down.

A runtime is another program than the kubelet: what it runs goes on while the kubelet is down, and
whoever comes back lists what there is. Only what changes by itself is told, through `subscribe`.

Source: kubernetes cri-api pkg/apis/runtime/v1/api.proto.
"""

from collections.abc import Callable, Mapping
from enum import Enum
from typing import Any, Protocol

import attrs

from kactors.api.objects import Object

__all__ = ["After", "ContainerRuntime", "ContainerState", "ContainerStatus", "ProbeKind",
           "SandboxStatus", "Stoppable", "VolumeDir"]  # fmt: skip


class ContainerState(Enum):
    """Where a container is in its life."""

    RUNNING = "running"
    EXITED = "exited"


class ProbeKind(Enum):
    """What a probe wants to know."""

    STARTUP = "startup"
    LIVENESS = "liveness"
    READINESS = "readiness"


@attrs.frozen
class ContainerStatus:
    """One start of one container.

    Attributes:
        id: made by the runtime, unique on its host.
        sandbox_id, pod_uid: where it runs.
        name, image: from the pod.
        attempt: counts its starts within the pod, from 0.
        state: running or exited.
        started_ns, finished_ns: on the host's wall clock; ``None`` if it runs still.
        exit_code, reason: how it ended; 0 and empty if it runs still.
    """

    id: str
    sandbox_id: str
    pod_uid: str
    name: str
    image: str
    attempt: int
    state: ContainerState
    started_ns: int
    finished_ns: int | None = None
    exit_code: int = 0
    reason: str = ""

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self.state is ContainerState.RUNNING


@attrs.frozen
class SandboxStatus:
    """What the containers of one pod share: an address, a name.

    Attributes:
        id: made by the runtime, unique on its host.
        pod_uid, namespace, name: whose it is.
        ip: its address; the node's, if the pod shares the node's network.
        attempt: counts the sandboxes of the pod, from 0.
        ready: whether containers can run in it.
        created_ns: on the host's wall clock.
    """

    id: str
    pod_uid: str
    namespace: str
    name: str
    ip: str
    attempt: int
    ready: bool
    created_ns: int


@attrs.define
class VolumeDir:
    """A mounted directory; a new content takes the place of the old one at one instant.

    Attributes:
        files: name to content; replaced as a whole, never changed.
    """

    files: Mapping[str, bytes] = attrs.field(factory=dict)


class Stoppable(Protocol):
    """A call in the future that can be taken back."""

    def cancel(self) -> None:
        """Make sure that the call is not made any more."""
        ...


class After(Protocol):
    """Calls a plain function in so many seconds: `kactors.actors.Actor.after`."""

    def __call__(self, seconds: float, function: Callable[..., None], /, *args: Any) -> Stoppable:
        """Call ``function(*args)`` in ``seconds``."""
        ...


class ContainerRuntime(Protocol):
    """Runs containers; see the module."""

    def subscribe(self, after: After, notify: Callable[[str], None]) -> None:
        """Tell ``notify(pod_uid)`` from now on when a container has ended by itself.

        There is one subscriber; a later one takes its place.

        Args:
            after: the subscriber's timers, for runtimes that have none of their own.
            notify: told; must not wait.
        """
        ...

    def set_pod_cidr(self, cidr: str) -> None:
        """Give sandboxes their addresses from this range from now on."""
        ...

    @property
    def network_ready(self) -> bool:
        """Whether sandboxes can have addresses."""
        ...

    def sandboxes(self, pod_uid: str | None = None) -> tuple[SandboxStatus, ...]:
        """Return the sandboxes of one pod or of all, the oldest first."""
        ...

    def containers(self, pod_uid: str | None = None) -> tuple[ContainerStatus, ...]:
        """Return the containers of one pod or of all, the oldest first."""
        ...

    def images(self) -> Mapping[str, int]:
        """Return the images that need not be pulled, and their sizes in bytes."""
        ...

    async def pull_image(self, pod: Object, container: Object) -> None:
        """Get the image of one container.

        Raises:
            ImagePullError: it could not be had.
        """
        ...

    async def run_pod_sandbox(self, pod: Object, attempt: int) -> SandboxStatus:
        """Make a sandbox for ``pod``.

        Raises:
            NetworkNotReady: there are no addresses, or none is left.
        """
        ...

    async def start_container(
        self,
        sandbox_id: str,
        pod: Object,
        container: Object,
        attempt: int,
        mounts: Mapping[str, VolumeDir],
    ) -> ContainerStatus:
        """Start one container.

        Args:
            sandbox_id: where.
            pod: whose.
            container: an element of the pod's ``containers`` or ``initContainers``.
            attempt: counts the starts.
            mounts: directories by their path in the container.

        Raises:
            NoSuchContainer: the sandbox is gone.
        """
        ...

    def stop_container(self, container_id: str) -> None:
        """Ask it to end (SIGTERM); nothing if it has ended, or is gone."""
        ...

    def kill_container(self, container_id: str) -> None:
        """End it now (SIGKILL); nothing if it has ended, or is gone."""
        ...

    def remove_container(self, container_id: str) -> None:
        """Forget a container that has ended; kill it first if it runs."""
        ...

    def remove_sandbox(self, sandbox_id: str) -> None:
        """Kill and forget what is left in a sandbox, and the sandbox; its address is free."""
        ...

    async def probe(self, container_id: str, kind: ProbeKind, probe: Object) -> bool:
        """Return whether a container answers well, after ``timeoutSeconds`` at most."""
        ...

    def usage(self, container_id: str) -> tuple[int, int]:
        """Return what it uses: millicores, and bytes of memory; zeros if it does not run."""
        ...
