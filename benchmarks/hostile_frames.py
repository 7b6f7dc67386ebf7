"""A million random and mutated frames against a TCP listener, with honest peers beside them.

Hostile peers connect, say what `benchmarks.hostile_sessions` draws for them, and go; some
of it is noise, some is frames that were tampered with, some is well-formed and lies. Meanwhile
honest peers exchange requests and answers with the same listener over one connection each.
In the end must hold:

* every connection came to the end that its bytes deserve, counted under that reason;
* no honest peer lost its connection, or an answer;
* tasks and descriptors are what they were before the attack.

Run with ``python -m benchmarks.hostile_frames [--frames N] [--seed N] [--json]``; it exits
with 1 when something did not hold, and says what.
"""

import json
import os
import socket
import statistics
import struct
import sys
from collections import Counter
from pathlib import Path
from typing import Final

import attrs
import click
import trio  # noqa: TID251 - the live transports run on trio
from rich.console import Console

from benchmarks.hostile_sessions import Ending, Session, draw_session
from benchmarks.report import Report, Row, machine
from kactors.runtime import live, open_nursery
from kactors.runtime.random import stream
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.transport.framing import GOODBYE, PING, PONG
from kactors.transport.stream_options import StreamOptions
from kactors.transport.tcp import TcpTransport, split_endpoint

SERVER: Final = "server"
HONEST: Final = 4
ATTACKERS: Final = 16
PAUSE_SECONDS: Final = 0.002
PATIENCE_SECONDS: Final = 30.0
OPTIONS: Final = StreamOptions(frame_bytes_max=2**20)


@attrs.define
class Snapshot:
    """What would grow if something leaked."""

    tasks: int
    descriptors: int
    resident_mib: float

    @classmethod
    def take(cls) -> "Snapshot":
        """Look at this process now."""
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return cls(
            tasks=trio.lowlevel.current_statistics().tasks_living,
            descriptors=len(os.listdir("/proc/self/fd")),  # noqa: PTH208 - counts, needs no paths
            resident_mib=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        )


@attrs.define
class Findings:
    """What came of an attack.

    Attributes:
        expected: how the hostile connections had to end, counted as the listener counts.
        problems: what did not hold; empty when all is well.
        latencies_ms: of the honest peers' round trips.
    """

    frames: int = 0
    sessions: int = 0
    seconds: float = 0.0
    expected: Counter[str] = attrs.field(factory=Counter)
    counted: Counter[str] = attrs.field(factory=Counter)
    delivered: int = 0
    latencies_ms: list[float] = attrs.field(factory=list)
    problems: list[str] = attrs.field(factory=list)
    before: Snapshot = attrs.field(factory=lambda: Snapshot(0, 0, 0.0))
    after: Snapshot = attrs.field(factory=lambda: Snapshot(0, 0, 0.0))


class Honest:
    """A peer that asks, waits for the answer, and asks again."""

    def __init__(self, number: int, endpoint: str, findings: Findings) -> None:
        self.name = f"honest-{number}"
        self.transport = TcpTransport(
            host=self.name,
            incarnation=1,
            listen=None,
            peers={SERVER: endpoint},
            tls=None,
            options=OPTIONS,
        )
        self._findings = findings
        self._answer = trio.Event()
        self._asked = 0
        self.served = trio.Event()

    def deliver(self, envelope: Envelope) -> None:
        """Take an answer."""
        if envelope.id == self._asked:
            self._answer.set()

    async def ask(self) -> None:
        """Ask until cancelled; a question without an answer is a problem."""
        while True:
            self._asked += 1
            self._answer = trio.Event()
            began = trio.current_time()
            self.transport.send(
                Envelope(
                    Kind.REQUEST,
                    Address(self.name, "asker"),
                    1,
                    Address(SERVER, "answerer"),
                    0,
                    self._asked,
                    0,
                    -1,
                    b"how are you?",
                )
            )
            with trio.move_on_after(PATIENCE_SECONDS) as scope:
                await self._answer.wait()
            if scope.cancelled_caught:
                self._findings.problems.append(f"{self.name} had no answer to {self._asked}")
            self._findings.latencies_ms.append(1e3 * (trio.current_time() - began))
            self.served.set()
            await trio.sleep(PAUSE_SECONDS)


class Attack:
    """One listener, its honest peers, and what is thrown at it."""

    def __init__(self, frames: int, seed: int) -> None:
        self._frames = frames
        self._seed = seed
        self.findings = Findings()
        self._server = TcpTransport(
            host=SERVER, incarnation=1, listen="127.0.0.1:0", peers={}, tls=None, options=OPTIONS
        )

    async def run(self) -> Findings:
        """Throw the frames, and look at what they did."""
        findings = self.findings
        async with open_nursery() as nursery:
            await self._server.start(self._deliver, nursery)
            assert self._server.endpoint is not None, "it listens"
            honest = [Honest(n, self._server.endpoint, findings) for n in range(HONEST)]
            for peer in honest:
                await peer.transport.start(peer.deliver, nursery)
                nursery.start_soon(peer.ask)
            for peer in honest:
                await peer.served.wait()
            findings.latencies_ms.clear()
            findings.before = Snapshot.take()
            began = trio.current_time()
            async with trio.open_nursery() as attackers:
                for _ in range(ATTACKERS):
                    attackers.start_soon(self._attack)
            await self._wait_settled()
            findings.seconds = trio.current_time() - began
            findings.after = Snapshot.take()
            self._judge(honest)
            nursery.cancel_scope.cancel()
        return findings

    def _deliver(self, envelope: Envelope) -> None:
        if envelope.source.host.startswith("honest-"):
            answer = envelope._replace(
                kind=int(Kind.REPLY), source=envelope.target, target=envelope.source
            )
            self._server.send(answer)
        else:
            self.findings.delivered += 1

    async def _attack(self) -> None:
        findings = self.findings
        while findings.frames < self._frames:
            chance = stream(self._seed, "session", findings.sessions)
            session = draw_session(chance, target=SERVER, frame_bytes_max=OPTIONS.frame_bytes_max)
            findings.sessions += 1
            findings.frames += session.frames
            findings.expected[session.counted] += 1
            try:
                with trio.fail_after(PATIENCE_SECONDS):
                    await self._play(session)
            except (trio.TooSlowError, OSError) as error:
                findings.problems.append(f"session {findings.sessions}: {error!r}, {session}")

    async def _play(self, session: Session) -> None:
        assert self._server.endpoint is not None, "it listens"
        with trio.socket.socket() as connected:
            # A close becomes a reset: it leaves no port behind in TIME_WAIT.
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            await connected.connect(split_endpoint(self._server.endpoint))
            for piece in session.pieces:
                await _send(connected, piece)
            match session.ending:
                case Ending.RESET:
                    # Once a pong has come, all that was sent before has been judged.
                    await _send(connected, PING)
                    await _receive_until(connected, PONG)
                    return
                case Ending.GOODBYE:
                    await _send(connected, GOODBYE)
                case Ending.EOF:
                    connected.shutdown(socket.SHUT_WR)
                case Ending.REFUSED:
                    pass
            await _receive_until(connected, b"")

    async def _wait_settled(self) -> None:
        """Wait until the listener has only its honest peers left."""
        with trio.move_on_after(PATIENCE_SECONDS):
            while self._server.statistics()["open"] > HONEST:
                await trio.sleep(0.01)
            while sum(self._ends().values()) < self.findings.sessions:
                await trio.sleep(0.01)

    def _ends(self) -> Counter[str]:
        return Counter(
            {
                what: count
                for what, count in self._server.statistics().items()
                if what.startswith(("closed: ", "failed: "))
            }
        )

    def _judge(self, honest: list[Honest]) -> None:
        findings, problems = self.findings, self.findings.problems
        findings.counted = self._ends()
        if findings.counted != findings.expected:
            problems.append(
                f"ends were counted otherwise than expected: too many "
                f"{findings.counted - findings.expected}, missing "
                f"{findings.expected - findings.counted}"
            )
        for peer in honest:
            counts = peer.transport.statistics()
            if counts.get("dialled") != 1 or counts["open"] != 1:
                problems.append(f"{peer.name} lost its connection: {counts}")
        for what in ("tasks", "descriptors"):
            before, after = getattr(findings.before, what), getattr(findings.after, what)
            if after > before:
                problems.append(f"{what} grew from {before} to {after}")


async def _send(connected: trio.socket.SocketType, data: bytes) -> None:
    """Send all of ``data``, or as much as the listener lets us before it ends the connection."""
    while data:
        try:
            data = data[await connected.send(data) :]
        except (BrokenPipeError, ConnectionResetError):
            return


async def _receive_until(connected: trio.socket.SocketType, what: bytes) -> None:
    """Read until ``what`` has come, or, when that is nothing, until the end."""
    received = b""
    while not (what and what in received):
        try:
            data = await connected.recv(65536)
        except ConnectionResetError:
            return
        if not data:
            return
        received = received[-8:] + data


def report(findings: Findings) -> Report:
    """Return the findings in the form of the benchmarks."""
    cuts = statistics.quantiles(findings.latencies_ms, n=1000, method="inclusive")
    rows = [
        Row("frames", findings.frames, "frames"),
        Row("hostile connections", findings.sessions, "connections"),
        Row("time", findings.seconds, "s"),
        Row("rate", findings.frames / findings.seconds, "frames/s"),
        Row("delivered as well-formed", findings.delivered, "envelopes"),
        Row("honest round trips", len(findings.latencies_ms), "round trips"),
        Row("honest round trip, median", cuts[499], "ms"),
        Row("honest round trip, 99th percentile", cuts[989], "ms"),
        Row("honest round trip, longest", max(findings.latencies_ms), "ms"),
    ]
    for what, unit in (("tasks", "tasks"), ("descriptors", "files"), ("resident_mib", "MiB")):
        name = what.replace("_mib", " memory")
        rows.append(Row(f"{name} before", getattr(findings.before, what), unit))
        rows.append(Row(f"{name} after", getattr(findings.after, what), unit))
    rows += [Row(what, count, "connections") for what, count in findings.counted.most_common()]
    rows.append(Row("problems", len(findings.problems), "problems"))
    return Report("hostile_frames", machine(), rows)


@click.command(name="hostile_frames", help=__doc__)
@click.option("--frames", default=1_000_000, show_default=True, help="How many to throw at least.")
@click.option("--seed", default=0, show_default=True, help="From which they are drawn.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of a table.")
def main(*, frames: int, seed: int, as_json: bool) -> None:
    """Attack, report, and exit with 1 when something did not hold."""
    findings = live.run(Attack(frames, seed).run)
    found = report(findings)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        Console().print(found.as_table())
    for problem in findings.problems[:20]:
        click.echo(problem, err=True)
    if findings.problems:
        sys.exit(1)


if __name__ == "__main__":
    main()
