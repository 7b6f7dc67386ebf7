"""Probes of one pod: who is asked, when, and what is made of the answers."""

from typing import Any

from kactors.node.pods.containers import PodRuntime
from kactors.node.pods.probes import ProbeResult
from kactors.node.prober import Prober
from kactors.node.runtime.face import ProbeKind
from kactors.node.runtime.simulated import SimulatedRuntime
from kactors.runtime import current_host, current_time, open_nursery, sleep
from kactors.runtime.sim import run
from tests.node.objects import container, pod

EVERY_FIVE = {"periodSeconds": 5, "failureThreshold": 2}


class Story:
    """A pod with one container that runs, and its prober."""

    def __init__(self, nursery: Any, **probes: Any) -> None:
        self.runtime = SimulatedRuntime(current_host(), "1.2.3.4")
        self.runtime.set_pod_cidr("10.1.2.0/24")
        self.pod = pod(behaviour={"up-seconds": "7", "hang-seconds": "30"},
                       containers=[container(**probes)])  # fmt: skip
        self.changes: list[float] = []
        self.unhealthy: list[ProbeKind] = []
        self.prober = Prober(
            self.runtime, current_host(), nursery.start_soon,
            lambda: self.changes.append(current_time()),
            lambda _, kind: self.unhealthy.append(kind),
        )  # fmt: skip
        self.id = ""

    async def begin(self, *, known: bool = False) -> None:
        """Run the container, and probe it."""
        sandbox = await self.runtime.run_pod_sandbox(self.pod, 0)
        main = self.pod["spec"]["containers"][0]
        self.id = (await self.runtime.start_container(sandbox.id, self.pod, main, 0, {})).id
        if known:
            await sleep(2)
        self.follow(known=known)

    def follow(self, *, known: bool = False) -> None:
        """Look at what runs."""
        view = PodRuntime.of(self.runtime.sandboxes(), self.runtime.containers())
        self.prober.follow(self.pod, view, lambda _: known)

    def result(self, kind: ProbeKind) -> ProbeResult | None:
        """Return what was found."""
        return self.prober.results.get((self.id, kind))


def test_a_startup_probe_holds_up_the_others() -> None:
    """Until it has succeeded once, and then it is asked no more."""

    async def main() -> None:
        async with open_nursery() as nursery:
            story = Story(nursery, startupProbe={"periodSeconds": 2, "failureThreshold": 9},
                          livenessProbe=EVERY_FIVE, readinessProbe=EVERY_FIVE)  # fmt: skip
            await story.begin()
            await sleep(6)
            assert story.result(ProbeKind.STARTUP) is ProbeResult.UNKNOWN
            assert set(story.unhealthy) == {ProbeKind.STARTUP}
            await sleep(3)
            assert story.result(ProbeKind.STARTUP) is ProbeResult.SUCCESS
            await sleep(5)
            assert story.result(ProbeKind.READINESS) is ProbeResult.SUCCESS
            assert len(story.changes) == 2, "liveness began as a success"
            await sleep(30)
            assert story.result(ProbeKind.LIVENESS) is ProbeResult.FAILURE
            assert story.result(ProbeKind.STARTUP) is ProbeResult.SUCCESS
            story.prober.stop()

    run(main)


def test_an_adopted_container_is_ready_until_a_probe_finds_otherwise() -> None:
    """It is not taken out of service because its kubelet was away."""

    async def main() -> None:
        async with open_nursery() as nursery:
            story = Story(nursery, readinessProbe=EVERY_FIVE)
            await story.begin(known=True)
            assert story.result(ProbeKind.READINESS) is ProbeResult.SUCCESS
            story.prober.stop()

    run(main)


def test_a_pod_that_ends_is_asked_only_whether_it_is_ready() -> None:
    """Nobody restarts what is to stop; what has ended is asked nothing."""

    async def main() -> None:
        async with open_nursery() as nursery:
            story = Story(nursery, livenessProbe=EVERY_FIVE, readinessProbe=EVERY_FIVE)
            await story.begin()
            story.prober.end()
            story.follow()
            assert story.result(ProbeKind.LIVENESS) is None
            assert story.result(ProbeKind.READINESS) is ProbeResult.FAILURE
            story.runtime.kill_container(story.id)
            story.follow()
            assert story.prober.results == {}

    run(main)


def test_an_initial_delay_counts_from_the_start_of_the_container() -> None:
    """The first answer comes after it."""

    async def main() -> None:
        async with open_nursery() as nursery:
            story = Story(nursery, readinessProbe={"initialDelaySeconds": 12})
            await story.begin()
            began = current_time()
            while not story.changes:
                await sleep(0.5)
            assert 12 <= story.changes[0] - began < 12.1
            story.prober.stop()

    run(main)
