"""Where the apiservers are, who asks, and how patient it is."""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Protocol, TypeVar

import attrs

from kactors.actors.checks import above, at_least
from kactors.actors.inbox import Inbox
from kactors.actors.request import Request, StreamRequest
from kactors.client.balancer import PING_SECONDS
from kactors.runtime import Random
from kactors.transport.envelope import Address

__all__ = ["Asker", "ClientConfig", "TokenSource"]

AnswerT = TypeVar("AnswerT")

TokenSource = Callable[[], str]
"""Returns the bearer token of the moment; asked before each request, so tokens may be renewed."""


def _anonymous() -> str:
    return ""


def _token_source(given: TokenSource | str) -> TokenSource:
    return (lambda: given) if isinstance(given, str) else given


def _addresses(given: Iterable[Address]) -> tuple[Address, ...]:
    return tuple(given)


def _not_empty(config: object, attribute: object, replicas: tuple[Address, ...]) -> None:
    del config, attribute
    if not replicas:
        raise ValueError("a client needs at least one apiserver: give the replicas' addresses")


@attrs.frozen(kw_only=True)
class ClientConfig:
    """How a program reaches the apiservers.

    Attributes:
        replicas: their addresses, at least one.
        token: who asks, as a bearer token or a source of them; anonymous unless given.
        timeout: seconds for one call, with all its repetitions.
        read_timeout: seconds that one replica may take to answer a read before another is asked.
            A replica may wait three for the revision that is asked of it.
        write_timeout: seconds after which the outcome of a write is taken for unknown.
        silence: seconds without a word from a replica that owes an answer, after which further
            requests go to another; or from one that was asked for a word, after which the watches
            at it go on elsewhere.
        ping: seconds without a word from a replica, after which it is asked for one if watches are
            open at it.
        page_size: objects per page of a list that is read whole.
    """

    replicas: tuple[Address, ...] = attrs.field(converter=_addresses, validator=_not_empty)
    token: TokenSource = attrs.field(default=_anonymous, converter=_token_source, repr=False)
    timeout: float = attrs.field(default=30.0, validator=above(0))
    read_timeout: float = attrs.field(default=5.0, validator=above(0))
    write_timeout: float = attrs.field(default=10.0, validator=above(0))
    silence: float = attrs.field(default=2.0, validator=above(0))
    ping: float = attrs.field(default=PING_SECONDS, validator=above(0))
    page_size: int = attrs.field(default=500, validator=at_least(1))


class Asker(Protocol):
    """Who can ask actors and has a stream of chance: an `Actor`, or a `SystemAsker`."""

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        ...

    def open_stream(self, target: Address, message: StreamRequest[Any]) -> Inbox[Any]:
        """Ask for a stream."""
        ...

    def random(self, *key: str | int) -> Random:
        """Return the stream of chance under ``key``, from its beginning."""
        ...
