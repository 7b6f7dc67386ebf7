"""What an asker may expect: one answer, or a stream of events."""

from typing import Generic, TypeVar

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


class Request(Generic[AnswerT]):
    """Base of messages that ask for one answer of type ``AnswerT``.

    Example:
        >>> from kactors.wire import message
        >>> @message("example.pong")
        ... class Pong:
        ...     number: int
        >>> @message("example.ping")
        ... class Ping(Request[Pong]):
        ...     number: int
    """

    __slots__ = ()


class StreamRequest(Generic[EventT]):
    """Base of messages that ask for a stream of events of type ``EventT``."""

    __slots__ = ()
