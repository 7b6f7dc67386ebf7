"""Asks the containers of one pod, each probe at its own pace.

Source: kubernetes pkg/kubelet/prober/prober_manager.go, worker.go.
"""

from collections.abc import Callable
from typing import Any, Protocol

from kactors.api.objects import Object
from kactors.node.pods.containers import PodRuntime, all_containers
from kactors.node.pods.probes import PROBE_FIELDS, ProbeResult, ProbeTracker, is_started
from kactors.node.runtime.face import ContainerRuntime, ContainerStatus, ProbeKind
from kactors.runtime import Host, sleep
from kactors.runtime.clock import NANOSECONDS
from kactors.runtime.face import AsyncFunction

__all__ = ["Prober", "StartSoon"]

Key = tuple[str, ProbeKind]


class StartSoon(Protocol):
    """Runs a task: `Actor.start_soon`."""

    def __call__(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run ``async_fn(*args)``, soon."""
        ...


class Prober:
    """The probes of one pod.

    Args:
        runtime: is asked.
        host: clock and chance.
        start_soon: runs a task for each probe of each container.
        changed: told when a result has changed.
        unhealthy: told of each answer that was bad: container and kind.
    """

    def __init__(
        self,
        runtime: ContainerRuntime,
        host: Host,
        start_soon: StartSoon,
        changed: Callable[[], None],
        unhealthy: Callable[[str, ProbeKind], None],
    ) -> None:
        self._runtime = runtime
        self._host = host
        self._start_soon = start_soon
        self._changed = changed
        self._unhealthy = unhealthy
        self._trackers: dict[Key, ProbeTracker] = {}
        self._only_readiness = False

    @property
    def results(self) -> dict[Key, ProbeResult]:
        """What was found, by container id and kind."""
        return {key: tracker.result for key, tracker in self._trackers.items()}

    def follow(self, pod: Object, view: PodRuntime, ready: Callable[[str], bool]) -> None:
        """Probe the containers that run, and no others.

        Args:
            pod: says which probes.
            view: says which containers run.
            ready: whether a container of this name was said to be ready before. One that was
                adopted goes on to be so until a probe finds otherwise.
        """
        running = {each.id: each for each in view.running}
        for key in [key for key in self._trackers if key[0] not in running]:
            del self._trackers[key]
        specs = {each["name"]: each for each in all_containers(pod)}
        for status in running.values():
            container = specs.get(status.name, {})
            for kind, name in PROBE_FIELDS.items():
                spec = container.get(name)
                key = (status.id, kind)
                if spec is None or key in self._trackers:
                    continue
                if self._only_readiness and kind is not ProbeKind.READINESS:
                    continue
                self._begin(key, container, spec, status, known=ready(status.name))

    def end(self) -> None:
        """Ask only whether containers are ready from now on: the pod is being terminated."""
        self._only_readiness = True
        for key in [key for key in self._trackers if key[1] is not ProbeKind.READINESS]:
            del self._trackers[key]

    def stop(self) -> None:
        """Ask nothing any more."""
        self._trackers.clear()

    def _begin(
        self, key: Key, container: Object, spec: Object, status: ContainerStatus, *, known: bool
    ) -> None:
        tracker = self._trackers[key] = ProbeTracker(key[1], spec)
        ran = (self._host.clock.wall_ns() - status.started_ns) / NANOSECONDS
        wait = max(0.0, tracker.initial_delay - ran)
        if known and ran > 1.0:
            # Adopted: it has shown before what is asked, and many are adopted at the same time.
            if key[1] is not ProbeKind.LIVENESS:
                tracker.result = ProbeResult.SUCCESS
            wait += tracker.period * self._host.random("probe", status.id).random()
        name = f"{key[1].value} probe of {status.name}"
        self._start_soon(self._ask, key, tracker, container, wait, name=name)

    async def _ask(self, key: Key, tracker: ProbeTracker, container: Object, wait: float) -> None:
        container_id, kind = key
        await sleep(wait)
        while self._trackers.get(key) is tracker:
            if kind is ProbeKind.STARTUP or is_started(container, container_id, self.results):
                success = await self._runtime.probe(container_id, kind, tracker.spec)
                if self._trackers.get(key) is not tracker:
                    return
                if not success:
                    self._unhealthy(container["name"], kind)
                if tracker.note(success=success):
                    self._changed()
                if kind is ProbeKind.STARTUP and tracker.result is ProbeResult.SUCCESS:
                    return
            await sleep(tracker.period)
