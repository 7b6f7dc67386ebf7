"""Bounded channels between the tasks of one host. Semantics: ``trio.open_memory_channel``.

Senders and receivers are served in the order in which they came. Written once, over
`Waiter`, for both worlds.
"""

import math
from abc import ABC, abstractmethod
from collections import OrderedDict, deque
from types import TracebackType
from typing import Generic, Self, TypeVar

import attrs

from kactors.runtime.errors import (
    BrokenResourceError,
    ClosedResourceError,
    EndOfChannel,
    WouldBlock,
)
from kactors.runtime.face import Waiter
from kactors.runtime.functions import (
    cancel_shielded_checkpoint,
    checkpoint,
    checkpoint_if_cancelled,
    waiter,
)

T = TypeVar("T")

Answer = tuple[T] | Exception
"""What a waiting task is woken with: what it waited for, or what to raise."""


@attrs.frozen
class ChannelStatistics:
    """The state of a channel at one moment.

    Attributes:
        current_buffer_used: how many items are in the buffer.
        max_buffer_size: how many may be; ``math.inf`` for any number.
        open_send_channels: how many sending ends are open, clones included.
        open_receive_channels: how many receiving ends are open, clones included.
        tasks_waiting_send: how many tasks wait in `SendChannel.send`.
        tasks_waiting_receive: how many tasks wait in `ReceiveChannel.receive`.
        peak_buffer_used: the most items that were in the buffer at once.
    """

    current_buffer_used: int
    max_buffer_size: float
    open_send_channels: int
    open_receive_channels: int
    tasks_waiting_send: int
    tasks_waiting_receive: int
    peak_buffer_used: int


class _Channel(Generic[T]):
    """What both ends share."""

    __slots__ = ("capacity", "items", "peak", "receive_ends", "receivers", "send_ends", "senders")

    def __init__(self, capacity: float) -> None:
        self.capacity = capacity
        self.items: deque[T] = deque()
        self.peak = 0
        self.send_ends = 0
        self.receive_ends = 0
        # Who waits, longest first, at which end; there are never both kinds.
        self.senders: OrderedDict[Waiter[Answer[None]], tuple[T, SendChannel[T]]] = OrderedDict()
        self.receivers: OrderedDict[Waiter[Answer[T]], ReceiveChannel[T]] = OrderedDict()

    def statistics(self) -> ChannelStatistics:
        return ChannelStatistics(
            current_buffer_used=len(self.items),
            max_buffer_size=self.capacity,
            open_send_channels=self.send_ends,
            open_receive_channels=self.receive_ends,
            tasks_waiting_send=len(self.senders),
            tasks_waiting_receive=len(self.receivers),
            peak_buffer_used=self.peak,
        )


class _End(ABC, Generic[T]):
    """One end of a channel; a context manager that closes."""

    __slots__ = ("_channel", "_closed")

    def __init__(self, channel: _Channel[T]) -> None:
        self._channel = channel
        self._closed = False

    def statistics(self) -> ChannelStatistics:
        """Return the state of the channel, the same from every end."""
        return self._channel.statistics()

    @abstractmethod
    def close(self) -> None:
        """Close this end, and no clone of it."""

    async def aclose(self) -> None:
        """Close this end; a checkpoint."""
        self.close()
        await checkpoint()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


class SendChannel(_End[T]):
    """The end of a channel that takes items; see `open_channel`."""

    __slots__ = ()

    def __init__(self, channel: _Channel[T]) -> None:
        super().__init__(channel)
        channel.send_ends += 1

    def send_nowait(self, value: T) -> None:
        """Hand ``value`` to a waiting receiver, or put it into the buffer.

        Raises:
            WouldBlock: nobody waits and the buffer is full.
            BrokenResourceError: every receiving end was closed.
            ClosedResourceError: this end was closed.
        """
        if self._closed:
            raise _closed("sending")
        channel = self._channel
        if not channel.receive_ends:
            raise _broken()
        while channel.receivers:
            receiver, _ = channel.receivers.popitem(last=False)
            if receiver.wake((value,)):
                return
        if len(channel.items) < channel.capacity:
            channel.items.append(value)
            if len(channel.items) > channel.peak:
                channel.peak = len(channel.items)
        else:
            raise WouldBlock(f"nobody receives and the buffer of {channel.capacity} is full")

    async def send(self, value: T) -> None:
        """Send ``value``, and wait while the buffer is full. If cancelled, it was not sent.

        Raises:
            BrokenResourceError: every receiving end is closed.
            ClosedResourceError: this end is closed.
        """
        await checkpoint_if_cancelled()
        try:
            self.send_nowait(value)
        except WouldBlock:
            await self._send_later(value)
        else:
            await cancel_shielded_checkpoint()

    async def _send_later(self, value: T) -> None:
        mine: Waiter[Answer[None]] = waiter()
        senders = self._channel.senders
        senders[mine] = (value, self)
        try:
            answer = await mine.wait()
        finally:
            senders.pop(mine, None)
        if not isinstance(answer, tuple):
            raise answer

    def clone(self) -> "SendChannel[T]":
        """Return another sending end of the same channel.

        Raises:
            ClosedResourceError: this end was closed.
        """
        if self._closed:
            raise _closed("sending")
        return SendChannel(self._channel)

    def close(self) -> None:
        """Close this end; with the last one, receivers meet the end of the channel."""
        if self._closed:
            return
        self._closed = True
        channel = self._channel
        mine = [sender for sender, (_, end) in channel.senders.items() if end is self]
        for sender in mine:
            del channel.senders[sender]
            sender.wake(_closed("sending"))
        channel.send_ends -= 1
        if not channel.send_ends:
            while channel.receivers:
                receiver, _ = channel.receivers.popitem(last=False)
                receiver.wake(_ended())


class ReceiveChannel(_End[T]):
    """The end of a channel that gives items; an async iterator. See `open_channel`."""

    __slots__ = ()

    def __init__(self, channel: _Channel[T]) -> None:
        super().__init__(channel)
        channel.receive_ends += 1

    def receive_nowait(self) -> T:
        """Return the oldest item.

        Raises:
            WouldBlock: there is none.
            EndOfChannel: there is none, and every sending end was closed.
            ClosedResourceError: this end was closed.
        """
        if self._closed:
            raise _closed("receiving")
        channel = self._channel
        while channel.senders:
            sender, (value, _) = channel.senders.popitem(last=False)
            if sender.wake((None,)):
                channel.items.append(value)
                break
        if channel.items:
            return channel.items.popleft()
        if not channel.send_ends:
            raise _ended()
        raise WouldBlock("there is nothing to receive")

    async def receive(self) -> T:
        """Return the oldest item, and wait for one if there is none.

        If cancelled, no item was taken.

        Raises:
            EndOfChannel: every sending end is closed, and nothing is left.
            ClosedResourceError: this end is closed.
        """
        await checkpoint_if_cancelled()
        try:
            value = self.receive_nowait()
        except WouldBlock:
            return await self._receive_later()
        await cancel_shielded_checkpoint()
        return value

    async def _receive_later(self) -> T:
        mine: Waiter[Answer[T]] = waiter()
        channel = self._channel
        channel.receivers[mine] = self
        try:
            answer = await mine.wait()
        finally:
            channel.receivers.pop(mine, None)
        if not isinstance(answer, tuple):
            raise answer
        return answer[0]

    def clone(self) -> "ReceiveChannel[T]":
        """Return another receiving end; each item goes to one of them.

        Raises:
            ClosedResourceError: this end was closed.
        """
        if self._closed:
            raise _closed("receiving")
        return ReceiveChannel(self._channel)

    def close(self) -> None:
        """Close this end; with the last one, items are dropped and sending fails."""
        if self._closed:
            return
        self._closed = True
        channel = self._channel
        mine = [receiver for receiver, end in channel.receivers.items() if end is self]
        for receiver in mine:
            del channel.receivers[receiver]
            receiver.wake(_closed("receiving"))
        channel.receive_ends -= 1
        if not channel.receive_ends:
            while channel.senders:
                sender, _ = channel.senders.popitem(last=False)
                sender.wake(_broken())
            channel.items.clear()

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> T:
        try:
            return await self.receive()
        except EndOfChannel:
            raise StopAsyncIteration from None


class open_channel(tuple[SendChannel[T], ReceiveChannel[T]]):  # noqa: N801 - called as a function
    """Open a channel; return its two ends, ``(send_channel, receive_channel)``.

    A class only so that ``open_channel[int](5)`` can say what the items are.

    Args:
        capacity: how many items wait in the channel before senders do; with 0 every
            sender waits for its receiver, with ``math.inf`` none ever waits.

    Raises:
        ValueError: ``capacity`` is neither a whole number from 0 on nor ``math.inf``.
    """

    __slots__ = ()

    def __new__(  # type: ignore[misc]  # noqa: D102 - a function in disguise
        cls, capacity: float
    ) -> "tuple[SendChannel[T], ReceiveChannel[T]]":
        if capacity != math.inf and not (isinstance(capacity, int) and capacity >= 0):
            raise ValueError(f"a capacity is a whole number or math.inf, not {capacity!r}")
        channel = _Channel[T](capacity)
        return SendChannel(channel), ReceiveChannel(channel)

    def __init__(self, capacity: float) -> None: ...


def _closed(end: str) -> ClosedResourceError:
    return ClosedResourceError(f"this {end} end was closed: use another clone")


def _broken() -> BrokenResourceError:
    return BrokenResourceError("every receiving end was closed: nobody will receive")


def _ended() -> EndOfChannel:
    return EndOfChannel("every sending end was closed and nothing is left")
