"""Three members as processes: ours, and Debian's etcd; on the same disk, in the clear, syncing."""

import contextlib
import json
import shutil
import socket
import subprocess
import sys
import tempfile
import time  # noqa: TID251 - a benchmark measures the machine
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from benchmarks.raft_load import kactors_wire
from kactors.etcd.messages import Status, StatusResponse
from kactors.transport.envelope import Kind
from kactors.transport.framing import Control
from kactors.wire import decode

NAMES = ("m1", "m2", "m3")


def free_endpoints(count: int) -> list[str]:
    """Return loopback endpoints that nobody listens at."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    endpoints = [f"127.0.0.1:{each.getsockname()[1]}" for each in sockets]
    for each in sockets:
        each.close()
    return endpoints


class Cluster:
    """Processes over a directory that goes with them; a context manager."""

    def __init__(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="kactors-bench-"))
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for process in self.processes.values():
            process.kill()
            process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    def spawn(self, name: str, command: list[str]) -> None:
        """Start one process; what it says goes to a file."""
        with (self.directory / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(command, stdout=log, stderr=log)  # noqa: S603 - ours


class Kactors(Cluster):
    """Three ``kactors etcd`` processes."""

    def __init__(self, *options: str, count: int = 3) -> None:
        super().__init__()
        names = NAMES[:count]
        self.endpoints = dict(zip(names, free_endpoints(count), strict=True))
        self._options = options
        self._lives = 0
        for name in names:
            self.start(name)

    def start(self, name: str) -> None:
        """Start one member over what its directory holds."""
        cluster = ",".join(f"{each}={endpoint}" for each, endpoint in self.endpoints.items())
        command = [sys.executable, "-m", "kactors.cli.main", "etcd", "--insecure", "--name", name]
        command += ["--data-dir", str(self.directory / name), "--initial-cluster", cluster]
        self.spawn(name, [*command, *self._options])

    def wire(self, member: str, make: kactors_wire.Make) -> kactors_wire.KactorsWire:
        """Connect to a member."""
        self._lives += 1
        return kactors_wire.KactorsWire(
            f"load-{self._lives}", member, self.endpoints[member], make, self._lives
        )

    def status(self, member: str) -> StatusResponse | None:
        """Ask one member how it is; None if it does not say."""
        try:
            wire = self.wire(member, lambda _: Status())
        except OSError:
            return None
        with contextlib.closing(wire), contextlib.suppress(RuntimeError, OSError):
            wire._socket.settimeout(1.0)
            wire._socket.sendall(wire.request(1))
            while True:
                wire._decoder.feed(wire._socket.recv(65536))
                while (frame := wire._decoder.next_frame()) is not None:
                    if not isinstance(frame, Control) and frame.kind == Kind.REPLY:
                        answer = decode(frame.payload)
                        return answer if isinstance(answer, StatusResponse) else None
                    if not isinstance(frame, Control):
                        return None
        return None

    def leader(self) -> str:
        """Wait until a member leads; return which."""
        for _ in range(600):
            for name in self.endpoints:
                status = self.status(name)
                if status is not None and status.leader == status.header.member_id:
                    return name
            time.sleep(0.05)
        raise RuntimeError("nobody leads")


class Etcd(Cluster):
    """Three processes of Debian's etcd."""

    def __init__(self) -> None:
        super().__init__()
        self.endpoints = dict(zip(NAMES, free_endpoints(3), strict=True))
        peers = dict(zip(NAMES, free_endpoints(3), strict=True))
        cluster = ",".join(f"{name}=http://{peer}" for name, peer in peers.items())
        for name in NAMES:
            client, peer = f"http://{self.endpoints[name]}", f"http://{peers[name]}"
            command = ["etcd", "--name", name, "--data-dir", str(self.directory / name)]
            command += ["--initial-cluster", cluster, "--initial-cluster-state", "new"]
            command += ["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer]
            command += ["--listen-client-urls", client, "--advertise-client-urls", client]
            self.spawn(name, command)

    def leader(self) -> str:
        """Wait until a member leads; return which."""
        for _ in range(200):
            for name, endpoint in self.endpoints.items():
                with contextlib.suppress(OSError, KeyError):  # it knows no leader yet
                    answer = _post(f"http://{endpoint}/v3/maintenance/status")
                    if answer["leader"] == answer["header"]["member_id"]:
                        return name
            time.sleep(0.1)
        raise RuntimeError("nobody leads")

    @staticmethod
    def installed() -> bool:
        """Tell whether this machine has etcd."""
        return shutil.which("etcd") is not None


def _post(url: str) -> Any:
    request = urllib.request.Request(url, data=b"{}")  # noqa: S310 - http, on loopback
    with urllib.request.urlopen(request, timeout=2) as answer:  # noqa: S310 - as above
        return json.load(answer)
