"""The actors of one life of one host: who they are, what they send, what they ask."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Set
from typing import TYPE_CHECKING, Final

from kactors.actors.asking import Asking
from kactors.actors.cell import Cell
from kactors.actors.dead_letters import DeadLetters
from kactors.actors.errors import (
    NameTakenError,
    NotAliveError,
)
from kactors.actors.outbox import StreamTiming
from kactors.actors.receiver import Receiver
from kactors.actors.ref import Ref, parse_address
from kactors.actors.sender import Sender
from kactors.actors.stream_table import StreamTable
from kactors.actors.supervision import RestartPolicy
from kactors.actors.system_actor import SystemActor
from kactors.actors.watching import SYSTEM
from kactors.evidence.trace import Recorder
from kactors.runtime import Host, Nursery, cancel_scope, open_nursery, sleep_forever
from kactors.runtime.clock import NANOSECONDS
from kactors.transport.base import Transport
from kactors.transport.envelope import Address
from kactors.wire import tag_of

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.actors.life import Life

DRAIN_SECONDS: Final = 1.0
"""Seconds that what was sent last may take to leave when a system is stopped."""


class System:
    """Runs the actors of a host and carries what they say to each other.

    Args:
        host: where.
        transport: carries envelopes to other hosts.
        loopback: whether it carries an envelope to this host itself, too; so it is in the
            simulated world, where such envelopes take part in the order of events.
        timing: the clockwork of streams.
        recorder: notes the lives of actors; costs nothing if there is none.
        on_life: told ``start``, ``fail`` or ``stop``, and whose life; not when the host crashes.

    Attributes:
        cells: the actors, by name.
        asking: sends, requests and streams of this host's actors.
        dead_letters: messages that reached nobody.
        failures: how many lives of actors ended in failure.
    """

    def __init__(
        self,
        host: Host,
        transport: Transport,
        *,
        loopback: bool,
        timing: StreamTiming | None = None,
        recorder: Recorder | None = None,
        on_life: Callable[[str, Address], None] | None = None,
    ) -> None:
        self.host = host
        self.transport = transport
        self.incarnation = host.incarnation
        self.cells: dict[str, Cell] = {}
        self.failures = 0
        self.dead_letters = DeadLetters(host, recorder)
        self.sender = Sender(host, transport, self.dead_letters, loopback=loopback)
        self.streams = StreamTable(self.sender.emit, self.now, timing or StreamTiming())
        self.asking = Asking(self.sender, self.streams, self.now)
        self.receiver = Receiver(self)
        self._loopback = loopback
        self._recorder = recorder
        self._on_life = on_life
        self._received: Counter[str] = Counter()  # by lives that have ended
        self._lives: dict[str, int] = {}  # of actors that have ended
        self._nursery: Nursery | None = None

    def __repr__(self) -> str:
        return f"<system of {self.host.name}, incarnation {self.incarnation}>"

    @property
    def running(self) -> bool:
        """Whether actors can be started."""
        return self._nursery is not None

    @property
    def silent(self) -> bool:
        """Whether nothing is sent any more: this life of the host is over."""
        return self.sender.silent

    def now(self) -> float:
        """Return the host's monotonic time in seconds."""
        return self.host.clock.monotonic_ns() / NANOSECONDS

    # -- lives --------------------------------------------------------------------------

    async def run(self, begin: Callable[[System], None]) -> None:
        """Listen, let ``begin`` start the first actors, and go on until cancelled.

        When it is cancelled the actors are stopped first. What they say then still leaves.

        Raises:
            BaseExceptionGroup: an actor gave up (`GaveUpError`), or met a bug.
        """
        try:
            async with open_nursery() as outer:
                with cancel_scope(shield=True):
                    async with open_nursery() as ground:
                        self.transport.watch_lives(self._life_is_over)
                        await self.transport.start(self.receiver.deliver, ground)
                        ground.start_soon(self.streams.keep, name="streams")
                        if not self._loopback:
                            carry = self.sender.carry_local
                            ground.start_soon(carry, self.receiver.deliver, name="local")
                        try:
                            await self._run_actors(begin, outer)
                        finally:
                            drain = 0.0 if self.silent else DRAIN_SECONDS
                            await self.transport.aclose(drain_seconds=drain)
                        ground.cancel_scope.cancel("the actors have ended")
                outer.cancel_scope.cancel("the actors have ended")
        finally:
            self.silence()
            self.streams.close("this host's actors were stopped")

    def _life_is_over(self, host: str, incarnation: int, waiting: Set[int]) -> None:
        """Let nobody wait for a life of another host that the transport has found to be over."""
        self.streams.on_life_over(host, incarnation)
        self.asking.on_life_over(host, waiting)

    async def _run_actors(self, begin: Callable[[System], None], outer: Nursery) -> None:
        async def pass_on_cancellation() -> None:
            try:
                await sleep_forever()
            finally:
                actors.cancel_scope.cancel("the system is being stopped")

        try:
            async with open_nursery() as actors:
                outer.start_soon(pass_on_cancellation, name="cancellation")
                self._nursery = actors
                self.start(lambda: SystemActor(self), SYSTEM)
                begin(self)
                await sleep_forever()
        finally:
            self._nursery = None

    def silence(self) -> None:
        """Let nothing be sent any more: this life of the host is over."""
        self.sender.silence()

    def start(
        self,
        factory: Callable[[], Actor],
        name: str,
        *,
        policy: RestartPolicy | None = None,
        nursery: Nursery | None = None,
    ) -> Address:
        """Start an actor under supervision.

        Args:
            factory: makes the instance for each life.
            name: unique on the host.
            policy: when to restart it, and when to give up.
            nursery: whose failure its giving up shall be; this system's by default.

        Raises:
            NameTakenError: an actor of this name lives here.
            NotAliveError: the system does not run.
        """
        if name in self.cells:
            raise NameTakenError(f"{self.host.name}/{name} lives already: choose another name")
        nursery = nursery or self._nursery
        if nursery is None:
            raise NotAliveError(f"{self!r} does not run: it can start no actors")
        address = Address(self.host.name, name)
        lives = self._lives.get(name, 0)
        cell = self.cells[name] = Cell(self, address, factory, policy or RestartPolicy(), lives)
        nursery.start_soon(cell.supervise, name=f"actor {name}")
        return address

    def stop(self, name: str) -> bool:
        """End an actor in order and for good; return whether it was there."""
        cell = self.cells.get(name)
        if cell is not None:
            cell.dismiss()
        return cell is not None

    def kill(self, name: str, reason: str) -> bool:
        """Make an actor fail; return whether it was there, and alive."""
        cell = self.cells.get(name)
        return cell is not None and cell.kill(reason)

    def forget(self, cell: Cell) -> None:
        """Take note that an actor will have no further life."""
        name = cell.address.name
        if self.cells.get(name) is cell:
            del self.cells[name]
            self._lives[name] = cell.lives

    def note(self, cell: Cell, what: str, reason: str = "") -> None:
        """Record an event in an actor's life."""
        if self._recorder is not None:
            name = cell.address.name
            self._recorder.record(self.host, name, what, life=cell.lives, reason=reason)

    def ref(self, target: Address | str, *, source: Address | None = None) -> Ref:
        """Return a handle on an actor; ``host/name`` or an address.

        Raises:
            AddressError: the text is no address.
        """
        address = parse_address(target) if isinstance(target, str) else target
        return Ref(self, source or Address(self.host.name, SYSTEM), address)

    # -- what it looks like -------------------------------------------------------------

    @property
    def pending(self) -> int:
        """How many requests of this host have no answer yet."""
        return len(self.asking.pending)

    @property
    def activity(self) -> int:
        """Count the envelopes that this host has sent and received; it only grows."""
        statistics = self.transport.statistics()
        return statistics["sent"] + statistics["received"]

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many messages were sent and received, by tag."""
        sent = {tag_of(kind): count for kind, count in self.asking.sent.items()}
        received = self._received.copy()
        for cell in self.cells.values():
            if cell.life is not None:
                received.update(cell.life.received())
        return sent, dict(received)

    def life_begins(self, cell: Cell) -> None:
        """Take note of a life's beginning."""
        self.note(cell, "start")
        if self._on_life is not None:
            self._on_life("start", cell.address)

    def life_ends(self, cell: Cell, life: Life | None, reason: str) -> None:
        """Take note of a life's end; nobody is left to do so if the host has crashed."""
        if self.silent:
            return
        if life is not None:
            self._received.update(life.received())
        what = "stop" if reason == "stopped" else "fail"
        self.note(cell, what, reason)
        if self._on_life is not None:
            self._on_life(what, cell.address)
