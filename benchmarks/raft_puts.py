"""Replicated puts and reads of three members in three processes, beside etcd and PySyncObj.

All members sync what they acknowledge, but for PySyncObj, whose defaults do not. Connections are
TCP on loopback, in the clear. The load is a closed loop over a bare socket (`benchmarks.raft_load`)
with 1 to 1000 requests in flight at the leader, so that no client library is measured. Ours and
etcd take turns, several times; the ratio is the median of the pairs'. PySyncObj has the machine to
itself, in between.

Recovery is the time from the start of a single member's process until it serves, for logs of
different lengths; an empty one is the price of the process itself.

Run with ``python -m benchmarks.raft_puts [--quick] [--json]``. etcd is Debian's ``etcd-server``;
without it there are no rows against it.
"""

import json
import statistics
import subprocess
import sys
import time  # noqa: TID251 - a benchmark measures the machine
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from typing import Final

import attrs

from benchmarks.raft_load import grpc_wire, kactors_wire
from benchmarks.raft_load.clusters import Cluster, Etcd, Kactors, free_endpoints
from benchmarks.raft_load.loop import Result, closed_loop
from benchmarks.report import Row, command

IN_FLIGHT: Final = (1, 10, 100, 1000)
ETCD: Final = "etcd"
PYSYNCOBJ: Final = "PySyncObj, not syncing"


@attrs.frozen
class Scale:
    """How much is measured.

    Attributes:
        seconds: of one measurement.
        rounds: how often ours and etcd take turns.
        logs: entries in the logs that are recovered.
    """

    seconds: float
    rounds: int
    logs: tuple[int, ...]


Measure = Callable[[int], Result]
"""Measures with so many requests in flight."""


def rows(quick: bool) -> Iterator[Row]:
    """Measure everything."""
    scale = Scale(0.5, 1, (0, 500)) if quick else Scale(2.0, 5, (0, 1_000, 10_000, 50_000))
    yield from against_pysyncobj(scale)
    with ExitStack() as stack:
        ours = stack.enter_context(Kactors())
        etcd = stack.enter_context(Etcd()) if Etcd.installed() else None
        yield from against_etcd(ours, etcd, scale)
    yield from recovery(scale)


def against_etcd(ours: Kactors, etcd: Etcd | None, scale: Scale) -> Iterator[Row]:
    """Measure puts and reads, taking turns with etcd if it is there."""
    leader = ours.leader()
    etcd_endpoint = None if etcd is None else etcd.endpoints[etcd.leader()]
    cases = [
        *((f"puts, {n} in flight", n, "Put", kactors_wire.put, grpc_wire.put) for n in IN_FLIGHT),
        *(
            (f"{kind} reads, 100 in flight", 100, "Range", mine, theirs)
            for kind, mine, theirs in (
                ("linearizable", kactors_wire.linearizable, grpc_wire.linearizable),
                ("serializable", kactors_wire.serializable, grpc_wire.serializable),
            )
        ),
    ]
    for what, in_flight, method, mine, theirs in cases:
        pairs: list[tuple[Result, Result | None]] = []
        for _ in range(scale.rounds):
            with closing(ours.wire(leader, mine)) as wire:
                result = closed_loop(wire, in_flight=in_flight, seconds=scale.seconds)
            other = None
            if etcd_endpoint is not None:
                with closing(grpc_wire.GrpcWire(etcd_endpoint, method, theirs)) as wire_2:
                    other = closed_loop(wire_2, in_flight=in_flight, seconds=scale.seconds)
            pairs.append((result, other))
        yield from compared(what, pairs)


def compared(what: str, pairs: list[tuple[Result, Result | None]]) -> Iterator[Row]:
    """Return rows for the rate and the latencies of measurements that took turns."""
    for field, unit in (("per_second", "1/s"), ("p50_ms", "ms"), ("p99_ms", "ms")):
        mine = [getattr(ours, field) for ours, _ in pairs]
        theirs = [getattr(other, field) for _, other in pairs if other is not None]
        name = {"per_second": what, "p50_ms": f"{what}: median", "p99_ms": f"{what}: 99th percent"}
        row = Row(name[field], statistics.median(mine), unit)
        if theirs:
            ratios = [a / b if unit == "1/s" else b / a for a, b in zip(mine, theirs, strict=True)]
            row = attrs.evolve(
                row,
                baseline=statistics.median(theirs),
                baseline_name=ETCD,
                ratio=statistics.median(ratios),
            )
        yield row


def against_pysyncobj(scale: Scale) -> Iterator[Row]:
    """Measure PySyncObj, then ours, with the same numbers in flight."""
    theirs = pysyncobj(scale.seconds)
    with Kactors() as ours:
        leader = ours.leader()
        for in_flight in IN_FLIGHT:
            with closing(ours.wire(leader, kactors_wire.put)) as wire:
                mine = closed_loop(wire, in_flight=in_flight, seconds=scale.seconds)
            against = theirs[str(in_flight)]["per_second"]
            yield Row(
                f"puts, {in_flight} in flight, beside PySyncObj",
                mine.per_second,
                "1/s",
                against,
                PYSYNCOBJ,
                mine.per_second / against if against else None,
            )


def pysyncobj(seconds: float) -> dict[str, dict[str, float]]:
    """Return what a cluster of PySyncObj measures of itself, by requests in flight."""
    places = free_endpoints(3)
    with Cluster() as cluster:
        for number, own in enumerate(places):
            others = [place for place in places if place != own]
            module = "benchmarks.raft_load.pysyncobj_member"
            command_line = [sys.executable, "-m", module, own, *others]
            command_line += [*map(str, IN_FLIGHT), str(seconds)]
            cluster.processes[own] = subprocess.Popen(  # noqa: S603 - our own module
                command_line,
                stdout=(cluster.directory / f"{number}.out").open("wb"),
                stderr=subprocess.DEVNULL,
            )
        for _ in range(1200):
            for number in range(3):
                text = (cluster.directory / f"{number}.out").read_text()
                if text.endswith("\n"):
                    found: dict[str, dict[str, float]] = json.loads(text)
                    return found
            time.sleep(0.1)
    raise RuntimeError("PySyncObj has not finished within two minutes")


def recovery(scale: Scale) -> Iterable[Row]:
    """Measure how long a member takes from its start until it serves, by its log's length."""
    for entries in scale.logs:
        with Kactors("--snapshot-count", "100000000", count=1) as ours:
            leader = ours.leader()
            with closing(ours.wire(leader, kactors_wire.put)) as wire:
                fill(wire, entries)
            ours.processes[leader].kill()
            ours.processes[leader].wait()
            began = time.perf_counter()
            ours.start(leader)
            ours.leader()
            yield Row(f"recovery of {entries} entries", time.perf_counter() - began, "s")


def fill(wire: kactors_wire.KactorsWire, entries: int) -> None:
    """Put so many keys."""
    sent = answered = 0
    while answered < entries:
        data = b""
        while sent < entries and sent - answered < 500:
            sent += 1
            data += wire.request(sent)
        answered += len(list(wire.exchange(data)))


main = command("raft_puts", rows, about="Measure replicated puts and reads beside etcd.")

if __name__ == "__main__":
    main()
