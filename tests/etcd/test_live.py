"""Three processes over TLS: what was acknowledged survives whatever befalls one of them.

``KACTORS_LIVE_PUTS=10000`` makes the load that of the recorded run.
"""

import os
import shutil
import signal
import time  # noqa: TID251 - processes live in real time
from collections.abc import Awaitable, Callable

import attrs
import pytest
import trio  # noqa: TID251 - processes are live

from kactors.checking import Put, Verdict, check
from kactors.etcd.client import EtcdClient
from kactors.etcd.client_errors import ClusterUnavailable, OutcomeUnknown
from kactors.etcd.errors import EtcdError, LearnerNotReady, NoSpace
from kactors.etcd.recording import History
from tests.etcd.processes import ELECTION_MS, Processes

pytestmark = [pytest.mark.live, pytest.mark.slow]

PUTS = int(os.environ.get("KACTORS_LIVE_PUTS", "300"))
CLIENTS = 20

Trouble = Callable[[Processes, EtcdClient, str], Awaitable[None]]


@attrs.define
class Load:
    """Puts and reads of many clients, recorded.

    Attributes:
        history: of everybody.
        done: puts that were tried.
        healthy_at: when a put was last acknowledged.
        longest_gap_s: between two acknowledged puts.
    """

    history: History = attrs.field(factory=History)
    done: int = 0
    healthy_at: float = 0.0
    longest_gap_s: float = 0.0

    async def run(self, client: EtcdClient) -> None:
        """Put until `PUTS` were tried."""
        self.healthy_at = time.monotonic()
        async with trio.open_nursery() as nursery:
            for number in range(CLIENTS):
                nursery.start_soon(self._one, client, number)

    async def _one(self, client: EtcdClient, number: int) -> None:
        name = f"c{number}"
        while self.done < PUTS:
            step = self.done = self.done + 1
            key = b"key-%d" % (step % 100)
            try:
                await self._recorded(client, name, key, step)
            except (EtcdError, OutcomeUnknown, ClusterUnavailable):
                continue
            now = time.monotonic()
            self.longest_gap_s = max(self.longest_gap_s, now - self.healthy_at)
            self.healthy_at = now

    async def _recorded(self, client: EtcdClient, name: str, key: bytes, step: int) -> None:
        recorded = EtcdClient.sharing(client, history=self.history, name=name)
        await recorded.put(key, b"value-%d" % step)
        if step % 5 == 0:
            await recorded.get(key)


def shake(trouble: Trouble, *options: str, file_bytes_max: int | None = None) -> tuple[Load, str]:
    """Run a load while there is trouble; then check everything. Return the load and m1's log."""
    load = Load()
    with Processes(options=options) as processes:
        if file_bytes_max is not None:
            processes.signal("m1", signal.SIGKILL)
            processes.wait("m1")
            shutil.rmtree(processes.directory / "m1", ignore_errors=True)
            processes.start("m1", file_bytes_max=file_bytes_max)

        async def play() -> None:
            async with processes.client() as client:
                leader = await processes.leader(client)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(load.run, client)
                    while load.done < PUTS // 3:
                        await trio.sleep(0.01)
                    await trouble(processes, client, leader)
                await look(client, load)

        trio.run(play)
        verdict = check(load.history.operations)
        assert verdict.verdict is Verdict.LINEARIZABLE, verdict.failure
        acknowledged = [op for op in load.history.operations if op.return_ns and not op.error]
        assert len(acknowledged) > PUTS // 2
        return load, processes.log("m1")


async def look(client: EtcdClient, load: Load) -> None:
    """Read every key into the history, so that the checker misses what was lost."""
    keys = sorted({op.action.key for op in load.history.operations if isinstance(op.action, Put)})
    reader = EtcdClient.sharing(client, history=load.history, name="reader")
    for key in keys:
        assert isinstance(key, bytes)
        await reader.get(key)


def test_kill_of_the_leader() -> None:
    """``kill -9`` of the leader loses nothing, and another leads within two election timeouts.

    No client waits for the dead one until its own timeout of five seconds.
    """
    elected_s = 0.0

    async def kill(processes: Processes, client: EtcdClient, leader: str) -> None:
        nonlocal elected_s
        processes.signal(leader, signal.SIGKILL)
        began = time.monotonic()
        others = [name for name in processes.names if name != leader]
        await processes.leader(client, among=others)
        elected_s = time.monotonic() - began
        processes.wait(leader)
        processes.start(leader)

    load, _ = shake(kill)
    assert load.longest_gap_s < 4
    assert elected_s < 2 * 2 * ELECTION_MS / 1000


def test_a_put_under_way_to_a_killed_member_ends_at_once() -> None:
    """Its outcome is unknown within a second, not after the client's timeout."""
    took_s: list[float] = []

    async def put(client: EtcdClient) -> None:
        began = time.monotonic()
        with pytest.raises(OutcomeUnknown, match="is gone"):
            await client.put(b"key", b"2")
        took_s.append(time.monotonic() - began)

    with Processes() as processes:

        async def play() -> None:
            async with processes.client(timeout=20.0) as client, trio.open_nursery() as nursery:
                leader = await processes.leader(client)
                await client.put(b"key", b"1")  # from now on the client knows who leads
                for name in processes.names:
                    if name != leader:  # nobody is left who could help to commit the next one
                        processes.signal(name, signal.SIGSTOP)
                nursery.start_soon(put, client)
                await trio.sleep(0.2)
                processes.signal(leader, signal.SIGKILL)

        trio.run(play)

    assert took_s[0] < 0.2 + 1.0


def test_stop_of_the_leader() -> None:
    """A leader that stands still for a while is replaced, and does no harm when it goes on."""

    async def stop(processes: Processes, client: EtcdClient, leader: str) -> None:
        processes.signal(leader, signal.SIGSTOP)
        others = [name for name in processes.names if name != leader]
        await processes.leader(client, among=others)
        await trio.sleep(0.5)
        processes.signal(leader, signal.SIGCONT)

    shake(stop)


def test_a_disk_that_is_full_stops_its_member_only() -> None:
    """A member whose log cannot grow ends and says why; the others go on."""

    async def nothing(_: Processes, _client: EtcdClient, _leader: str) -> None:
        await trio.sleep(0)

    _, log = shake(nothing, file_bytes_max=8192)
    assert "the log in 'wal' has failed" in log


def test_a_wiped_member_is_added_again() -> None:
    """Killed, wiped, removed, added, promoted: the member is as good as before."""

    async def replace(processes: Processes, client: EtcdClient, leader: str) -> None:
        wiped = next(name for name in processes.names if name != leader)
        processes.signal(wiped, signal.SIGKILL)
        processes.wait(wiped)
        shutil.rmtree(processes.directory / wiped)
        member = next(m for m in await client.members() if m.name == wiped)
        await client.member_remove(member.id)
        added = await client.member_add(f"tcp://{wiped}@{processes.endpoints[wiped]}")
        processes.start(wiped, existing=True)
        with trio.fail_after(30):
            while True:
                try:
                    await client.member_promote(added.member.id)
                    break
                except (LearnerNotReady, ClusterUnavailable):
                    await trio.sleep(0.1)

    shake(replace)


def test_the_quota_is_kept_live() -> None:
    """A store that is full says so to whoever puts, and reads go on."""
    with Processes(1, options=("--quota-bytes", "20000")) as processes:

        async def play() -> None:
            async with processes.client() as client:
                await processes.leader(client)
                with pytest.raises(NoSpace):
                    await fill(client)
                assert await client.get(b"key-0") is not None

        trio.run(play)


async def fill(client: EtcdClient) -> None:
    """Put until it is refused."""
    for number in range(100):
        await client.put(b"key-%d" % number, b"x" * 500)
