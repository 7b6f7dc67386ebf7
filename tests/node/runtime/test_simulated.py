"""Simulated containers: functions of time, whoever looks."""

from collections.abc import Callable

import pytest

from kactors.api.objects import Object
from kactors.node.errors import ImagePullError, NetworkNotReady, NoSuchContainer
from kactors.node.runtime.face import ContainerState, ContainerStatus, ProbeKind, VolumeDir
from kactors.node.runtime.simulated import SimulatedRuntime
from kactors.runtime import current_host, current_time, sleep
from kactors.runtime.sim import run
from tests.node.objects import HandTimer, container, pod

NODE_IP = "192.168.0.1"


def runtime() -> SimulatedRuntime:
    """Return a runtime on the host that runs."""
    made = SimulatedRuntime(current_host(), NODE_IP)
    made.set_pod_cidr("10.1.2.0/24")
    return made


async def started(made: SimulatedRuntime, one: Object, attempt: int = 0) -> ContainerStatus:
    """Start the first container of a pod in a sandbox of its own."""
    sandbox = await made.run_pod_sandbox(one, attempt)
    first = one["spec"]["containers"][0]
    return await made.start_container(sandbox.id, one, first, attempt, {})


def state(made: SimulatedRuntime) -> tuple[ContainerState, int, str]:
    """Return what the one container is doing."""
    (one,) = made.containers()
    return one.state, one.exit_code, one.reason


def test_a_container_ends_when_its_behaviour_says_so_and_its_subscriber_hears() -> None:
    """Nobody has to look at it in between; a later subscriber hears as well as the first."""

    async def main() -> None:
        made = runtime()
        heard: list[str] = []
        timers: list[HandTimer] = []

        def after(seconds: float, function: Callable[..., None], /, *args: object) -> HandTimer:
            timers.append(HandTimer(seconds, function, args))
            return timers[-1]

        made.subscribe(after, heard.append)
        one = await started(made, pod(behaviour={"run-seconds": "20", "exit-code": "3"}))
        assert timers[0].seconds == pytest.approx(20.0)
        await sleep(10)
        assert state(made)[0] is ContainerState.RUNNING
        made.subscribe(after, heard.append)
        assert timers[1].seconds == pytest.approx(10.0)
        await sleep(10)
        assert state(made) == (ContainerState.EXITED, 3, "Error")
        (found,) = made.containers()
        assert found.finished_ns == one.started_ns + 20 * 10**9
        timers[1].function(*timers[1].args)
        assert heard == ["uid-of-web"]

    run(main)


def test_sigterm_is_heard_in_time_and_sigkill_at_once() -> None:
    """A container that ignores the first is ended by the second, with 137."""

    async def main() -> None:
        made = runtime()
        polite = await started(made, pod("polite", behaviour={"stop-seconds": "2"}))
        deaf = await started(made, pod("deaf", behaviour={"stop-seconds": "never"}))
        for each in (polite, deaf):
            made.stop_container(each.id)
        await sleep(3)
        first, second = made.containers()
        assert (first.state, first.exit_code) == (ContainerState.EXITED, 0)
        assert second.running
        made.kill_container(deaf.id)
        assert made.containers("uid-of-deaf")[0].exit_code == 137

    run(main)


def test_probes_follow_the_fate() -> None:
    """Not up, up, ready, hanging; a port that nobody declares is refused."""

    async def main() -> None:
        made = runtime()
        said = {"up-seconds": "1", "ready-seconds": "4", "hang-seconds": "10"}
        ports = [{"containerPort": 80, "name": "http"}]
        one = await started(made, pod(behaviour=said, containers=[container(ports=ports)]))
        http = {"httpGet": {"port": "http"}}

        async def answers() -> tuple[bool, bool]:
            kinds = (ProbeKind.LIVENESS, ProbeKind.READINESS)
            live, ready = [await made.probe(one.id, kind, http) for kind in kinds]
            return live, ready

        assert await answers() == (False, False)
        await sleep(1.1)
        assert await answers() == (True, False)
        assert not await made.probe(one.id, ProbeKind.LIVENESS, {"tcpSocket": {"port": 81}})
        assert not await made.probe(one.id, ProbeKind.LIVENESS, {"tcpSocket": {"port": "grpc"}})
        assert made.listener("uid-of-web", 80, "TCP") is not None
        assert made.listener("uid-of-web", 80, "UDP") is None
        await sleep(4)
        assert await answers() == (True, True)
        await sleep(5)
        before = current_time()
        assert await answers() == (False, False)
        assert current_time() - before == pytest.approx(2.0), "each waits for its timeout"
        assert made.listener("uid-of-web", 80, "TCP") is None

    run(main)


def test_an_image_is_pulled_once_per_node() -> None:
    """The second pod finds it there, unless it always pulls."""

    async def main() -> None:
        made = runtime()
        one = pod(behaviour={"pull-seconds": "30"})
        first = one["spec"]["containers"][0]
        await made.pull_image(one, first)
        assert current_time() == pytest.approx(30.0)
        await made.pull_image(one, first)
        assert made.pulls == 1
        await made.pull_image(one, {**first, "imagePullPolicy": "Always"})
        assert current_time() == pytest.approx(30.2)
        assert list(made.images()) == ["example.org/web:1"]

    run(main)


def test_a_pull_may_fail_and_a_missing_image_may_be_forbidden_to_pull() -> None:
    """Both are the kubelet's business."""

    async def main() -> None:
        made = runtime()
        one = pod(behaviour={"pull-failure": "1"})
        with pytest.raises(ImagePullError, match="failed to pull"):
            await made.pull_image(one, one["spec"]["containers"][0])
        with pytest.raises(ImagePullError, match="policy of Never"):
            await made.pull_image(one, container(imagePullPolicy="Never"))

    run(main)


def test_sandboxes_have_addresses_that_are_free_when_they_are_gone() -> None:
    """Pods that share the node's network have the node's address."""

    async def main() -> None:
        made = runtime()
        one = pod()
        sandbox = await made.run_pod_sandbox(one, 0)
        assert sandbox.ip == "10.1.2.2"
        assert made.sandbox_at("10.1.2.2") == sandbox
        made.remove_sandbox(sandbox.id)
        assert made.sandbox_at("10.1.2.2") is None
        with pytest.raises(NoSuchContainer):
            await made.start_container(sandbox.id, one, container(), 0, {})
        assert (await made.run_pod_sandbox(pod(hostNetwork=True), 0)).ip == NODE_IP
        with pytest.raises(NetworkNotReady):
            await SimulatedRuntime(current_host(), NODE_IP).run_pod_sandbox(one, 0)

    run(main)


def test_a_mounted_directory_changes_under_a_running_container() -> None:
    """All its files at one instant."""

    async def main() -> None:
        made = runtime()
        one = pod()
        sandbox = await made.run_pod_sandbox(one, 0)
        volume = VolumeDir({"a": b"1", "b": b"1"})
        found = await made.start_container(
            sandbox.id, one, one["spec"]["containers"][0], 0, {"/etc/config": volume}
        )
        assert made.read_file(found.id, "/etc/config/a") == b"1"
        volume.files = {"a": b"2"}
        assert made.read_file(found.id, "/etc/config/a") == b"2"
        with pytest.raises(FileNotFoundError):
            made.read_file(found.id, "/etc/config/b")

    run(main)


def test_what_was_removed_is_forgotten() -> None:
    """A container that runs is killed with that; unknown ids are nobody."""

    async def main() -> None:
        made = runtime()
        one = await started(made, pod(behaviour={"cpu-milli": "70", "memory-bytes": "5"}))
        assert made.usage(one.id) == (70, 5)
        made.remove_container(one.id)
        assert made.containers() == ()
        assert made.usage(one.id) == (0, 0)
        made.stop_container(one.id)
        made.kill_container(one.id)
        made.remove_container(one.id)
        made.remove_sandbox("sandbox-99")
        assert not await made.probe(one.id, ProbeKind.LIVENESS, {})
        with pytest.raises(NoSuchContainer):
            made.read_file(one.id, "/etc/config/a")

    run(main)
