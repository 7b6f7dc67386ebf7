"""The actors of one life of one host: who they are, what they send, who waits for an answer."""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from kactors.actors.cell import SYSTEM, Cell, CellState
from kactors.actors.deduplicator import Deduplicator
from kactors.actors.errors import (
    ActorError,
    ActorStoppedError,
    DeadlineExceededError,
    NameTakenError,
    NoSuchActorError,
    UnhandledError,
    UnreadableError,
)
from kactors.actors.handlers import HandlerKind
from kactors.actors.outbox import StreamKey, StreamTiming
from kactors.actors.ref import Ref, parse_address
from kactors.actors.stream_table import StreamTable
from kactors.actors.supervision import RestartPolicy
from kactors.actors.system_actor import SystemActor
from kactors.evidence.trace import Recorder
from kactors.runtime import CancelScope, Host, Nursery, Waiter, open_nursery, sleep_forever
from kactors.runtime.clock import NANOSECONDS
from kactors.runtime.face import current
from kactors.transport.base import Transport
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import WireError, decode, encode, tag_of

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.actors.inbox import Inbox
    from kactors.actors.request import Request, StreamRequest

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")

REQUEST_TIMEOUT: Final = 10.0
"""Seconds that a request waits for its answer unless it says otherwise."""

DEAD_LETTERS_KEPT: Final = 100

_HANDLER_KINDS: Final = {
    Kind.SEND: HandlerKind.HANDLES,
    Kind.REQUEST: HandlerKind.SERVES,
    Kind.STREAM_OPEN: HandlerKind.STREAMS,
}

_envelope: Callable[[tuple[Any, ...]], Envelope] = partial(tuple.__new__, Envelope)


class System:
    """Runs the actors of a host and carries what they say to each other.

    Args:
        host: where.
        transport: carries envelopes to other hosts.
        loopback: carries an envelope to this host itself; in the simulated world that is
            the transport, too, so that it takes part in the order of events.
        timing: the clockwork of streams.
        recorder: notes the lives of actors; costs nothing if there is none.

    Attributes:
        dead_letters: counts messages that reached nobody, by reason.
        latest_dead_letters: the last hundred, as (reason, target, tag).
        failures: how many lives of actors ended in failure.
        serving: the requests being served by handlers that wait, to be cancelled with their askers.
    """

    def __init__(
        self,
        host: Host,
        transport: Transport,
        *,
        loopback: bool,
        timing: StreamTiming | None = None,
        recorder: Recorder | None = None,
    ) -> None:
        self.host = host
        self.transport = transport
        self.incarnation = host.incarnation
        self.cells: dict[str, Cell] = {}
        self.dead_letters: Counter[str] = Counter()
        self.latest_dead_letters: deque[tuple[str, Address, str]] = deque(maxlen=DEAD_LETTERS_KEPT)
        self.failures = 0
        self.serving: dict[StreamKey, CancelScope] = {}
        self.streams = StreamTable(
            self._emit, self._now, self._open_stream, timing or StreamTiming()
        )
        self._recorder = recorder
        self._send: Callable[[Envelope], None] = transport.send if loopback else self._route
        self._pending: dict[int, Waiter[Envelope | None]] = {}
        self._numbers = 0
        self._seen: dict[tuple[str, int], Deduplicator] = {}
        self._sent: dict[type, int] = {}
        self._received: dict[type, int] = {}
        self._nursery: Nursery | None = None

    def __repr__(self) -> str:
        return f"<system of {self.host.name}, incarnation {self.incarnation}>"

    @property
    def running(self) -> bool:
        """Whether actors can be started."""
        return self._nursery is not None

    # -- lives --------------------------------------------------------------------------

    async def run(self, begin: Callable[[System], None]) -> None:
        """Listen, let ``begin`` start the first actors, and go on until cancelled.

        Raises:
            BaseExceptionGroup: an actor gave up (`GaveUpError`), or met a bug.
        """
        try:
            async with open_nursery() as nursery:
                self._nursery = nursery
                self.start(lambda: SystemActor(self), SYSTEM)
                begin(self)
                await self.transport.start(self.deliver, nursery)
                nursery.start_soon(self.streams.keep, name="streams")
                await sleep_forever()
        finally:
            self._nursery = None
            self.silence()
            self.streams.close("this host's actors were stopped")

    def silence(self) -> None:
        """Let nothing be sent any more: this life of the host is over."""
        self._send = _discard

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
            ActorError: the system does not run.
        """
        if name in self.cells:
            raise NameTakenError(f"{self.host.name}/{name} lives already: choose another name")
        nursery = nursery or self._nursery
        if nursery is None:
            raise ActorError(f"{self!r} does not run: it can start no actors")
        address = Address(self.host.name, name)
        cell = self.cells[name] = Cell(self, address, factory, policy or RestartPolicy())
        nursery.start_soon(cell.supervise, name=f"actor {name}")
        return address

    def forget(self, cell: Cell) -> None:
        """Take note that an actor will have no further life."""
        if self.cells.get(cell.address.name) is cell:
            del self.cells[cell.address.name]

    def note(self, cell: Cell, what: str, reason: str = "") -> None:
        """Record an event in an actor's life."""
        if self._recorder is not None:
            name = cell.address.name
            self._recorder.record(self.host, name, what, life=cell.lives, reason=reason)

    # -- sending ------------------------------------------------------------------------

    def ref(self, target: Address | str, *, source: Address | None = None) -> Ref:
        """Return a handle on an actor; ``host/name`` or an address."""
        address = parse_address(target) if isinstance(target, str) else target
        return Ref(self, source or Address(self.host.name, SYSTEM), address)

    def send(self, source: Address, target: Address, message: object) -> None:
        """Send one way: at most once, maybe never."""
        kind = type(message)
        self._sent[kind] = self._sent.get(kind, 0) + 1
        self._send(
            _envelope((Kind.SEND, source, self.incarnation, target, 0, 0, 0, -1, encode(message)))
        )

    async def request(
        self,
        source: Address,
        target: Address,
        message: Request[AnswerT],
        *,
        timeout: float | None = None,
    ) -> AnswerT:
        """Ask, and wait for the answer.

        The deadline travels with the request: it is the earlier of ``timeout`` (seconds,
        `REQUEST_TIMEOUT` by default, ``math.inf`` for none) and that of the work that asks.
        If the asker is cancelled, the work at the other end is cancelled too.

        Raises:
            DeadlineExceededError: no answer came in time.
            RequestError: nobody could answer; the class says why.
            KactorsError: what the handler raised, if it was made to travel.
        """
        runtime = current.runtime
        seconds = REQUEST_TIMEOUT if timeout is None else timeout
        deadline = runtime.current_effective_deadline()
        allowed = seconds if deadline == math.inf else min(seconds, deadline - self._now())
        deadline_ns = -1 if allowed == math.inf else max(0, int(allowed * NANOSECONDS))
        kind = type(message)
        self._sent[kind] = self._sent.get(kind, 0) + 1
        payload = encode(message)
        self._numbers = number = self._numbers + 1
        waiting = self._pending[number] = runtime.waiter()
        head = (source, self.incarnation, target, 0, number, 0)
        self._send(_envelope((Kind.REQUEST, *head, deadline_ns, payload)))
        try:
            # A deadline of the work around is left to cancel it: that is whose it is.
            answer = await (
                waiting.wait_for(seconds, None)
                if allowed == seconds != math.inf
                else waiting.wait()
            )
        except runtime.cancelled_class():
            self._send(_envelope((Kind.CANCEL, *head, -1, b"")))
            raise
        finally:
            del self._pending[number]
        if answer is None:
            raise DeadlineExceededError(
                f"{target} has not answered {tag_of(kind)} within {seconds} s; "
                "whether it was carried out is unknown"
            )
        result = decode(answer.payload)
        if answer.kind == Kind.FAILURE:
            raise cast("Exception", result)
        return cast("AnswerT", result)

    def open_stream(
        self, source: Address, target: Address, message: StreamRequest[EventT]
    ) -> Inbox[EventT]:
        """Make the reading end of a stream; it is asked for when entered."""
        kind = type(message)
        self._sent[kind] = self._sent.get(kind, 0) + 1
        self._numbers += 1
        return self.streams.inbox(self._numbers, source, target, message)

    def reply(self, envelope: Envelope, answer: object) -> None:
        """Answer a request."""
        self._answer(Kind.REPLY, envelope, answer)

    def fail(self, envelope: Envelope, error: Exception) -> None:
        """Answer a request, or the asking for a stream, with an error that travels."""
        if envelope.kind == Kind.REQUEST:
            self._answer(Kind.FAILURE, envelope, error)
        else:
            self._emit(
                Kind.STREAM_BREAK,
                envelope.target,
                envelope.source,
                envelope.source_incarnation,
                envelope.id,
                0,
                encode(error),
            )

    def _answer(self, kind: Kind, envelope: Envelope, answer: object) -> None:
        _, source, source_incarnation, target, _, number, _, _, _ = envelope
        self._send(
            _envelope(
                (
                    kind,
                    target,
                    self.incarnation,
                    source,
                    source_incarnation,
                    number,
                    0,
                    -1,
                    encode(answer),
                )
            )
        )

    def _emit(
        self,
        kind: Kind,
        source: Address,
        target: Address,
        incarnation: int,
        stream: int,
        number: int,
        payload: bytes,
    ) -> None:
        head = (kind, source, self.incarnation, target, incarnation, stream, number)
        self._send(_envelope((*head, -1, payload)))

    def _route(self, envelope: Envelope) -> None:
        """Send where the transport does not carry messages of a host to itself."""
        if envelope.target.host == self.host.name:
            self.deliver(envelope)
        else:
            self.transport.send(envelope)

    def _now(self) -> float:
        return self.host.clock.monotonic_ns() / NANOSECONDS

    # -- receiving ----------------------------------------------------------------------

    def deliver(self, envelope: Envelope) -> None:
        """Take what the transport brings; never waits, never raises."""
        kind = envelope[0]
        if envelope[4] not in {0, self.incarnation}:
            self._dead(envelope, "for an earlier life")
            self.streams.refuse(envelope)
        elif kind == Kind.REPLY or kind == Kind.FAILURE:  # noqa: PLR1714 - met by every request
            waiting = self._pending.get(envelope[5])
            if waiting is None:
                self.dead_letters["answer too late"] += 1
            else:
                waiting.wake(envelope)
        elif kind == Kind.REQUEST:
            if not self._is_copy(envelope):
                self._dispatch(envelope, HandlerKind.SERVES)
        elif kind == Kind.SEND:
            self._dispatch(envelope, HandlerKind.HANDLES)
        elif kind == Kind.CANCEL:
            key = StreamKey(envelope.source.host, envelope.source_incarnation, envelope.id)
            if key in self.serving:
                self.serving[key].cancel("the asker is gone")
        else:
            self.streams.deliver(envelope)

    def _open_stream(self, envelope: Envelope) -> None:
        if self._is_copy(envelope):
            self.streams.refuse(envelope)
        else:
            self._dispatch(envelope, HandlerKind.STREAMS)

    def _is_copy(self, envelope: Envelope) -> bool:
        key = (envelope[1][0], envelope[2])
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = Deduplicator()
        return seen.is_copy(envelope[5])

    def _dispatch(self, envelope: Envelope, kind: HandlerKind) -> None:
        """Decode a message and hand it to the cell of its actor."""
        address = envelope[3]
        cell = self.cells.get(address[1])
        if cell is None:
            self._refuse(envelope, "no such actor", NoSuchActorError(str(address)))
            return
        if cell.state is not CellState.RUNNING:
            problem = cell.postpone(envelope)
            if problem:
                self.refuse(envelope, problem, address)
            return
        try:
            message = decode(envelope[8])
        except WireError as error:
            self._refuse(envelope, "unreadable", UnreadableError(str(address), str(error)))
            return
        message_type = type(message)
        self._received[message_type] = self._received.get(message_type, 0) + 1
        bound = cell.bound.get(message_type)
        if bound is None or bound.kind is not kind:
            tag = tag_of(message_type)
            self._refuse(envelope, "unhandled", UnhandledError(str(address), tag))
        elif kind is HandlerKind.HANDLES:
            dropped = cell.put(bound, message, envelope[1])
            if dropped:
                self._dead(envelope, dropped)
        else:
            cell.accept(bound, message, envelope)

    def deliver_again(self, envelope: Envelope) -> None:
        """Hand over what has waited for its actor to start."""
        self._dispatch(envelope, _HANDLER_KINDS[Kind(envelope.kind)])

    def refuse(self, envelope: Envelope, reason: str, address: Address) -> None:
        """Turn away what arrives for an actor that is not running."""
        self._refuse(envelope, reason, ActorStoppedError(str(address)))

    def _refuse(self, envelope: Envelope, reason: str, error: Exception) -> None:
        if envelope.kind == Kind.SEND:
            self._dead(envelope, reason)
        else:
            self.dead_letters[reason] += 1
            self.fail(envelope, error)

    def _dead(self, envelope: Envelope, reason: str) -> None:
        self.dead_letters[reason] += 1
        tag = Kind(envelope.kind).name.lower()
        if envelope.payload:
            try:
                tag = tag_of(type(decode(envelope.payload)))
            except WireError:
                tag = "unreadable"
        self.latest_dead_letters.append((reason, envelope.target, tag))

    # -- what it looks like -------------------------------------------------------------

    @property
    def pending(self) -> int:
        """How many requests of this host have no answer yet."""
        return len(self._pending)

    def counts(self) -> tuple[dict[str, int], dict[str, int]]:
        """Return how many messages were sent and received, by tag."""
        sent = {tag_of(kind): count for kind, count in self._sent.items()}
        received = {tag_of(kind): count for kind, count in self._received.items()}
        return sent, received


def _discard(envelope: Envelope) -> None:
    """Send nothing: the host is down."""
    del envelope
