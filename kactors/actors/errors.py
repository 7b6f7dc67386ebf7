"""What may go wrong between actors."""

from kactors.errors import KactorsError
from kactors.wire import EncodeError, remote_error, tag_of


class ActorError(KactorsError):
    """Base of what the actor layer raises; never raised itself."""


class HandlerError(ActorError):
    """An actor class declares its handlers wrongly."""


class NameTakenError(ActorError):
    """Two actors of one host may not have the same name."""


class GaveUpError(ActorError):
    """An actor failed too often in too short a time; its supervisor passes that on upwards."""


class RequestError(ActorError):
    """A request has no answer. Whether it was carried out is unknown, unless it says so."""


class DeadlineExceededError(RequestError):
    """No answer came in time; the request may or may not have been carried out."""


@remote_error("kactors.no-such-actor")
class NoSuchActorError(RequestError):
    """Nobody has that name there; nothing was carried out."""

    address: str

    def __str__(self) -> str:
        return f"no actor is at {self.address}: is it started, and is the name right?"


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
    """The actor was stopped while it served the request."""

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
    """Name an error and what it says, on one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said}" if said else type(error).__name__
