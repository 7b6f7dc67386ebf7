"""The way in of one life of a host: finds whom an envelope is for, and turns away the rest."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from kactors.actors.cell import Cell
from kactors.actors.errors import (
    NoSuchActorError,
    NotRunningError,
    RequestError,
    UnhandledError,
    UnreadableError,
)
from kactors.actors.handlers import HandlerKind
from kactors.actors.peers import Peer, Peers
from kactors.transport.envelope import Envelope, Kind
from kactors.wire import WireError, decode, encode, tag_of

if TYPE_CHECKING:
    from kactors.actors.system import System

_HANDLER_KINDS: Final = {
    Kind.SEND: HandlerKind.HANDLES,
    Kind.REQUEST: HandlerKind.SERVES,
    Kind.STREAM_OPEN: HandlerKind.STREAMS,
}
_STREAM_KINDS: Final = tuple(
    kind for kind in Kind if kind.name.startswith("STREAM") and kind is not Kind.STREAM_OPEN
)


class Receiver:
    """Takes what the transport brings, for the actors of one system.

    Attributes:
        peers: what others have asked of this host.
    """

    def __init__(self, system: System) -> None:
        self.peers = Peers(system.streams.on_new_life)
        self._system = system
        self._incarnation = system.incarnation
        self._cells = system.cells
        self._pending = system.asking.pending
        self._find_peer = self.peers.find
        self._dead_letters = system.dead_letters
        self._ways: Mapping[int, Callable[[Envelope], None]] = {
            Kind.SEND: self._on_send,
            Kind.REQUEST: self._on_request,
            Kind.REPLY: self._on_answer,
            Kind.FAILURE: self._on_answer,
            Kind.CANCEL: self._on_cancel,
            Kind.STREAM_OPEN: self._on_open,
            **dict.fromkeys(_STREAM_KINDS, self._on_stream),
        }

    def deliver(self, envelope: Envelope) -> None:
        """Take one envelope; never waits, never raises."""
        meant = envelope[4]
        if meant and meant != self._incarnation:
            self._dead_letters.add_envelope("for an earlier life", envelope)
            self._system.streams.refuse_for_earlier_life(envelope)
            return
        way = self._ways.get(envelope[0])
        if way is None:
            self._dead_letters.add_envelope("of an unknown kind", envelope)
        else:
            way(envelope)

    # -- by kind ------------------------------------------------------------------------

    def _on_send(self, envelope: Envelope) -> None:
        self._dispatch(envelope, HandlerKind.HANDLES, None)

    def _on_request(self, envelope: Envelope) -> None:
        peer = self._find_peer(envelope[1][0], envelope[2])
        if peer is None:
            self._dead_letters.add_envelope("from an earlier life", envelope)
        elif peer.seen.is_copy(envelope[5]):
            self._dead_letters.add_envelope("copy of a request", envelope)
        elif envelope[7] == 0:
            self._dead_letters.add_envelope("too late", envelope)
        else:
            self._dispatch(envelope, HandlerKind.SERVES, peer)

    def _on_answer(self, envelope: Envelope) -> None:
        waiting = self._pending.get(envelope[5])
        if waiting is None or waiting[1] != envelope[1]:
            self._dead_letters.add_envelope("answer that nobody waits for", envelope)
        else:
            waiting[0].wake(envelope)

    def _on_cancel(self, envelope: Envelope) -> None:
        peer = self._find_peer(envelope.source.host, envelope.source_incarnation)
        if peer is None:
            return
        peer.seen.is_copy(envelope.id)  # should it have overtaken its request
        peer.early.pop(envelope.id, None)
        scope = peer.serving.get(envelope.id)
        if scope is not None:
            scope.cancel("the asker is gone")

    def _on_open(self, envelope: Envelope) -> None:
        peer = self._find_peer(envelope.source.host, envelope.source_incarnation)
        if peer is None:
            self._dead_letters.add_envelope("from an earlier life", envelope)
        elif envelope.id in peer.early:
            pass  # asked for once more while the actor starts
        elif not peer.seen.is_copy(envelope.id):
            self._dispatch(envelope, HandlerKind.STREAMS, peer)
        else:
            self._system.streams.deliver(envelope)

    def _on_stream(self, envelope: Envelope) -> None:
        peer = self._find_peer(envelope.source.host, envelope.source_incarnation)
        if peer is None:
            self._dead_letters.add_envelope("from an earlier life", envelope)
            return
        if envelope.kind == Kind.STREAM_LEAVE:
            peer.seen.is_copy(envelope.id)  # should it have overtaken the asking
            peer.early.pop(envelope.id, None)
        self._system.streams.deliver(envelope)

    # -- to the actor -------------------------------------------------------------------

    def _dispatch(self, envelope: Envelope, kind: HandlerKind, peer: Peer | None) -> None:
        """Decode a message and give it to the handler of its actor."""
        address = envelope[3]
        cell = self._cells.get(address[1])
        if cell is None:
            self._refuse(envelope, "no such actor", NoSuchActorError(str(address)))
            return
        if cell.handlers is None:
            self._postpone(envelope, cell, peer)
            return
        try:
            message = decode(envelope[8])
        except WireError as error:
            self._refuse(envelope, "unreadable", UnreadableError(str(address), str(error)))
            return
        bound = cell.handlers.get(type(message))
        if bound is None or bound.kind is not kind:
            tag = tag_of(type(message))
            self._refuse(envelope, "unhandled", UnhandledError(str(address), tag))
            return
        bound.received += 1
        bound.take(message, envelope, peer)

    def _postpone(self, envelope: Envelope, cell: Cell, peer: Peer | None) -> None:
        problem = cell.postpone(envelope)
        if problem:
            self._refuse(envelope, problem, NotRunningError(str(cell.address), problem))
        elif peer is not None:
            peer.early[envelope.id] = None

    def deliver_early(self, envelope: Envelope, since_ns: int) -> None:
        """Hand over what has waited since then for its actor to start."""
        peer = None
        if envelope.kind != Kind.SEND:
            peer = self._still_wanted(envelope)
            if peer is None:
                return
            if envelope.deadline_ns >= 0:
                waited_ns = self._system.host.clock.monotonic_ns() - since_ns
                if waited_ns >= envelope.deadline_ns:
                    self._dead_letters.add_envelope("too late", envelope)
                    return
                envelope = envelope._replace(deadline_ns=envelope.deadline_ns - waited_ns)
        self._dispatch(envelope, _HANDLER_KINDS[Kind(envelope.kind)], peer)

    def refuse_early(self, envelope: Envelope, cell: Cell) -> None:
        """Turn away what has waited for an actor that does not start."""
        if envelope.kind == Kind.SEND or self._still_wanted(envelope) is not None:
            problem = cell.state.value
            self._refuse(envelope, problem, NotRunningError(str(cell.address), problem))

    def _still_wanted(self, envelope: Envelope) -> Peer | None:
        """Return the asker's host; None if he has cancelled, or is gone, since he asked."""
        peer = self._find_peer(envelope.source.host, envelope.source_incarnation)
        if peer is None or envelope.id not in peer.early:
            self._dead_letters.add_envelope("cancelled before it was served", envelope)
            return None
        del peer.early[envelope.id]
        return peer

    def _refuse(self, envelope: Envelope, reason: str, error: RequestError) -> None:
        self._dead_letters.add_envelope(reason, envelope)
        if envelope.kind == Kind.SEND:
            return
        if envelope.kind == Kind.STREAM_OPEN:
            # If the refusal is lost, the stream is asked for again, and refused again.
            peer = self._find_peer(envelope.source.host, envelope.source_incarnation)
            if peer is not None:
                peer.seen.forget(envelope.id)
        self._system.sender.fail(envelope, encode(error))
