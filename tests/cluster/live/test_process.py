"""One process of a cluster: which hosts it has, and what becomes of those that end."""

from pathlib import Path

import pytest
import trio  # noqa: TID251 - hosts in real time

from kactors.actors import Actor, RestartPolicy
from kactors.actors.live_world import LiveWorld
from kactors.apiserver.authentication.tokens import TokenAuthority
from kactors.cluster.live.errors import NoCluster
from kactors.cluster.live.process import Hosts, plans_of
from kactors.cluster.live.settings import LiveSettings
from kactors.cluster.plan import ActorPlan, Blueprint, HostPlan
from kactors.storage.live_disk import LiveDisk
from kactors.transport.base import Transport
from kactors.transport.tcp import TcpTransport

SETTINGS = LiveSettings(masters=2, nodes=3)
BLUEPRINT = Blueprint(SETTINGS.topology, TokenAuthority.from_seed(1))


@pytest.mark.parametrize(
    ("process", "hosts"), [("m1", ["m1"]), ("m2", ["m2"]), ("nodes", ["n1", "n2", "n3"])]
)
def test_hosts_of_processes(process: str, hosts: list[str]) -> None:
    """A master has a process for itself, nodes share one."""
    assert [plan.name for plan in plans_of(SETTINGS, BLUEPRINT, process)] == hosts


def test_processes_that_are_not_there() -> None:
    """The message names those that are."""
    with pytest.raises(NoCluster, match="choose one of m1, m2, nodes"):
        plans_of(SETTINGS, BLUEPRINT, "m3")


def transport(incarnation: int) -> Transport:
    """Return a transport that nobody can reach."""
    return TcpTransport(host="n1", incarnation=incarnation, listen=None, peers={}, tls=None)


def run_host(directory: Path, lives: "Lives", reboot_seconds: float | None) -> str | None:
    """Run a host with one actor until it has lived twice, or ended; return why it ended."""

    async def twice() -> str:
        await lives.second.wait()
        return "enough"

    async def story() -> str | None:
        with LiveDisk(directory) as disk:
            async with LiveWorld() as world:
                hosts = Hosts(world, lives.said.append, reboot_seconds)
                policy = RestartPolicy(intensity=0)
                plan = HostPlan("n1", "", (ActorPlan("weak", lives.begin, policy),))
                hosts.add(plan, transport, disk)
                with trio.fail_after(30):
                    why = await hosts.run(twice)
                    await hosts.stop()
                assert "weak" not in world.hosts["n1"].system.cells
        return why

    return trio.run(story)


class Lives:
    """The lives of an actor that fails in the first of them.

    Attributes:
        second: set when the second has begun.
        said: to the log.
    """

    def __init__(self) -> None:
        self.count = 0
        self.second = trio.Event()
        self.said: list[str] = []

    def begin(self) -> "Weak":
        """Return the next one."""
        self.count += 1
        return Weak(self)


class Weak(Actor):
    """Fails in its first life."""

    def __init__(self, lives: Lives) -> None:
        self._lives = lives

    async def on_start(self) -> None:
        """Fail, or say that this is the second life."""
        if self._lives.count == 1:
            raise OSError("the disk is full")
        self._lives.second.set()


@pytest.mark.live
def test_a_master_ends_with_its_host(tmp_path: Path) -> None:
    """The process says why, so that its supervisor can."""
    lives = Lives()
    why = run_host(tmp_path, lives, None)
    assert why is not None
    assert "the disk is full" in why
    assert lives.count == 1
    assert lives.said == ["n1/weak failed: OSError: the disk is full"]


@pytest.mark.live
def test_a_node_is_started_again(tmp_path: Path) -> None:
    """As a machine that reboots, without the others in its process."""
    lives = Lives()
    assert run_host(tmp_path, lives, 0.001) is None
    assert lives.count == 2
    assert lives.said[1].endswith("starting it again")
    assert lives.said[-1] == "enough: stopping"
