"""A handle on an actor, wherever it lives."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TYPE_CHECKING, TypeVar

import attrs

from kactors.actors.errors import AddressError
from kactors.transport.envelope import Address

if TYPE_CHECKING:
    from kactors.actors.inbox import Inbox
    from kactors.actors.request import Request, StreamRequest
    from kactors.actors.system import System

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


def parse_address(text: str) -> Address:
    """Read ``host/name``; the name may contain further slashes.

    Raises:
        AddressError: a part is missing.
    """
    host, slash, name = text.partition("/")
    if not (host and slash and name):
        raise AddressError(f"{text!r} is not an address: write it as host/name")
    return Address(host, name)


@attrs.frozen
class Ref:
    """Who asks, and whom."""

    system: System = attrs.field(repr=False)
    source: Address
    target: Address

    def send(self, message: object) -> None:
        """Send one way: at most once, maybe never."""
        self.system.asking.send(self.source, self.target, message)

    def request(
        self, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer; see `kactors.actors.asking.Asking.request`."""
        return self.system.asking.request(self.source, self.target, message, timeout=timeout)

    def open_stream(self, message: StreamRequest[EventT]) -> Inbox[EventT]:
        """Ask for a stream; use the answer with ``async with`` and ``async for``."""
        return self.system.asking.open_stream(self.source, self.target, message)
