"""How one request, or one stream, is served: the tasks that a cell starts for them."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any

from kactors.actors.errors import (
    ActorFailedError,
    ActorStoppedError,
    StreamBrokenError,
    text_of,
    travels,
)
from kactors.actors.outbox import StreamKey
from kactors.runtime import cancel_scope, current_time
from kactors.transport.envelope import Envelope
from kactors.wire import encode

if TYPE_CHECKING:
    from kactors.actors.cell import Bound, Cell

NANOSECONDS = 1_000_000_000


async def serve(cell: Cell, bound: Bound, message: object, envelope: Envelope) -> None:
    """Call a handler and send its answer, or what it raises, to the asker.

    An error that was made to travel (`kactors.wire.remote_error`) is an answer. Any other is
    a failure of the actor as well.
    """
    system = cell.system
    cell.serving += 1
    answered = False
    try:
        result = bound.call(message, envelope.source) if bound.wants_sender else bound.call(message)
        if bound.is_async:
            result, answered = await _in_time(cell, result, envelope)
        if not answered:
            system.reply(envelope, result)
        answered = True
    except Exception as error:
        answered = True
        if travels(error):
            system.fail(envelope, error)
        else:
            system.fail(envelope, ActorFailedError(str(cell.address), text_of(error)))
            raise
    finally:
        cell.serving -= 1
        if not answered:
            system.fail(envelope, ActorStoppedError(str(cell.address)))


async def _in_time(cell: Cell, work: Awaitable[Any], envelope: Envelope) -> tuple[Any, bool]:
    """Await ``work`` as long as the asker waits; return its result and whether he has gone."""
    serving = cell.system.serving
    key = StreamKey(envelope.source.host, envelope.source_incarnation, envelope.id)
    scope = cancel_scope()
    if envelope.deadline_ns >= 0:
        scope.deadline = current_time() + envelope.deadline_ns / NANOSECONDS
    serving[key] = scope
    result = None
    try:
        with scope:
            result = await work
    finally:
        del serving[key]
    return result, scope.cancelled_caught


async def serve_stream(cell: Cell, bound: Bound, message: object, envelope: Envelope) -> None:
    """Let a handler put events into an outbox, and end or fail the stream after it."""
    key = StreamKey(envelope.source.host, envelope.source_incarnation, envelope.id)
    outbox = cell.system.streams.outbox(
        key, envelope.target, envelope.source, credit=max(1, envelope.number)
    )
    outbox.scope = cancel_scope()
    cell.serving += 1
    done = False
    try:
        with outbox.scope:
            await bound.call(message, outbox)
        outbox.end()
        done = True
    except Exception as error:
        done = True
        if outbox.broken and isinstance(error, StreamBrokenError):
            pass  # the reader has gone, and the handler noticed
        elif travels(error):
            outbox.fail(encode(error))
        else:
            outbox.fail(encode(ActorFailedError(str(cell.address), text_of(error))))
            raise
    finally:
        cell.serving -= 1
        if not done:
            outbox.fail(encode(ActorStoppedError(str(cell.address))))
