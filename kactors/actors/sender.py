"""The way out of one life of a host: every envelope that its actors send leaves here."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

from kactors.actors.dead_letters import DeadLetters
from kactors.runtime import Host, Waiter, checkpoint, waiter
from kactors.transport.base import Deliver, Transport
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import encode

LOCAL_MAX: Final = 10_000
"""How many envelopes of a host to itself may wait where no transport carries them."""

make_envelope: Callable[[tuple[Any, ...]], Envelope] = partial(tuple.__new__, Envelope)
"""Makes an envelope of its fields in their order; twice as fast as the class itself."""


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

    def reply(self, request: Envelope, answer: object) -> None:
        """Answer a request.

        Raises:
            WireError: the answer cannot be encoded.
        """
        payload = encode(answer)
        _, asker, asker_incarnation, target, _, number, _, _, _ = request
        head = (Kind.REPLY, target, self._incarnation, asker, asker_incarnation, number, 0, -1)
        self.put(make_envelope((*head, payload)))

    def fail(self, request: Envelope, payload: bytes) -> None:
        """Answer a request, or the asking for a stream, with an encoded error."""
        kind = Kind.FAILURE if request.kind == Kind.REQUEST else Kind.STREAM_BREAK
        _, asker, asker_incarnation, target, _, number, _, _, _ = request
        head = (kind, target, self._incarnation, asker, asker_incarnation, number, 0, -1)
        self.put(make_envelope((*head, payload)))

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
        head = (kind, source, self._incarnation, target, incarnation, stream, number, -1)
        self.put(make_envelope((*head, payload)))

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
