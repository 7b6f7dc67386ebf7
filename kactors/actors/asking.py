"""What the actors of a host say to others, and who waits for which answer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Set
from math import inf
from typing import TYPE_CHECKING, Final, TypeVar, cast

from kactors.actors.errors import DeadlineExceededError, LifeOverError, UnreadableAnswerError
from kactors.runtime import Waiter
from kactors.runtime.clock import NANOSECONDS
from kactors.runtime.face import current
from kactors.transport.envelope import Address, Envelope, Kind
from kactors.wire import WireError, decode, encode, tag_of

if TYPE_CHECKING:
    from kactors.actors.inbox import Inbox
    from kactors.actors.request import Request, StreamRequest
    from kactors.actors.sender import Sender
    from kactors.actors.stream_table import StreamTable

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")

REQUEST_TIMEOUT: Final = 10.0
"""Seconds that a request waits for its answer unless it says otherwise."""

_FAILURE: Final = Kind.FAILURE  # looked up once: it costs more than comparing

Pending = tuple[Waiter[Envelope | None], Address]
"""What an asker waits with, and whose answer it waits for."""


class Asking:
    """The three ways of talking: one way, a request, a stream.

    Args:
        sender: the way out.
        streams: where the reading ends of streams live.
        now: reads the host's monotonic clock, in seconds.

    Attributes:
        pending: the requests that have no answer yet, by number.
        sent: how many messages were sent, by type.
    """

    def __init__(self, sender: Sender, streams: StreamTable, now: Callable[[], float]) -> None:
        self.pending: dict[int, Pending] = {}
        self.sent: defaultdict[type, int] = defaultdict(int)
        self._sender = sender
        self._streams = streams
        self._now = now
        self._numbers = 0

    def send(self, source: Address, target: Address, message: object) -> None:
        """Send one way: at most once, maybe never."""
        payload = encode(message)
        self.sent[type(message)] += 1
        self._sender.send(source, target, payload)

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
            LifeOverError: none will come, because the life of the host that was asked is over.
            RequestError: nobody could answer; the class says why.
            KactorsError: what the handler raised, if it was made to travel.
            ValueError: the timeout is negative or not a number.
        """
        runtime = current.runtime
        seconds = REQUEST_TIMEOUT if timeout is None else timeout
        if not seconds >= 0:
            raise ValueError(f"a timeout is a number of seconds from 0 on, not {seconds!r}")
        deadline = runtime.current_effective_deadline()
        if deadline == inf:
            allowed = seconds
        else:
            if deadline == -inf:
                await runtime.checkpoint()  # which raises: this work is cancelled already
            allowed = min(seconds, max(0.0, deadline - self._now()))
        deadline_ns = -1 if allowed == inf else int(allowed * NANOSECONDS)
        kind = type(message)
        payload = encode(message)
        self.sent[kind] += 1
        self._numbers = number = self._numbers + 1
        waiting = runtime.waiter()
        self.pending[number] = (waiting, target)
        self._sender.ask(source, target, number, deadline_ns, payload)
        try:
            # A deadline of the work around is left to cancel it: that is whose it is.
            answer = await (
                waiting.wait_for(seconds, None) if allowed == seconds != inf else waiting.wait()
            )
        except runtime.cancelled_class():
            self._sender.cancel(source, target, number)
            raise
        finally:
            del self.pending[number]
        if answer is None:
            raise DeadlineExceededError(str(target), tag_of(kind), seconds)
        return cast("AnswerT", _result(answer))

    def open_stream(
        self, source: Address, target: Address, message: StreamRequest[EventT]
    ) -> Inbox[EventT]:
        """Make the reading end of a stream; it is asked for when entered."""
        self.sent[type(message)] += 1
        self._numbers += 1
        return self._streams.inbox(self._numbers, source, target, message)

    def on_life_over(self, host: str, waiting: Set[int]) -> None:
        """Fail the requests to a host whose life is over, but for those that still wait to leave.

        The others would otherwise wait until their deadlines.
        """
        for number, (waiter, target) in tuple(self.pending.items()):
            if target.host == host and number not in waiting:
                error = encode(LifeOverError(str(target)))
                waiter.wake(Envelope(_FAILURE, target, 0, target, 0, number, 0, -1, error))


def _result(answer: Envelope) -> object:
    """Decode an answer.

    Raises:
        KactorsError: the error that was sent instead.
        UnreadableAnswerError: it cannot be decoded.
    """
    try:
        result = decode(answer[8])
    except WireError as error:
        raise UnreadableAnswerError(f"{answer.source} has answered, but: {error}") from error
    if answer[0] == _FAILURE:
        if not isinstance(result, Exception):
            kind = type(result).__qualname__
            raise UnreadableAnswerError(
                f"{answer.source} has failed with a {kind}, which is no error"
            )
        raise result
    return result
