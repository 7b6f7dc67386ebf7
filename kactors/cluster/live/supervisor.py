"""Keeps the processes of a cluster running, and sees how the cluster is.

It does what systemd and a node's kubelet do for the masters that kubeadm makes: whatever dies is
started again, at once the first time, then after pauses that double. It holds nothing that the
cluster needs: if it is killed, its processes end in order by themselves.
"""

import time  # noqa: TID251 - live-only module
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import attrs
import trio  # noqa: TID251 - live-only module

from kactors.cluster.live.access import connect
from kactors.cluster.live.child import Child
from kactors.cluster.live.data_directory import SUPERVISOR, DataDirectory
from kactors.cluster.live.events import OnEvent, Ready, Seen, Stopping
from kactors.cluster.live.lookout import look
from kactors.cluster.live.settings import NODES_PROCESS, LiveSettings
from kactors.storage.live_disk import LiveDisk

__all__ = ["Supervisor", "Wanted", "supervisor"]

#: Between two looks, before and after everything was there for the first time.
_LOOK_SECONDS: Final = 0.5
_LOOK_SECONDS_READY: Final = 2.0
#: What stops in order takes at most twice five seconds and the rest; see `process.Hosts.stop`.
_STOP_SECONDS: Final = 30.0


@attrs.frozen(kw_only=True)
class Wanted:
    """Which cluster is asked for; ``None`` or nothing: the one that is there, or the default."""

    masters: int | None = None
    nodes: int | None = None
    knobs: Mapping[str, Any] = attrs.field(factory=dict)


@contextmanager
def supervisor(data: DataDirectory, wanted: Wanted, on_event: OnEvent) -> Iterator["Supervisor"]:
    """Have a cluster's directory for oneself, and everything in it that has to be there.

    Args:
        data: where the cluster lives; it is made if it is not there.
        wanted: see there.
        on_event: told what happens while it runs.

    Raises:
        DiskInUseError: another supervisor has it.
        ContradictingSettings, InvalidTopology: it cannot be as it is wanted.
        LiveClusterError, TlsError, OSError: the directory does not hold what it must.
    """
    with LiveDisk(data.root):  # nobody else's as long as we have it
        settings = data.prepare(
            masters=wanted.masters,
            nodes=wanted.nodes,
            knobs=wanted.knobs,
            now=datetime.now(UTC),  # noqa: TID251 - live-only module
        )
        yield Supervisor(data, settings, on_event)


@attrs.define
class Supervisor:
    """Runs one cluster; made by `supervisor`."""

    _data: DataDirectory
    _settings: LiveSettings
    _on_event: OnEvent

    async def run(self, until: Callable[[], Awaitable[str]]) -> None:
        """Run it until it shall stop; if this is cancelled, all processes are killed.

        Args:
            until: waits until the cluster shall stop; returns why.
        """
        children = [Child(self._data, name, self._on_event) for name in self._settings.processes]
        async with trio.open_nursery() as nursery:
            for child in children:
                nursery.start_soon(child.run)
            async with trio.open_nursery() as looking:
                looking.start_soon(self._look_on)
                why = await until()
                looking.cancel_scope.cancel()
            self._on_event(Stopping(why))
            await self._stop(children)

    async def _look_on(self) -> None:
        """Tell how the cluster is whenever that has changed."""
        began, ready, before = trio.current_time(), False, Seen()
        since_ns = time.time_ns()
        async with connect(self._data, SUPERVISOR) as access:
            while True:
                seen = await look(access, self._settings.topology, since_ns=since_ns)
                if seen != before:
                    self._on_event(seen)
                    before = seen
                if not ready and self._complete(seen):
                    ready = True
                    self._on_event(Ready(round(trio.current_time() - began, 3)))
                await trio.sleep(_LOOK_SECONDS_READY if ready else _LOOK_SECONDS)

    def _complete(self, seen: Seen) -> bool:
        everybody = len(seen.apiservers), len(seen.nodes)
        return everybody == (self._settings.masters, self._settings.nodes)

    async def _stop(self, children: list[Child]) -> None:
        """End the nodes, which need the masters; then the masters, which need one another."""
        for nodes_first in (True, False):
            async with trio.open_nursery() as nursery:
                for child in children:
                    if (child.name == NODES_PROCESS) is nodes_first:
                        nursery.start_soon(child.stop, _STOP_SECONDS)
