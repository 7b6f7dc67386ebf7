"""One pod on its node, from its binding to its end.

Theory of operation
===================

A worker takes turns. In each it looks at what the pod should be and at what runs, says what there
is to say, does what `compute_pod_actions` finds, and rests until it is woken or something is due.
Whatever happened meanwhile, to the kubelet too, the next turn finds it.

It *runs on* until the pod is over: deleted, gone, rejected, past its deadline, or ended by itself.
From then on it *terminates*: SIGTERM, after the preStop pause; SIGKILL, when the grace period is
over, which may be shortened but is counted from the beginning. When nothing runs any more, the last
word is said, sandbox and volumes are removed, and the pod may be deleted.

Source: kubernetes pkg/kubelet/pod_workers.go, kubelet.go (SyncPod, SyncTerminatingPod,
SyncTerminatedPod).
"""

from collections.abc import Mapping
from math import inf
from typing import Final

from kactors.api.meta import is_being_deleted, parse_time, uid_of
from kactors.api.objects import Object
from kactors.client.events import NORMAL, WARNING
from kactors.node.container_starter import ContainerStarter
from kactors.node.errors import NetworkNotReady, VolumeNotReady
from kactors.node.pod_context import PodContext
from kactors.node.pods.actions import PodActions, compute_pod_actions
from kactors.node.pods.containers import PodRuntime, all_containers
from kactors.node.pods.resources import is_sidecar
from kactors.node.pods.status import OWN_CONDITIONS, Failure, generate_pod_status, is_terminal
from kactors.node.pods.volumes import needs_objects
from kactors.node.prober import Prober
from kactors.node.runtime.face import ContainerStatus, ProbeKind, VolumeDir
from kactors.runtime import CancelScope, Waiter, cancel_scope, current_time, waiter
from kactors.runtime.clock import NANOSECONDS

__all__ = ["PodWorker"]

_RETRY_SECONDS: Final = 2.0
_GRACE_SECONDS: Final = 30
_MOMENT: Final = 1e-6  # less might be no time at all: clocks count nanoseconds, sums do not
_LONG: Final = 1e6


class PodWorker:
    """Runs one pod; see the module.

    Args:
        node: what the pods of the node share.
        pod: as an apiserver has it.

    Attributes:
        pod: see above; the latest.
        admitted: the node has taken it.
        finished: nothing of it is left here.
    """

    def __init__(self, node: PodContext, pod: Object) -> None:
        self.pod = pod
        self.uid = uid_of(pod)
        self.admitted = False
        self.finished = False
        self._node = node
        self._gone = False
        self._failure: Failure | None = None
        self._over_since: float | None = None
        self._signalled: dict[str, None] = {}
        self._kill_at: dict[str, float] = {}
        self._starter = ContainerStarter(node)
        self._prober = Prober(
            node.runtime, node.host, node.start_soon, self.wake, self._tell_unhealthy
        )
        self._mounted: Mapping[str, VolumeDir] = {}
        self._mounted_at = -inf
        self._news = False
        self._resting: Waiter[None] | None = None
        self._busy: CancelScope | None = None

    # -- what others tell it -------------------------------------------------------------

    def update(self, pod: Object) -> None:
        """Take note of what an apiserver has now."""
        before, self.pod = self.pod, pod
        if is_being_deleted(pod):
            self._drop_work()
        if _asked(before) != _asked(pod):  # and not only our own words that come back
            self.wake()

    def gone(self) -> None:
        """Take note that no apiserver has the pod any more."""
        self._gone = True
        self._drop_work()
        self.wake()

    def wake(self) -> None:
        """Take a turn soon."""
        self._news = True
        if self._resting is not None:
            self._resting.wake(None)

    def _drop_work(self) -> None:
        """Leave what the present turn waits for, a pull perhaps: the pod is over."""
        if self._busy is not None:
            self._busy.cancel()

    # -- turns ---------------------------------------------------------------------------

    async def run(self) -> None:
        """Take turns until nothing is left of the pod."""
        while True:
            self._news = False
            pause = await self._turn()
            if self.finished:
                return
            if not self._news and pause > 0:
                self._resting = waiter()
                await self._resting.wait_for(min(max(pause, _MOMENT), _LONG), None)
                self._resting = None

    async def _turn(self) -> float:
        """Do what is to be done now; return in how many seconds there is more."""
        self._kill_overdue()
        if self._over_since is None:
            self._consider_the_end()
        if self._over_since is not None:
            return self._terminate()
        view = self._view()
        status = self._say(view)
        actions = compute_pod_actions(self.pod, view, self._prober.results)
        if actions.kill_pod or is_terminal(status):
            self._end()
            return 0.0
        with cancel_scope() as self._busy:
            pause = await self._act(view, actions)
        dropped, self._busy = self._busy.cancelled_caught, None
        if dropped or is_being_deleted(self.pod) or self._gone:
            return 0.0
        view = self._view()
        self._prober.follow(self.pod, view, self._was_ready)
        self._say(view)
        return max(0.0, min(pause, self._next_kill(), self._deadline() - self._wall()))

    def _view(self) -> PodRuntime:
        runtime = self._node.runtime
        return PodRuntime.of(runtime.sandboxes(self.uid), runtime.containers(self.uid))

    def _wall(self) -> float:
        return self._node.host.clock.wall_ns() / NANOSECONDS

    # -- running on ----------------------------------------------------------------------

    async def _act(self, view: PodRuntime, actions: PodActions) -> float:
        if actions.create_sandbox is not None:
            return await self._prepare(actions.create_sandbox)
        for kill in actions.kill:
            self._stop(kill.container, kill.message)
        pause = inf
        if self._mounted_at == -inf or (actions.start and not self._mounted):
            pause = min(pause, await self._mount())
            if self._mounted_at == -inf:
                return pause
        old = self._old_containers()
        for container in actions.start:
            pause = min(
                pause, await self._starter.start(self.pod, container, view, old, self._mounted)
            )
        if needs_objects(self.pod):
            every = self._node.config.sync_seconds
            if current_time() >= self._mounted_at + every:
                await self._mount()
            pause = min(pause, max(_RETRY_SECONDS, self._mounted_at + every - current_time()))
        return pause

    async def _prepare(self, attempt: int) -> float:
        """Mount what is mounted, and make a sandbox."""
        pause = await self._mount()
        if self._mounted_at == -inf:
            return pause
        try:
            await self._node.runtime.run_pod_sandbox(self.pod, attempt)
        except NetworkNotReady as error:
            self._node.tell(self.pod, WARNING, "NetworkNotReady", f"network is not ready: {error}")
            return _RETRY_SECONDS
        return 0.0

    async def _mount(self) -> float:
        """Mount, or bring up to date; return in how many seconds to try again, if it failed."""
        try:
            self._mounted = await self._node.volumes.mount(self.pod)
        except VolumeNotReady as error:
            self._node.tell(self.pod, WARNING, "FailedMount", f"MountVolume.SetUp failed: {error}")
            return _RETRY_SECONDS
        self._mounted_at = current_time()
        return inf

    def _stop(self, container: ContainerStatus, why: str) -> None:
        """Have one container end; SIGKILL follows when its grace is over."""
        if container.id in self._kill_at:
            return
        self._node.tell(self.pod, NORMAL, "Killing", why)
        self._node.runtime.stop_container(container.id)
        seconds = self.pod["spec"].get("terminationGracePeriodSeconds", _GRACE_SECONDS)
        self._kill_at[container.id] = current_time() + seconds

    def _kill_overdue(self) -> None:
        if not self._kill_at:
            return
        running = {each.id for each in self._view().running}
        now = current_time()
        for each, at in tuple(self._kill_at.items()):
            if at <= now:
                self._node.runtime.kill_container(each)
            if at <= now or each not in running:
                del self._kill_at[each]

    def _next_kill(self) -> float:
        return min(self._kill_at.values(), default=inf) - current_time()

    # -- the end -------------------------------------------------------------------------

    def _consider_the_end(self) -> None:
        """Find out whether the pod is over, other than by itself."""
        if self._gone or is_being_deleted(self.pod):
            self._end()
            return
        if not self.admitted:
            rejection = None
            known = self._node.runtime.sandboxes(self.uid)
            if not known and not is_terminal(self._node.statuses.get(self.pod)):
                rejection = self._node.admit(self.pod)
            if rejection is not None:
                self._node.tell(self.pod, WARNING, rejection.reason, rejection.message)
                self._failure = Failure(rejection.reason, rejection.message)
                self._end()
                return
            self.admitted = True
        if self._wall() >= self._deadline():
            message = "Pod was active on the node longer than the specified deadline"
            self._failure = Failure("DeadlineExceeded", message)
            self._end()

    def _deadline(self) -> float:
        """Return until when the pod may be active, on the wall clock."""
        seconds = self.pod["spec"].get("activeDeadlineSeconds")
        start = self._node.statuses.get(self.pod).get("startTime")
        if seconds is None or not start:
            return inf
        return float(parse_time(start) / NANOSECONDS + seconds)

    def _end(self) -> None:
        self._over_since = current_time()
        self._prober.end()

    def _grace(self) -> float:
        """Return the seconds from the beginning of the end to SIGKILL."""
        metadata = self.pod["metadata"]
        seconds = metadata.get("deletionGracePeriodSeconds")
        if seconds is None:
            seconds = self.pod["spec"].get("terminationGracePeriodSeconds", _GRACE_SECONDS)
        return max(1.0, float(seconds))

    def _terminate(self) -> float:
        """Bring the pod nearer to its end; return in how many seconds there is more to do."""
        assert self._over_since is not None, "nothing is terminated before its end has begun"
        view = self._view()
        running = view.running
        if not running:
            self._finish(view)
            return 0.0
        left = self._over_since + self._grace() - current_time()
        if left <= 0:
            for each in running:
                self._node.runtime.kill_container(each.id)
            return 0.0
        specs = {each["name"]: each for each in all_containers(self.pod)}
        first = [each for each in running if not is_sidecar(specs.get(each.name, {}))]
        for each in first or running:  # sidecars serve until the others have ended
            wait = self._over_since + _pre_stop(specs.get(each.name, {})) - current_time()
            if wait > 0:
                left = min(left, wait)
            elif each.id not in self._signalled:
                self._signalled[each.id] = None
                self._node.tell(self.pod, NORMAL, "Killing", f"Stopping container {each.name}")
                self._node.runtime.stop_container(each.id)
        self._prober.follow(self.pod, view, self._was_ready)
        self._say(view)
        return left

    def _finish(self, view: PodRuntime) -> None:
        """Say the last word, and remove what is left."""
        if not self._gone:
            self._say(view, over=True)
        self._prober.stop()
        for sandbox in self._node.runtime.sandboxes(self.uid):
            self._node.runtime.remove_sandbox(sandbox.id)
        self._node.volumes.unmount(self.uid)
        for backoff in (self._node.restarts, self._node.pulls):
            backoff.forget(f"{self.uid}/")
        self.finished = True
        self._node.finished(self.uid)

    # -- what is said --------------------------------------------------------------------

    def _old(self) -> Object:
        """Return what was said last, with the conditions that others have said since."""
        said = self._node.statuses.get(self.pod)
        known = (self.pod.get("status") or {}).get("conditions") or ()
        mine = [each for each in said.get("conditions") or () if each["type"] in OWN_CONDITIONS]
        others = [each for each in known if each["type"] not in OWN_CONDITIONS]
        return {**said, "conditions": [*mine, *others]}

    def _old_containers(self) -> dict[str, Object]:
        old = self._node.statuses.get(self.pod)
        lists = (old.get("initContainerStatuses") or (), old.get("containerStatuses") or ())
        return {each["name"]: each for statuses in lists for each in statuses}

    def _was_ready(self, name: str) -> bool:
        return bool(self._old_containers().get(name, {}).get("ready"))

    def _say(self, view: PodRuntime, *, over: bool = False) -> Object:
        if self._gone:
            return {}
        old = self._old()
        if is_terminal(old) and not view.latest:
            status = old  # it had ended before this kubelet began, and nothing is left to look at
        else:
            status = generate_pod_status(
                self.pod,
                view,
                self._prober.results,
                old=old,
                now_ns=self._node.host.clock.wall_ns(),
                host_ip=self._node.config.node_ip,
                waiting=self._starter.waiting,
                failure=self._failure,
                over=over,
            )
        self._node.statuses.set(self.pod, status, over=over)
        return status

    def _tell_unhealthy(self, container: str, kind: ProbeKind) -> None:
        message = f"{kind.value.capitalize()} probe of container {container} failed"
        self._node.tell(self.pod, WARNING, "Unhealthy", message)


def _asked(pod: Object) -> tuple[object, ...]:
    """Return all of a pod that others have written."""
    metadata = pod["metadata"]
    names = ("annotations", "labels", "deletionTimestamp", "deletionGracePeriodSeconds")
    conditions = (pod.get("status") or {}).get("conditions") or ()
    others = [each for each in conditions if each["type"] not in OWN_CONDITIONS]
    return pod["spec"], others, *(metadata.get(name) for name in names)


def _pre_stop(container: Object) -> float:
    """Return the seconds that a container's preStop hook sleeps; other hooks take no time."""
    hook = (container.get("lifecycle") or {}).get("preStop") or {}
    return float((hook.get("sleep") or {}).get("seconds") or 0)
