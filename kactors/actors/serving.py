"""How a message that has arrived is given to its handler: one class for each kind of handler.

A plain handler is called where the message arrives, as if the actor's own task called it: it
cannot wait, so nothing would be gained by a task. If it raises, the life fails all the same.
What may wait gets a task in the nursery of the actor's life, unless it leaves its asker with
somebody who will answer.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final

from kactors.actors.asker import Asker
from kactors.actors.errors import StreamBrokenError
from kactors.actors.failing import encode_failure, encode_stopped
from kactors.actors.handlers import Handler, HandlerKind
from kactors.actors.outbox import Outbox, StreamKey
from kactors.actors.peers import Peer
from kactors.runtime import CancelScope
from kactors.runtime.clock import NANOSECONDS
from kactors.transport.envelope import Address, Envelope

if TYPE_CHECKING:
    from kactors.actors.life import Life


class Bound(ABC):
    """A handler bound to one life's instance, for one type of message.

    Attributes:
        kind: what it answers with.
        received: how many messages it was given.
    """

    __slots__ = ("_call", "_life", "_name", "_sender", "_wants_sender", "kind", "received")

    def __init__(self, life: Life, handler: Handler) -> None:
        self.kind = handler.kind.answers_with
        self.received = 0
        self._life = life
        self._sender = life.system.sender
        self._name = handler.method
        self._call: Callable[..., Any] = getattr(life.actor, handler.method)
        self._wants_sender = handler.wants_sender

    @abstractmethod
    def take(self, message: object, envelope: Envelope, peer: Peer | None, /) -> None:
        """Take a message that has arrived; never waits, never raises.

        Args:
            message: what was in the envelope.
            envelope: how it came.
            peer: the asker's host, unless the message is one way.
        """


class PlainMessages(Bound):
    """A plain handler of one-way messages."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, _peer: Peer | None, /) -> None:
        """Call the handler at once if it is this message's turn, else queue the message."""
        life = self._life
        if not life.mailbox.idle:
            life.queue(self, message, envelope)
            return
        try:
            life.call(self.handle, message, envelope[1])
        except Exception as error:  # noqa: BLE001 - the supervisor gets it, whatever it is
            life.fail(error)

    def handle(self, message: object, sender: Address) -> None:
        """Call the handler."""
        if self._wants_sender:
            self._call(message, sender)
        else:
            self._call(message)


class AsyncMessages(Bound):
    """A handler of one-way messages that may wait; the others wait for it."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, _peer: Peer | None, /) -> None:
        """Queue the message."""
        self._life.queue(self, message, envelope)

    async def handle(self, message: object, sender: Address) -> None:
        """Call the handler."""
        await (self._call(message, sender) if self._wants_sender else self._call(message))


class PlainRequests(Bound):
    """A plain handler of requests."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, _peer: Peer | None, /) -> None:
        """Call the handler and send its answer, or what it raises, to the asker."""
        life = self._life
        call = life.call
        try:
            if self._wants_sender:
                answer = call(self._call, message, envelope[1])
            else:
                answer = call(self._call, message)
            self._sender.reply(envelope, answer)
        except Exception as error:  # noqa: BLE001 - the supervisor gets it, unless it travels
            payload, declared = encode_failure(life.address, error)
            self._sender.fail(envelope, payload)
            if not declared:
                life.fail(error)


class LaterRequests(Bound):
    """A plain handler of requests that are answered later, by whoever has the asker then."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, _peer: Peer | None, /) -> None:
        """Call the handler, unless too many requests are being served."""
        life = self._life
        if not life.begin_serving(envelope):
            return
        asker: Asker[Any] = Asker(life, envelope)
        try:
            life.call(self._call, message, asker)
        except Exception as error:  # noqa: BLE001 - the supervisor gets it, unless it travels
            asker.refuse(error)


class AsyncRequests(Bound):
    """A handler of requests that may wait: a task for each."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, peer: Peer | None, /) -> None:
        """Serve the request as long as the asker waits, unless too many are being served."""
        assert peer is not None, "a request has an asker"
        life = self._life
        if not life.begin_serving(envelope):
            return
        left_ns = envelope[7]
        deadline = math.inf if left_ns < 0 else life.system.now() + left_ns / NANOSECONDS
        scope = life.runtime.cancel_scope(deadline=deadline, shield=False)
        peer.serving[envelope[5]] = scope
        life.nursery.start_soon(self._serve, message, envelope, peer, scope, name=self._name)

    async def _serve(
        self, message: object, envelope: Envelope, peer: Peer, scope: CancelScope
    ) -> None:
        life = self._life
        answered = False
        try:
            with scope:
                if self._wants_sender:
                    answer = await self._call(message, envelope[1])
                else:
                    answer = await self._call(message)
            if not scope.cancelled_caught:
                self._sender.reply(envelope, answer)
            answered = True
        except Exception as error:
            answered = True
            payload, declared = encode_failure(life.address, error)
            self._sender.fail(envelope, payload)
            if not declared:
                raise
        finally:
            life.serving -= 1
            peer.serving.pop(envelope[5], None)
            if not answered:
                self._sender.fail(envelope, encode_stopped(life.address))


class Streams(Bound):
    """A handler of streams: a task for each."""

    __slots__ = ()

    def take(self, message: object, envelope: Envelope, peer: Peer | None, /) -> None:
        """Open the stream, unless too many are being served."""
        life = self._life
        if not life.begin_serving(envelope):
            assert peer is not None, "a stream has a reader"
            peer.seen.forget(envelope.id)  # if the refusal is lost, it is asked for again
            return
        outbox = life.system.streams.outbox(
            StreamKey(envelope.source.host, envelope.source_incarnation, envelope.id),
            envelope.target,
            envelope.source,
            life.runtime.cancel_scope(deadline=math.inf, shield=False),
            window=envelope.number,
        )
        life.nursery.start_soon(self._serve, message, outbox, name=self._name)

    async def _serve(self, message: object, outbox: Outbox[Any]) -> None:
        life = self._life
        ended = False
        try:
            with outbox.scope:
                await self._call(message, outbox)
            outbox.end()
            ended = True
        except Exception as error:
            ended = True
            if outbox.broken and isinstance(error, StreamBrokenError):
                return  # the reader has gone, and the handler has noticed
            payload, declared = encode_failure(life.address, error)
            outbox.fail(payload)
            if not declared:
                raise
        finally:
            life.serving -= 1
            if not ended:
                outbox.fail(encode_stopped(life.address))


_CLASSES: Final[Mapping[tuple[HandlerKind, bool], type[Bound]]] = {
    (HandlerKind.HANDLES, False): PlainMessages,
    (HandlerKind.HANDLES, True): AsyncMessages,
    (HandlerKind.SERVES, False): PlainRequests,
    (HandlerKind.SERVES, True): AsyncRequests,
    (HandlerKind.SERVES_LATER, False): LaterRequests,
    (HandlerKind.STREAMS, True): Streams,
}


def bind(life: Life, handlers: Mapping[type, Handler]) -> dict[type, Bound]:
    """Bind an actor class's handlers to the instance of one life."""
    return {
        message_type: _CLASSES[handler.kind, handler.is_async](life, handler)
        for message_type, handler in handlers.items()
    }
