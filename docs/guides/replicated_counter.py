"""A counter on three replicas that everybody may increment, also while they are cut apart.

``python replicated_counter.py --seed 7`` runs it in the simulated world, with partitions, losses
and power failures; ``python replicated_counter.py --live`` runs the same actors in three processes
over TLS and kills one. The guide is `replicated_counter.md`.

Source: the G-Counter in Shapiro et al., "A comprehensive study of convergent and commutative
replicated data types", section 3.1.1.
"""

import attrs
import click
from processes import Processes

from kactors.actors import Actor, Address, Request, RequestError, System, World, handles, serves
from kactors.faults import (
    At,
    Bounce,
    Cut,
    Delivered,
    Duplicate,
    FaultPlan,
    For,
    Isolate,
    Loss,
    When,
)
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget
from kactors.runtime import sleep
from kactors.storage.record import Record
from kactors.storage.wal import Wal
from kactors.wire import decode, encode, message

REPLICAS = ("red", "green", "blue")


@message("counter.value")
class Value:
    """What a replica knows: how often each of them was incremented."""

    counts: dict[str, int]

    @property
    def total(self) -> int:
        """The counter's value as far as this replica knows."""
        return sum(self.counts.values())


@message("counter.increment")
class Increment(Request[Value]):
    """Add one; the answer comes when it is durable."""


@message("counter.read")
class Read(Request[Value]):
    """Ask what a replica knows."""


class Replica(Actor):
    """Counts its own increments durably, and hears of the others' by gossip.

    Gossip may be lost, repeated and late: the larger count is always the newer one.
    """

    async def on_start(self) -> None:
        """Read the own count: only this replica can know it."""
        disk = self.host.disk
        self.wal, found = await Wal.open(disk, "increments", create=True)
        self.counts = dict.fromkeys(REPLICAS, 0)
        for record in found.records:
            self._merge(decode(record.payload, expect=Value))
        self.start_soon(self._gossip)

    @serves
    async def increment(self, request: Increment) -> Value:
        """Count, and answer once the disk has it."""
        del request
        self.counts[self.host.name] += 1
        mine = Value({self.host.name: self.counts[self.host.name]})
        self.wal.append([Record(1, encode(mine))])
        await self.wal.sync()
        return Value(dict(self.counts))

    @serves
    def read(self, request: Read) -> Value:
        """Tell what is known here."""
        del request
        return Value(dict(self.counts))

    @handles
    def hear(self, value: Value) -> None:
        """Take over what another one knows better."""
        self._merge(value)

    def _merge(self, value: Value) -> None:
        for replica, count in value.counts.items():
            self.counts[replica] = max(self.counts[replica], count)

    async def _gossip(self) -> None:
        others = [Address(name, "replica") for name in REPLICAS if name != self.host.name]
        while True:
            await sleep(0.2)
            for other in others:
                self.send(other, Value(dict(self.counts)))


HOSTS = dict.fromkeys(REPLICAS, ("replica", Replica))


@attrs.frozen
class Report:
    """What a run has come to.

    Attributes:
        tried: increments that were asked for.
        acknowledged: those that were answered.
        values: what each replica says once all agree.
        problems: what should have held and did not.
    """

    tried: int
    acknowledged: int
    values: tuple[int, ...]
    problems: tuple[str, ...]


async def visitor(system: System, increments: int) -> Report:
    """Increment everywhere, whatever happens; then wait until the replicas agree."""
    acknowledged = 0
    for number in range(increments):
        replica = REPLICAS[number % len(REPLICAS)]
        try:
            await system.ref(f"{replica}/replica").request(Increment(), timeout=1.0)
            acknowledged += 1
        except RequestError:
            pass  # unknown: it may have been counted
        await sleep(0.05)
    values = await _agreed_values(system)
    problems = []
    if not acknowledged <= values[0] <= increments:
        problems.append(f"{values[0]} is not between {acknowledged} and {increments}")
    return Report(increments, acknowledged, values, tuple(problems))


async def _agreed_values(system: System) -> tuple[int, ...]:
    while True:
        known = []
        for name in REPLICAS:
            try:
                known.append(await system.ref(f"{name}/replica").request(Read(), timeout=1.0))
            except RequestError:
                break
        if len(known) == len(REPLICAS) and all(value == known[0] for value in known):
            return tuple(value.total for value in known)
        await sleep(0.5)


INCREMENT_AT_BLUE = Delivered("counter.increment", target="blue")

STORM = FaultPlan(
    (
        Isolate("red", start=At(2), end=For(4)),
        # Nobody but its own disk knows what blue has counted when the power fails.
        Cut("blue", "red", start=At(1), end=For(9)),
        Cut("blue", "green", start=At(1), end=For(9)),
        Loss("*", "*", 0.2, start=At(0), end=For(10)),
        Duplicate("*", "*", 0.3, start=At(0), end=For(10)),
        Bounce("blue", start=When(INCREMENT_AT_BLUE, occurrence=9), end=For(2)),
    )
)


def build(seed: int) -> World:
    """Raise the replicas and a visitor in a simulated world."""
    world = World(seed)
    for host, (name, factory) in HOSTS.items():
        world.add_host(host).deploy(factory, name)
    world.add_host("visitor")
    return world


def simulate(seed: int, *, plan: FaultPlan = STORM, increments: int = 200) -> tuple[Report, str]:
    """Run the story under faults; return the report and the digest of the run."""
    with build(seed) as world:
        Injector(SimTarget(world), plan).start()
        report: Report = world.call("visitor", visitor, increments)
        return report, world.digest


def live(increments: int = 200) -> Report:
    """Run the same actors in processes of their own, and kill one."""
    with Processes(__file__, HOSTS, client="visitor") as processes:
        report: Report = processes.play(visitor, increments, kill="blue", after=2.0)
        return report


@click.command()
@click.option("--seed", default=7, help="Decides everything in the simulated world.")
@click.option("--increments", default=200, help="How many increments the visitor asks for.")
@click.option("--live", "is_live", is_flag=True, help="Run in real processes over TLS.")
def main(*, seed: int, increments: int, is_live: bool) -> None:
    """Count under faults, and compare."""
    if is_live:
        report = live(increments)
    else:
        report, digest = simulate(seed, increments=increments)
        click.echo(f"digest        {digest}")
    click.echo(f"acknowledged  {report.acknowledged} of {report.tried}")
    click.echo(f"replicas say  {', '.join(map(str, report.values))}")
    for problem in report.problems:
        click.echo(f"PROBLEM       {problem}")
    raise SystemExit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
