"""The two worlds in which storage code runs."""

from collections.abc import Awaitable, Callable, Generator
from pathlib import Path
from typing import Any

import pytest

from kactors.runtime import live
from kactors.runtime.disk import Disk
from kactors.runtime.sim import Simulation
from kactors.storage.latency import DiskLatency, SsdLatency
from kactors.storage.live_disk import LiveDisk
from kactors.storage.sim_disk import SimDisk
from tests.storage.driver import immediate

OnDisk = Callable[[Any], Awaitable[Any]]
Run = Callable[[Callable[[Disk], Awaitable[Any]]], Any]


def run_simulated(
    async_fn: OnDisk,
    disk: SimDisk | None = None,
    *,
    latency: DiskLatency | None = None,
    seed: int = 1,
) -> Any:
    """Run ``async_fn(disk)`` on a host of the simulated world; return what it returns."""
    disk = disk or SimDisk(seed=seed, host="a", latency=latency or SsdLatency())
    with Simulation(seed) as simulation:
        host = simulation.add_host("a", disk=disk)
        host.on_crash.append(disk.crash)
        return simulation.run_until_done(host.spawn(async_fn, disk))


@pytest.fixture(params=["simulated", pytest.param("live", marks=pytest.mark.live)])
def run(request: pytest.FixtureRequest, tmp_path: Path) -> Run:
    """Run a function of a disk in one of the worlds; each call finds the disk as it was left."""
    if request.param == "simulated":
        disk = SimDisk(seed=1, host="a", latency=SsdLatency())
        return lambda async_fn: run_simulated(async_fn, disk)

    def run_live(async_fn: OnDisk) -> Any:
        with LiveDisk(tmp_path / "disk") as disk:
            return live.run(async_fn, disk)

    return run_live


@pytest.fixture
def at_once() -> Generator[None]:
    """Let `drive` run coroutines that never wait."""
    with immediate():
        yield
