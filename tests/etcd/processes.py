"""Members as processes of their own, over TCP with TLS, to be killed, stopped and starved."""

import contextlib
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

import trio  # noqa: TID251 - processes are live

from kactors.actors import RequestError
from kactors.etcd.client import EtcdClient
from kactors.etcd.errors import EtcdError
from kactors.etcd.process import connect
from kactors.transport.ca import Authority
from kactors.transport.certificate import load_tls
from kactors.transport.envelope import Address

HEARTBEAT_MS = 100
ELECTION_MS = 1000


def free_endpoints(count: int) -> list[str]:
    """Return loopback endpoints that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    endpoints = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return endpoints


class Processes:
    """A cluster of ``kactors etcd`` processes; a context manager that ends them.

    Attributes:
        endpoints: ``{name: "address:port"}``, one more than there are members.
        directory: certificates, data and logs.
    """

    def __init__(self, count: int = 3, *, options: tuple[str, ...] = ()) -> None:
        names = [f"m{number}" for number in range(1, count + 2)]
        self.endpoints = dict(zip(names, free_endpoints(len(names)), strict=True))
        self.names = names[:count]
        self._options = options
        self._temporary = tempfile.TemporaryDirectory(prefix="kactors-etcd-")
        self.directory = Path(self._temporary.name)
        self._running: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        now = datetime.now(UTC)  # noqa: TID251 - live
        authority = Authority.create("test", now=now)
        for host in (*self.endpoints, "client-0"):
            authority.issue(host, now=now).save(self.certs)
        for name in self.names:
            self.start(name)
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in self._running.values():
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            process.wait()
        self._temporary.cleanup()

    @property
    def certs(self) -> Path:
        """Where the certificates are."""
        return self.directory / "certs"

    def cluster(self, *names: str) -> str:
        """Return members as the command line wants them."""
        return ",".join(f"{name}={self.endpoints[name]}" for name in names or self.names)

    def start(
        self, name: str, *, existing: bool = False, file_bytes_max: int | None = None
    ) -> None:
        """Start a member's process; optionally one whose files cannot grow beyond a size."""
        names = self.names if name in self.names else [*self.names, name]
        command = [sys.executable, "-m", "kactors.cli.main", "etcd", "--name", name]
        command += ["--data-dir", str(self.directory / name), "--certs", str(self.certs)]
        command += ["--initial-cluster", self.cluster(*names), *self._options]
        command += ["--heartbeat-ms", str(HEARTBEAT_MS), "--election-ms", str(ELECTION_MS)]
        if existing:
            command += ["--initial-cluster-state", "existing"]

        def limit() -> None:
            if file_bytes_max is not None:
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes_max, file_bytes_max))

        with (self.directory / f"{name}.log").open("ab") as log:
            self._running[name] = subprocess.Popen(
                command,
                stderr=log,
                preexec_fn=limit,  # noqa: PLW1509 - it takes no lock that a thread could hold
            )

    def signal(self, name: str, number: signal.Signals) -> None:
        """Send a signal to a member's process."""
        os.kill(self._running[name].pid, number)

    def wait(self, name: str, seconds: float = 10) -> int:
        """Wait for a member's process to end; return its exit status."""
        return self._running[name].wait(seconds)

    def log(self, name: str) -> str:
        """Return what a member has told people."""
        return (self.directory / f"{name}.log").read_text()

    @asynccontextmanager
    async def client(self, *, timeout: float = 5.0) -> AsyncIterator[EtcdClient]:
        """Be a client; use it within trio."""
        tls = load_tls(self.certs, "client-0", now=datetime.now(UTC))  # noqa: TID251 - live
        endpoints = {name: self.endpoints[name] for name in self.names}
        async with connect(endpoints, host="client-0", tls=tls, timeout=timeout) as client:
            yield client

    async def leader(self, client: EtcdClient, *, among: list[str] | None = None) -> str:
        """Wait until a member says that it leads; return its name."""
        with trio.fail_after(30):
            while True:
                for name in among or self.names:
                    try:
                        with trio.move_on_after(0.5):
                            status = await client.status(Address(name, "etcd"))
                            if status.leader == status.header.member_id:
                                return name
                    except (RequestError, EtcdError):
                        pass
                await trio.sleep(0.02)
