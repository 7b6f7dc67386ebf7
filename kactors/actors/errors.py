"""What may go wrong between actors."""

from collections.abc import Iterator
from typing import Final

from kactors.errors import KactorsError
from kactors.wire import EncodeError, remote_error, tag_of

TEXT_MAX: Final = 1000
"""Characters of an error's text that travel."""


class ActorError(KactorsError):
    """Base of what the actor layer raises; never raised itself."""


class HandlerError(ActorError):
    """An actor class declares its handlers wrongly. No supervisor restarts it for that."""


class PolicyError(ActorError, ValueError):
    """A policy, or a timing, holds a value that makes no sense."""


class AddressError(ActorError, ValueError):
    """A text is not an address ``host/name``."""


class NameTakenError(ActorError):
    """Two actors of one host may not have the same name."""


class NotAliveError(ActorError):
    """Something was asked of a life, of an actor or a system, that has ended or not begun."""


class GaveUpError(ActorError):
    """An actor failed too often in too short a time; its supervisor passes that on upwards."""


class KilledError(ActorError):
    """Somebody wanted this life of the actor to end."""


class MailboxFullError(ActorError):
    """Ends an actor's life because its mailbox was full and `WhenFull.FAIL` says so."""


class RequestError(ActorError):
    """A request has no answer. Whether it was carried out is unknown, unless it says so."""


class UnreadableAnswerError(RequestError):
    """The request was answered with something that cannot be decoded here."""


@remote_error("kactors.deadline-exceeded")
class DeadlineExceededError(RequestError):
    """No answer came in time; the request may or may not have been carried out.

    It travels: who asks an actor that asked another in vain learns of it, and the actor in
    between does not fail for it.
    """

    address: str
    tag: str
    seconds: float

    def __str__(self) -> str:
        return (
            f"{self.address} has not answered {self.tag!r} within {self.seconds:g} s; "
            "whether it was carried out is unknown"
        )


@remote_error("kactors.life-over")
class LifeOverError(RequestError):
    """The life of the host that was asked is over; it may have carried out the request or not.

    Only a transport with connections can tell, and only for what had left by then. It travels,
    as `DeadlineExceededError` does.
    """

    address: str

    def __str__(self) -> str:
        return (
            f"the connection to {self.address} is lost, and whoever was asked is gone; "
            "whether the request was carried out is unknown"
        )


@remote_error("kactors.no-such-actor")
class NoSuchActorError(RequestError):
    """Nobody has that name there; nothing was carried out."""

    address: str

    def __str__(self) -> str:
        return f"no actor is at {self.address}: is it started, and is the name right?"


@remote_error("kactors.not-running")
class NotRunningError(RequestError):
    """The actor is between two lives, or ending; nothing was carried out."""

    address: str
    state: str

    def __str__(self) -> str:
        return f"{self.address} is {self.state}: try again later"


@remote_error("kactors.unhandled")
class UnhandledError(RequestError):
    """The actor serves no such request; nothing was carried out."""

    address: str
    tag: str

    def __str__(self) -> str:
        return f"{self.address} has no handler for {self.tag!r}: see its class"


@remote_error("kactors.unreadable")
class UnreadableError(RequestError):
    """The other side could not decode the request; nothing was carried out."""

    address: str
    problem: str

    def __str__(self) -> str:
        return f"{self.address} could not read the request: {self.problem}"


@remote_error("kactors.overloaded")
class OverloadedError(RequestError):
    """The actor serves as many requests as it may; nothing was carried out."""

    address: str
    limit: int

    def __str__(self) -> str:
        return f"{self.address} is serving {self.limit} requests already: try again later"


@remote_error("kactors.actor-failed")
class ActorFailedError(RequestError):
    """The actor failed while it served the request."""

    address: str
    problem: str

    def __str__(self) -> str:
        return f"{self.address} failed while serving: {self.problem}"


@remote_error("kactors.actor-stopped")
class ActorStoppedError(RequestError):
    """The actor's life ended, for another reason, while it served the request."""

    address: str

    def __str__(self) -> str:
        return f"{self.address} was stopped while serving the request"


@remote_error("kactors.stream-broken")
class StreamBrokenError(RequestError):
    """A stream did not come to its end; what was received is a gapless beginning of it."""

    address: str
    problem: str

    def __str__(self) -> str:
        return f"the stream from {self.address} broke: {self.problem}"


def travels(error: BaseException) -> bool:
    """Tell whether an error was made to travel (`kactors.wire.remote_error`)."""
    try:
        tag_of(type(error))
    except EncodeError:
        return False
    return True


def text_of(error: BaseException) -> str:
    """Name an error and what it says, on one line that can travel."""
    said = " ".join(str(error).split())
    text = f"{type(error).__name__}: {said}" if said else type(error).__name__
    return text[:TEXT_MAX].encode(errors="replace").decode()


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions in a group, or the exception itself, in order."""
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from leaves(part)
    else:
        yield error
