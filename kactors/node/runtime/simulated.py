"""The container runtime of the simulated world: containers as functions of time.

Theory of operation
===================

What becomes of a container is drawn when it starts (`behaviour.draw_fate`), so what it is doing at
any instant can be computed from the clock, and nothing runs on its behalf. It therefore goes on
while the kubelet is down, as containers do, and ends with the host's life, because the object that
keeps it is made anew for each. The one thing that needs a timer, telling the kubelet that a
container has ended, borrows the kubelet's.
"""

from collections.abc import Callable, Mapping
from math import inf
from typing import Final, Protocol

import attrs

from kactors.api.meta import name_of, namespace_of, uid_of
from kactors.api.objects import Object
from kactors.node.errors import ImagePullError, NetworkNotReady, NoSuchContainer
from kactors.node.runtime.addresses import AddressPool
from kactors.node.runtime.behaviour import Fate, behaviour_of, draw_fate, memory_limit_of
from kactors.node.runtime.face import (
    After,
    ContainerState,
    ContainerStatus,
    ProbeKind,
    SandboxStatus,
    Stoppable,
    VolumeDir,
)
from kactors.runtime import Clock, Random, sleep
from kactors.runtime.clock import NANOSECONDS

__all__ = ["Machine", "SimulatedRuntime", "image_bytes", "port_of_probe"]

PULL_BYTES_PER_SECOND: Final = 50_000_000

#: The shortest pause: less might be no time at all, as clocks count nanoseconds and sums do not.
_MOMENT: Final = 1e-6


class Machine(Protocol):
    """What the runtime needs of the host: its clock and its chance."""

    @property
    def clock(self) -> Clock:
        """Its view of time."""
        ...

    def random(self, *key: str | int) -> Random:
        """Return the stream of chance under ``key``, from its beginning."""
        ...


@attrs.define
class _Container:
    status: ContainerStatus  # as it was at the start
    fate: Fate
    ports: tuple[Object, ...]
    mounts: Mapping[str, VolumeDir]
    random: Random
    started: int  # nanoseconds of the host's monotonic clock
    ends: float  # likewise, or infinity
    exit_code: int
    reason: str
    timer: Stoppable | None = None


@attrs.define
class _Sandbox:
    status: SandboxStatus
    host_network: bool


def image_bytes(image: str, random: Callable[..., Random]) -> int:
    """Return the size of an image: 10 MB to 300 MB, by its name."""
    return 10_000_000 + random("image", image).below(290_000_000)


class SimulatedRuntime:
    """Containers without processes; see the module, and `ContainerRuntime` for the methods.

    Args:
        machine: clock and chance.
        node_ip: the address of pods that share the node's network.

    Attributes:
        starts: how many containers were started.
        pulls: how many images were pulled.
    """

    def __init__(self, machine: Machine, node_ip: str) -> None:
        self._clock = machine.clock
        self._random = machine.random
        self._node_ip = node_ip
        self._pool: AddressPool | None = None
        self._sandboxes: dict[str, _Sandbox] = {}
        self._containers: dict[str, _Container] = {}
        self._of_pod: dict[str, dict[str, None]] = {}  # container ids by pod
        self._by_ip: dict[str, str] = {}  # sandbox ids by address
        self._images: dict[str, int] = {}
        self._after: After | None = None
        self._notify: Callable[[str], None] | None = None
        self._numbers = 0
        self.starts = 0
        self.pulls = 0

    # -- what is there -------------------------------------------------------------------

    def subscribe(self, after: After, notify: Callable[[str], None]) -> None:
        """See `ContainerRuntime.subscribe`."""
        self._after, self._notify = after, notify
        for container in self._containers.values():
            container.timer = None  # the one before was the last subscriber's, and went with it
            self._arm(container)

    def set_pod_cidr(self, cidr: str) -> None:
        """See `ContainerRuntime.set_pod_cidr`; sandboxes that are there keep their addresses."""
        if self._pool is None or self._pool.cidr != cidr:
            self._pool = AddressPool(cidr)

    @property
    def network_ready(self) -> bool:
        """Whether sandboxes can have addresses."""
        return self._pool is not None

    def sandboxes(self, pod_uid: str | None = None) -> tuple[SandboxStatus, ...]:
        """See `ContainerRuntime.sandboxes`."""
        return tuple(
            sandbox.status
            for sandbox in self._sandboxes.values()
            if pod_uid is None or sandbox.status.pod_uid == pod_uid
        )

    def containers(self, pod_uid: str | None = None) -> tuple[ContainerStatus, ...]:
        """See `ContainerRuntime.containers`."""
        ids = self._containers if pod_uid is None else self._of_pod.get(pod_uid, {})
        return tuple(self._status(self._containers[each]) for each in ids)

    def images(self) -> Mapping[str, int]:
        """See `ContainerRuntime.images`."""
        return self._images

    def sandbox_at(self, ip: str) -> SandboxStatus | None:
        """Return whose address ``ip`` is on this node; not for the node's own."""
        sandbox_id = self._by_ip.get(ip)
        return None if sandbox_id is None else self._sandboxes[sandbox_id].status

    def listener(self, pod_uid: str, port: int, protocol: str) -> ContainerStatus | None:
        """Return the container of a pod that answers on a port now; ``None``: it is refused.

        A container listens on the ports that it declares, and on any if it declares none.
        """
        now = self._now()
        for each in self._of_pod.get(pod_uid, {}):
            container = self._containers[each]
            if self._answers(container, now) and _declares(container.ports, port, protocol):
                return self._status(container)
        return None

    def read_file(self, container_id: str, path: str) -> bytes:
        """Return what a container reads at ``path`` now.

        Raises:
            NoSuchContainer: there is no such container.
            FileNotFoundError: nothing is mounted there, or it has no such file.
        """
        directory, _, name = path.rpartition("/")
        container = self._containers.get(container_id)
        if container is None:
            raise NoSuchContainer(f"there is no container {container_id}")
        mounted = container.mounts.get(directory)
        if mounted is None or name not in mounted.files:
            raise FileNotFoundError(f"{container.status.name} has no file {path}")
        return mounted.files[name]

    def usage(self, container_id: str) -> tuple[int, int]:
        """See `ContainerRuntime.usage`."""
        container = self._containers.get(container_id)
        if container is None or container.ends <= self._now():
            return 0, 0
        return container.fate.cpu_milli, container.fate.memory_bytes

    # -- what is done --------------------------------------------------------------------

    async def pull_image(self, pod: Object, container: Object) -> None:
        """See `ContainerRuntime.pull_image`."""
        image = container["image"]
        policy = container.get("imagePullPolicy") or "IfNotPresent"
        behaviour = behaviour_of(pod, container["name"])
        if image in self._images and policy != "Always":
            return
        if policy == "Never":
            raise ImagePullError(
                f'Container image "{image}" is not present with pull policy of Never'
            )
        self.pulls += 1
        random = self._random("pull", image, self.pulls)
        size = image_bytes(image, self._random)
        if image in self._images:
            seconds = 0.2  # only the registry is asked whether the image is the same
        elif behaviour.pull_seconds is not None:
            seconds = behaviour.pull_seconds.draw(random)
        else:
            seconds = random.uniform(0.5, 1.5) + size / PULL_BYTES_PER_SECOND
        fails = random.chance(behaviour.pull_failure.draw(random))
        await sleep(min(seconds, 3600.0))
        if fails:
            raise ImagePullError(f'failed to pull and unpack image "{image}"')
        self._images[image] = size

    async def run_pod_sandbox(self, pod: Object, attempt: int) -> SandboxStatus:
        """See `ContainerRuntime.run_pod_sandbox`."""
        uid = uid_of(pod)
        host_network = bool((pod.get("spec") or {}).get("hostNetwork"))
        await sleep(self._random("sandbox", uid, attempt).uniform(0.1, 0.4))
        self._numbers += 1
        sandbox_id = f"sandbox-{self._numbers}"
        ip = self._node_ip if host_network else self._allocate(sandbox_id)
        status = SandboxStatus(
            id=sandbox_id,
            pod_uid=uid,
            namespace=namespace_of(pod),
            name=name_of(pod),
            ip=ip,
            attempt=attempt,
            ready=True,
            created_ns=self._clock.wall_ns(),
        )
        self._sandboxes[sandbox_id] = _Sandbox(status, host_network)
        if not host_network:
            self._by_ip[ip] = sandbox_id
        return status

    def _allocate(self, owner: str) -> str:
        if self._pool is None:
            raise NetworkNotReady("this node has no range of addresses for pods yet")
        return self._pool.allocate(owner)

    async def start_container(
        self,
        sandbox_id: str,
        pod: Object,
        container: Object,
        attempt: int,
        mounts: Mapping[str, VolumeDir],
    ) -> ContainerStatus:
        """See `ContainerRuntime.start_container`."""
        uid, name = uid_of(pod), container["name"]
        init = any(each is container for each in pod["spec"].get("initContainers") or ())
        behaviour = behaviour_of(pod, name, init=init and container.get("restartPolicy") is None)
        random = self._random("container", uid, name, attempt)
        fate = draw_fate(behaviour, random, memory_limit=memory_limit_of(container))
        await sleep(random.uniform(0.05, 0.2))
        if sandbox_id not in self._sandboxes:
            raise NoSuchContainer(f"{name} cannot be started: {sandbox_id} is gone")
        self._numbers += 1
        self.starts += 1
        now = self._now()
        started = _Container(
            status=ContainerStatus(
                id=f"container-{self._numbers}",
                sandbox_id=sandbox_id,
                pod_uid=uid,
                name=name,
                image=container["image"],
                attempt=attempt,
                state=ContainerState.RUNNING,
                started_ns=self._clock.wall_ns(),
            ),
            fate=fate,
            ports=tuple(container.get("ports") or ()),
            mounts=mounts,
            random=random,
            started=now,
            ends=_after(now, fate.ends),
            exit_code=fate.exit_code,
            reason=fate.reason,
        )
        self._containers[started.status.id] = started
        self._of_pod.setdefault(uid, {})[started.status.id] = None
        self._arm(started)
        return started.status

    def stop_container(self, container_id: str) -> None:
        """See `ContainerRuntime.stop_container`."""
        container = self._containers.get(container_id)
        now = self._now()
        if container is None or _after(container.started, container.fate.hangs) <= now:
            return  # who hangs hears no signal
        fate = container.fate
        ends = _after(now, fate.stops)
        if ends < container.ends:
            reason = "Completed" if fate.term_exit_code == 0 else "Error"
            self._end(container, ends, fate.term_exit_code, reason)

    def kill_container(self, container_id: str) -> None:
        """See `ContainerRuntime.kill_container`."""
        container = self._containers.get(container_id)
        now = self._now()
        if container is not None and container.ends > now:
            self._end(container, now, 137, "Error")

    def remove_container(self, container_id: str) -> None:
        """See `ContainerRuntime.remove_container`."""
        container = self._containers.pop(container_id, None)
        if container is not None:
            _disarm(container)
            others = self._of_pod[container.status.pod_uid]
            del others[container_id]
            if not others:
                del self._of_pod[container.status.pod_uid]

    def remove_sandbox(self, sandbox_id: str) -> None:
        """See `ContainerRuntime.remove_sandbox`."""
        sandbox = self._sandboxes.pop(sandbox_id, None)
        if sandbox is None:
            return
        for each in tuple(self._of_pod.get(sandbox.status.pod_uid, ())):
            if self._containers[each].status.sandbox_id == sandbox_id:
                self.remove_container(each)
        if not sandbox.host_network:
            self._by_ip.pop(sandbox.status.ip, None)
            if self._pool is not None:
                self._pool.release(sandbox.status.ip)

    async def probe(self, container_id: str, kind: ProbeKind, probe: Object) -> bool:
        """See `ContainerRuntime.probe`."""
        container = self._containers.get(container_id)
        now = self._now()
        if container is None or now < _after(container.started, container.fate.up):
            return False
        if now >= container.ends:
            return False
        if not self._answers(container, now):  # it hangs
            await sleep(float(probe.get("timeoutSeconds") or 1))
            return False
        wanted = port_of_probe(probe, container.ports)
        if wanted is not None and not _declares(container.ports, wanted, "TCP"):
            return False
        fate = container.fate
        failure = fate.liveness_failure
        if kind is ProbeKind.READINESS:
            if now < _after(container.started, fate.ready):
                return False
            failure = fate.readiness_failure
        return not (failure > 0 and container.random.chance(failure))

    # -- inside --------------------------------------------------------------------------

    def _now(self) -> int:
        return self._clock.monotonic_ns()

    def _answers(self, container: _Container, now: int) -> bool:
        fate, began = container.fate, container.started
        return _after(began, fate.up) <= now < min(_after(began, fate.hangs), container.ends)

    def _status(self, container: _Container) -> ContainerStatus:
        if self._now() < container.ends:
            return container.status
        lasted = int(container.ends) - container.started
        return attrs.evolve(
            container.status,
            state=ContainerState.EXITED,
            finished_ns=container.status.started_ns + lasted,
            exit_code=container.exit_code,
            reason=container.reason,
        )

    def _end(self, container: _Container, at: float, exit_code: int, reason: str) -> None:
        container.ends, container.exit_code, container.reason = at, exit_code, reason
        self._arm(container)

    def _arm(self, container: _Container) -> None:
        """Have the subscriber told when the container ends, if it does."""
        _disarm(container)
        if self._after is not None and container.ends < inf:
            left = (container.ends - self._now()) / NANOSECONDS
            if left >= 0:
                container.timer = self._after(max(left, _MOMENT), self._ended, container)

    def _ended(self, container: _Container) -> None:
        container.timer = None
        if container.ends > self._now():
            self._arm(container)  # it was woken a nanosecond too early
        elif self._notify is not None:
            self._notify(container.status.pod_uid)


def _after(began: int, seconds: float) -> float:
    """Return the instant ``seconds`` after another, in whole nanoseconds, or infinity."""
    return inf if seconds == inf else began + round(seconds * NANOSECONDS)


def _disarm(container: _Container) -> None:
    if container.timer is not None:
        container.timer.cancel()
        container.timer = None


def _declares(ports: tuple[Object, ...], port: int, protocol: str) -> bool:
    if not ports:
        return True
    return any(
        each.get("containerPort") == port and (each.get("protocol") or "TCP") == protocol
        for each in ports
    )


def port_of_probe(probe: Object, ports: tuple[Object, ...]) -> int | None:
    """Return the number of the port that a probe asks; ``None`` if it asks none, -1 if unknown."""
    for kind in ("httpGet", "tcpSocket", "grpc"):
        if kind in probe:
            wanted = probe[kind].get("port")
            if isinstance(wanted, int):
                return wanted
            named = (each["containerPort"] for each in ports if each.get("name") == wanted)
            return next(named, -1)
    return None
