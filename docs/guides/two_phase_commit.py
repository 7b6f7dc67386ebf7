"""Two banks move money by two-phase commit, and the coordinator crashes.

``python two_phase_commit.py --seed 7`` runs it in the simulated world, with faults;
``python two_phase_commit.py --live`` runs the same actors in three processes over TLS and
kills the coordinator's. The guide is `two_phase_commit.md`.

Source of the protocol: Gray and Lamport, "Consensus on Transaction Commit", section 2, with
presumed abort: a transaction that the coordinator does not know was aborted.
"""

from collections.abc import Sequence

import attrs
import click
from processes import Processes

from kactors.actors import Actor, Address, Request, RequestError, System, World, serves
from kactors.faults import At, Bounce, Delivered, FaultPlan, For, Loss, When
from kactors.faults.injector import Injector
from kactors.faults.worlds import SimTarget
from kactors.runtime import cancel_scope, open_nursery, sleep
from kactors.storage.record import Record
from kactors.storage.wal import Wal
from kactors.wire import decode, encode, message

BANKS = ("east", "west")
COORDINATOR = Address("coordinator", "coordinator")
OPENING_BALANCE = 1_000


# -- what they say ------------------------------------------------------------------------


@message("bank.done")
class Done:
    """What was asked for is durable."""


@message("bank.vote")
class Vote:
    """Whether a bank can carry out its part; a yes is a promise."""

    yes: bool


@message("bank.outcome")
class Outcome:
    """What became of a transfer."""

    transfer: int
    committed: bool


@message("bank.prepare")
class Prepare(Request[Vote]):
    """Ask a bank to promise its part of a transfer: ``amount`` may be negative."""

    transfer: int
    amount: int


@message("bank.decide")
class Decide(Request[Done]):
    """Tell a bank the outcome of a transfer that it has promised its part of."""

    transfer: int
    committed: bool


@message("bank.ask")
class Ask(Request[Outcome]):
    """Ask the coordinator what became of a transfer."""

    transfer: int


@message("bank.transfer")
class Transfer(Request[Outcome]):
    """Ask the coordinator to move ``amount`` from the east to the west."""

    transfer: int
    amount: int


@message("bank.balance")
class Balance:
    """What a bank has, and what it has promised and not heard the outcome of."""

    amount: int
    promised: tuple[int, ...]
    committed: tuple[int, ...]


@message("bank.audit")
class Audit(Request[Balance]):
    """Ask a bank for its books."""


# -- what they remember -------------------------------------------------------------------


class Journal:
    """Messages that survive: what is promised is in here first."""

    def __init__(self, wal: Wal) -> None:
        self._wal = wal

    @classmethod
    async def open(cls, actor: Actor) -> tuple["Journal", Sequence[object]]:
        """Open the journal of an actor; return it and what it holds."""
        directory = f"journal-{actor.name}"
        wal, found = await Wal.open(actor.host.disk, directory, create=True)
        return cls(wal), [decode(record.payload) for record in found.records]

    async def write(self, entry: object) -> None:
        """Return once ``entry`` is durable."""
        self._wal.append([Record(1, encode(entry))])
        await self._wal.sync()


class Bank(Actor):
    """Keeps one account, and its promises."""

    async def on_start(self) -> None:
        """Read the journal; ask after every promise whose outcome is not in it."""
        self.balance = OPENING_BALANCE
        self.promised: dict[int, Prepare] = {}
        self.outcomes: dict[int, bool] = {}
        self.journal, entries = await Journal.open(self)
        for entry in entries:
            self._replay(entry)
        self.start_soon(self._ask_after_promises)

    @serves
    async def prepare(self, request: Prepare) -> Vote:
        """Promise, durably, unless the money is not there."""
        if request.transfer in self.outcomes:
            return Vote(yes=self.outcomes[request.transfer])
        if request.transfer not in self.promised:
            free = self.balance + sum(min(0, p.amount) for p in self.promised.values())
            if free + request.amount < 0:
                return Vote(yes=False)
            self.promised[request.transfer] = request  # before the wait: it binds at once
            await self.journal.write(request)
        return Vote(yes=True)

    @serves
    async def decide(self, request: Decide) -> Done:
        """Keep the promise, or be released from it."""
        await self._settle(request)
        return Done()

    @serves
    def audit(self, request: Audit) -> Balance:
        """Open the books."""
        del request
        committed = sorted(transfer for transfer, yes in self.outcomes.items() if yes)
        return Balance(self.balance, tuple(sorted(self.promised)), tuple(committed))

    async def _settle(self, decision: Decide) -> None:
        if decision.transfer in self.promised:
            await self.journal.write(decision)
            self._replay(decision)

    def _replay(self, entry: object) -> None:
        match entry:
            case Prepare():
                self.promised[entry.transfer] = entry
            case Decide():
                promise = self.promised.pop(entry.transfer, None)
                if promise is not None:  # two decisions may have waited for the disk together
                    self.outcomes[entry.transfer] = entry.committed
                    self.balance += promise.amount if entry.committed else 0

    async def _ask_after_promises(self) -> None:
        """A promise blocks until its outcome is known: that is the price of two phases."""
        while True:
            await sleep(1.0)
            for transfer in tuple(self.promised):
                try:
                    outcome = await self.request(COORDINATOR, Ask(transfer), timeout=1.0)
                except RequestError:
                    continue
                await self._settle(Decide(transfer, outcome.committed))


class Coordinator(Actor):
    """Decides. Its decision to commit is in the journal before anybody hears of it."""

    async def on_start(self) -> None:
        """Read which transfers were committed; everything else was aborted."""
        self.committed: set[int] = set()
        self.deciding: set[int] = set()
        self.journal, entries = await Journal.open(self)
        self.committed.update(entry.transfer for entry in entries if isinstance(entry, Outcome))

    @serves
    async def transfer(self, request: Transfer) -> Outcome:
        """Collect the votes, decide, and tell the banks."""
        if request.transfer not in self.committed:
            self.deciding.add(request.transfer)
            try:
                if await self._all_vote_yes(request):
                    # If the teller gives up now, the decision must not be half made: in the
                    # journal, but not in what the banks are told.
                    with cancel_scope(shield=True):
                        await self.journal.write(Outcome(request.transfer, committed=True))
                        self.committed.add(request.transfer)
            finally:
                self.deciding.discard(request.transfer)
        outcome = Outcome(request.transfer, request.transfer in self.committed)
        for bank in BANKS:
            self.start_soon(self._tell, Address(bank, "bank"), outcome)
        return outcome

    @serves
    async def ask(self, request: Ask) -> Outcome:
        """Answer a bank that waits for an outcome."""
        while request.transfer in self.deciding:
            await sleep(0.1)
        return Outcome(request.transfer, request.transfer in self.committed)

    async def _all_vote_yes(self, request: Transfer) -> bool:
        votes: list[bool] = []

        async def collect(bank: str, amount: int) -> None:
            prepare = Prepare(request.transfer, amount)
            try:
                vote = await self.request(Address(bank, "bank"), prepare, timeout=2.0)
            except RequestError:
                return  # silence is a no
            votes.append(vote.yes)

        async with open_nursery() as nursery:
            for bank, amount in zip(BANKS, (-request.amount, request.amount), strict=True):
                nursery.start_soon(collect, bank, amount)
        return votes == [True] * len(BANKS)

    async def _tell(self, bank: Address, outcome: Outcome) -> None:
        """Tell once; a bank that does not hear it will ask."""
        try:
            await self.request(bank, Decide(outcome.transfer, outcome.committed), timeout=2.0)
        except RequestError:
            return


# -- what must hold -----------------------------------------------------------------------


@attrs.frozen
class Report:
    """What a run has come to.

    Attributes:
        promised: how many transfers were acknowledged as committed.
        books: what each bank says at the end.
        problems: what should have held and did not.
    """

    promised: int
    books: tuple[Balance, ...]
    problems: tuple[str, ...]


async def teller(system: System, transfers: int) -> Report:
    """Order transfers, whatever happens; then wait until nothing is open, and audit."""
    acknowledged: dict[int, bool] = {}
    coordinator = system.ref(COORDINATOR)
    for number in range(1, transfers + 1):
        try:
            outcome = await coordinator.request(Transfer(number, number % 7 + 1), timeout=5.0)
            acknowledged[number] = outcome.committed
        except RequestError:
            pass  # unknown: it may be carried out or not, but not by half
        await sleep(0.1)
    books = await _settled_books(system)
    return _audit(acknowledged, books)


async def _settled_books(system: System) -> tuple[Balance, ...]:
    while True:
        try:
            books = [await system.ref(f"{bank}/bank").request(Audit()) for bank in BANKS]
        except RequestError:
            books = []
        if books and not any(book.promised for book in books):
            return tuple(books)
        await sleep(1.0)


def _audit(acknowledged: dict[int, bool], books: tuple[Balance, ...]) -> Report:
    east, west = books
    problems = []
    if east.amount + west.amount != len(BANKS) * OPENING_BALANCE:
        problems.append(f"money was made or lost: {east.amount} + {west.amount}")
    if east.committed != west.committed:
        problems.append(f"the banks disagree: {set(east.committed) ^ set(west.committed)}")
    for number, committed in acknowledged.items():
        if committed != (number in east.committed):
            problems.append(f"transfer {number} was acknowledged as committed={committed}")
    return Report(sum(acknowledged.values()), books, tuple(problems))


# -- the two worlds -----------------------------------------------------------------------

#: Which actor runs on which host, for both worlds.
HOSTS = {
    "east": ("bank", Bank),
    "west": ("bank", Bank),
    "coordinator": ("coordinator", Coordinator),
}

PREPARE = Delivered("bank.prepare")

STORM = FaultPlan(
    (
        # The votes are in, and nobody knows the outcome: the worst moment to lose power.
        Bounce("coordinator", start=When(PREPARE, occurrence=5, delay=0.002), end=For(4)),
        Bounce("coordinator", start=When(Delivered("bank.decide"), occurrence=20), end=For(2)),
        Bounce("west", start=When(PREPARE, occurrence=31), end=For(3)),
        Loss("*", "*", 0.1, start=At(0), end=For(15)),
    )
)


def build(seed: int, **options: object) -> World:
    """Raise the banks, the coordinator and a teller in a simulated world."""
    world = World(seed, **options)  # type: ignore[arg-type]  # a guide's reader adds what he likes
    for host, (name, factory) in HOSTS.items():
        world.add_host(host).deploy(factory, name)
    world.add_host("teller")
    return world


def simulate(seed: int, *, plan: FaultPlan = STORM, transfers: int = 50) -> tuple[Report, str]:
    """Run the story under faults; return the report and the digest of the run."""
    with build(seed) as world:
        injector = Injector(SimTarget(world), plan)
        injector.start()
        report: Report = world.call("teller", teller, transfers)
        return report, world.digest


def live(transfers: int = 50) -> Report:
    """Run the same actors in processes of their own, and kill the coordinator's."""
    with Processes(__file__, HOSTS, client="teller") as processes:
        report: Report = processes.play(teller, transfers, kill="coordinator", after=2.0)
        return report


@click.command()
@click.option("--seed", default=7, help="Decides everything in the simulated world.")
@click.option("--transfers", default=50, help="How many transfers the teller orders.")
@click.option("--live", "is_live", is_flag=True, help="Run in real processes over TLS.")
def main(*, seed: int, transfers: int, is_live: bool) -> None:
    """Move money under faults, and audit."""
    if is_live:
        report = live(transfers)
    else:
        report, digest = simulate(seed, transfers=transfers)
        click.echo(f"digest      {digest}")
    click.echo(f"committed   {report.promised} of {transfers} acknowledged")
    for bank, book in zip(BANKS, report.books, strict=True):
        click.echo(f"{bank:<11} {book.amount}, {len(book.committed)} transfers")
    for problem in report.problems:
        click.echo(f"PROBLEM     {problem}")
    raise SystemExit(1 if report.problems else 0)


if __name__ == "__main__":
    main()
