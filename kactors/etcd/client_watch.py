"""A watch that goes on where it was, whatever becomes of the member that serves it."""

from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self

from kactors.actors.errors import RequestError
from kactors.actors.inbox import Inbox
from kactors.etcd.client_session import Session
from kactors.etcd.errors import Compacted, NoLeader, Stopped, TooManyRequests, WatchCanceled
from kactors.etcd.messages.watch import Event, Watch, WatchResponse
from kactors.runtime import EndOfChannel, current_time, sleep
from kactors.wire import evolve

_PAUSE_SECONDS = 0.1


class ClientWatch:
    """The responses of one watch, by revision, each once; ``async with`` and ``async for``.

    Fragments are put together before they are handed out, so that a response is complete up to the
    revision that it names, and a watch that breaks goes on after the last complete one.

    Args:
        session: the way to the members.
        request: what to watch.

    Attributes:
        next_revision: everything before it has been handed out; 0 until the watch has begun.
        resumed: how often it went on with another stream.
        asked_at: when the present member was asked for the stream, by the host's monotonic clock in
            seconds; before that, when the watch was made.
    """

    def __init__(self, session: Session, request: Watch) -> None:
        self._session = session
        self._request = request
        self.next_revision = request.start_revision
        self.resumed = 0
        self.asked_at = current_time()
        self._stack = AsyncExitStack()
        self._stream: Inbox[WatchResponse] | None = None
        self._fragments: list[Event] = []

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stream = None
        await self._stack.aclose()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> WatchResponse:
        """Return the next response that has events, or progress.

        Raises:
            Compacted: what comes next was compacted: read anew, and watch from there.
            WatchCanceled: the member ended the watch for another reason.
            EtcdError: the watch cannot be.
        """
        while True:
            response = await self._receive()
            if response is None:
                continue
            if response.canceled:
                if response.compact_revision:
                    raise Compacted(response.compact_revision)
                raise WatchCanceled
            if response.created:
                self._begin(response)
                continue
            if response.fragment:
                self._fragments += response.events
                continue
            self.next_revision = max(self.next_revision, response.header.revision + 1)
            if not self._fragments:
                return response
            events, self._fragments = (*self._fragments, *response.events), []
            return evolve(response, events=events)

    @property
    def heard_at(self) -> float:
        """When anything was heard of the present member last; `asked_at` before that."""
        return self.asked_at if self._stream is None else self._stream.heard_at

    def ask_for_word(self) -> None:
        """Let the present member say that it is there; `heard_at` tells whether it has."""
        if self._stream is not None:
            self._stream.ask_for_word()

    def turn_away(self) -> None:
        """Let nobody ask the present member soon; to be called before the watch is left."""
        if self._stream is not None:
            self._session.turn_away(self._stream.target, silent=True)

    def _begin(self, response: WatchResponse) -> None:
        if not self.next_revision:
            self.next_revision = response.header.revision + 1

    async def _receive(self) -> WatchResponse | None:
        """Return what comes next; None if the stream broke and another is to be asked for."""
        stream = self._stream
        if stream is None:
            stream = self._stream = await self._open()
        try:
            return await stream.receive()
        except (RequestError, EndOfChannel, NoLeader, Stopped, TooManyRequests):
            self._session.turn_away(stream.target, silent=True)
            self._stream = None
            self._fragments = []
            self.resumed += 1
            await self._stack.aclose()
            await sleep(_PAUSE_SECONDS)
            return None

    async def _open(self) -> Inbox[WatchResponse]:
        request = evolve(self._request, start_revision=self.next_revision)
        self.asked_at = current_time()
        self._stack = AsyncExitStack()
        return await self._stack.enter_async_context(
            self._session.open_stream(self._session.endpoint(), request)
        )
