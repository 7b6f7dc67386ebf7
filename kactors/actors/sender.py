"""The way out of one life of a host: every envelope that its actors send leaves here."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from kactors.actors.dead_letters import DeadLetters
from kactors.runtime import Host, Waiter, checkpoint, waiter
from kactors.transport.base import Deliver, Transport
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import encode

LOCAL_MAX: Final = 10_000
"""How many envelopes of a host to itself may wait where no transport carries them."""

# Looked up once: a member of an enumeration costs more than all else in a line.
_SEND, _REQUEST, _REPLY, _FAILURE = Kind.SEND, Kind.REQUEST, Kind.REPLY, Kind.FAILURE
_STREAM_BREAK = Kind.STREAM_BREAK
# Makes an envelope of a tuple of its fields, twice as fast as the class itself.
_new = tuple.__new__


class Sender:
    """Gives envelopes to the transport, or to the host itself.

    Args:
        host: whose.
        transport: carries envelopes to other hosts.
        loopback: whether it carries envelopes to this host, too.
        dead_letters: notes what finds no room.

    Attributes:
        put: sends an envelope; never waits.
        silent: whether nothing is sent any more.
    """

    def __init__(
        self, host: Host, transport: Transport, dead_letters: DeadLetters, *, loopback: bool
    ) -> None:
        self.put: Callable[[Envelope], None] = transport.send if loopback else self._route
        self.silent = False
        self._host = host.name
        self._incarnation = host.incarnation
        self._transport = transport
        self._dead_letters = dead_letters
        self._local: list[Envelope] = []
        self._idle: Waiter[None] | None = None

    def silence(self) -> None:
        """Let nothing be sent any more: this life of the host is over."""
        self.silent = True
        self.put = _discard

    def send(self, source: Address, target: Address, payload: bytes) -> None:
        """Send one way."""
        self.put(_new(Envelope, (_SEND, source, self._incarnation, target, 0, 0, 0, -1, payload)))

    def ask(
        self, source: Address, target: Address, number: int, deadline_ns: int, payload: bytes
    ) -> None:
        """Send a request."""
        mine = self._incarnation
        self.put(
            _new(Envelope, (_REQUEST, source, mine, target, 0, number, 0, deadline_ns, payload))
        )

    def cancel(self, source: Address, target: Address, number: int) -> None:
        """Say that nobody waits for the answer to a request any more."""
        mine = self._incarnation
        self.put(_new(Envelope, (Kind.CANCEL, source, mine, target, 0, number, 0, -1, b"")))

    def reply(self, request: Envelope, answer: object) -> None:
        """Answer a request.

        Raises:
            WireError: the answer cannot be encoded.
        """
        self._answer(_REPLY, request, encode(answer))

    def reply_encoded(self, request: Envelope, payload: bytes) -> None:
        """Answer a request with what is encoded already."""
        self._answer(_REPLY, request, payload)

    def fail(self, request: Envelope, payload: bytes) -> None:
        """Answer a request, or the asking for a stream, with an encoded error."""
        self._answer(_FAILURE if request[0] == _REQUEST else _STREAM_BREAK, request, payload)

    def _answer(self, kind: Kind, request: Envelope, payload: bytes) -> None:
        _, asker, asker_life, target, _, number, _, _, _ = request
        mine = self._incarnation
        self.put(_new(Envelope, (kind, target, mine, asker, asker_life, number, 0, -1, payload)))

    def emit(
        self,
        kind: Kind,
        source: Address,
        target: Address,
        incarnation: int,
        stream: int,
        number: int,
        payload: bytes,
    ) -> None:
        """Send what belongs to a stream."""
        mine = self._incarnation
        self.put(
            _new(Envelope, (kind, source, mine, target, incarnation, stream, number, -1, payload))
        )

    def _route(self, envelope: Envelope) -> None:
        """Send where the transport does not carry messages of a host to itself.

        Such a message waits for its turn like any other: nothing is handled on its sender's
        stack.
        """
        if envelope.target.host != self._host:
            self._transport.send(envelope)
        elif len(self._local) >= LOCAL_MAX:
            self._dead_letters.add_envelope("too many to this host itself", envelope)
        else:
            self._local.append(envelope)
            if self._idle is not None:
                self._idle.wake(None)
                self._idle = None

    async def carry_local(self, deliver: Deliver) -> None:
        """Deliver for ever what this host sends to itself."""
        while True:
            if not self._local:
                idle = self._idle = waiter()
                await idle.wait()
            arrived, self._local = self._local, []
            for envelope in arrived:
                deliver(envelope)
            await checkpoint()


def _discard(envelope: Envelope) -> None:
    """Send nothing: the host is down."""
    del envelope
