"""Runs the hosts of a guide as processes of their own, over TCP with mutual TLS.

A guide's script has a dict ``HOSTS = {host: (actor's name, factory)}``. `Processes` makes an
authority and certificates in a temporary directory, starts ``python processes.py SCRIPT HOST
DIRECTORY`` for each host, and runs the client in this process.
"""

import json
import runpy
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import trio

from kactors.actors import RequestError, System
from kactors.actors.live_world import LiveWorld
from kactors.actors.system_messages import Inspect
from kactors.storage.live_disk import LiveDisk
from kactors.transport.base import Transport
from kactors.transport.ca import Authority
from kactors.transport.certificate import load_tls
from kactors.transport.tcp import TcpTransport


def transport_of(host: str, directory: Path) -> Callable[[int], Transport]:
    """Return what makes the TCP transport for each life of a host."""
    book: dict[str, str] = json.loads((directory / "book.json").read_text())
    tls = load_tls(directory, host, now=datetime.now(UTC))
    peers = {peer: endpoint for peer, endpoint in book.items() if peer != host}

    def make(incarnation: int) -> Transport:
        return TcpTransport(
            host=host, incarnation=incarnation, listen=book[host], peers=peers, tls=tls
        )

    return make


async def serve(script: str, host: str, directory: Path) -> None:
    """Be one host of a script, until killed."""
    name, factory = runpy.run_path(script)["HOSTS"][host]
    with LiveDisk(directory / host) as disk:
        async with LiveWorld() as world:
            world.add_host(host, transport_of(host, directory), disk=disk).deploy(factory, name)
            await trio.sleep_forever()


class Processes:
    """The hosts of a script as processes; a context manager that ends them.

    Args:
        script: the guide's file.
        hosts: the keys of its ``HOSTS``.
        client: the host that this process plays.
    """

    def __init__(self, script: str, hosts: Collection[str], *, client: str) -> None:
        self._script = script
        self._client = client
        self._hosts = tuple(hosts)
        self._directory = tempfile.TemporaryDirectory(prefix="kactors-")
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    @property
    def directory(self) -> Path:
        """Where the certificates and the hosts' disks are."""
        return Path(self._directory.name)

    def __enter__(self) -> Self:
        now = datetime.now(UTC)
        authority = Authority.create("guide", now=now)
        authority.save(self.directory)
        everybody = (*self._hosts, self._client)
        for host in everybody:
            authority.issue(host, now=now).save(self.directory)
        book = dict(zip(everybody, free_endpoints(len(everybody)), strict=True))
        (self.directory / "book.json").write_text(json.dumps(book))
        for host in self._hosts:
            self.start(host)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for host in self._running:
            self.kill(host)
        self._directory.cleanup()

    def start(self, host: str) -> None:
        """Start, or start again, the process of a host, over what its disk has kept."""
        command = [sys.executable, __file__, self._script, host, str(self.directory)]
        self._running[host] = subprocess.Popen(command)  # noqa: S603 - our own files

    def kill(self, host: str) -> None:
        """End the process of a host without asking it."""
        self._running[host].send_signal(signal.SIGKILL)
        self._running[host].wait()

    def play(
        self,
        async_fn: Callable[..., Any],
        *args: Any,
        kill: str | None = None,
        after: float = 1.0,
        down: float = 1.0,
    ) -> Any:
        """Run ``async_fn(system, *args)`` as the client; return its result.

        Args:
            async_fn: what the client does.
            args: given to it.
            kill: a host whose process is killed meanwhile.
            after: how many seconds after the beginning.
            down: for how many seconds.
        """
        return trio.run(self._play, async_fn, args, kill, after, down)

    async def _play(
        self, async_fn: Any, args: tuple[Any, ...], kill: str | None, after: float, down: float
    ) -> Any:
        async with LiveWorld() as world, trio.open_nursery() as nursery:
            world.add_host(self._client, transport_of(self._client, self.directory))
            await world.call(self._client, self._wait_until_all_answer)
            if kill is not None:
                nursery.start_soon(self._bounce, kill, after, down)
            result = await world.call(self._client, async_fn, *args)
            nursery.cancel_scope.cancel()
        return result

    async def _wait_until_all_answer(self, system: System) -> None:
        with trio.fail_after(30):
            for host in self._hosts:
                while True:
                    try:
                        await system.ref(f"{host}/system").request(Inspect(), timeout=0.5)
                        break
                    except RequestError:
                        continue

    async def _bounce(self, host: str, after: float, down: float) -> None:
        await trio.sleep(after)
        self.kill(host)
        await trio.sleep(down)
        self.start(host)


def free_endpoints(count: int) -> list[str]:
    """Return loopback endpoints that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    endpoints = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return endpoints


if __name__ == "__main__":
    trio.run(serve, sys.argv[1], sys.argv[2], Path(sys.argv[3]))
