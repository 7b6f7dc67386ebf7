"""Asking where no actor does."""

from collections.abc import Awaitable
from typing import Any, TypeVar

from kactors.actors.inbox import Inbox
from kactors.actors.request import Request, StreamRequest
from kactors.actors.system import System
from kactors.runtime import Random
from kactors.transport.envelope import Address

__all__ = ["SystemAsker"]

AnswerT = TypeVar("AnswerT")


class SystemAsker:
    """Asks in the name of a whole host: in tests and in commands.

    Args:
        system: the host's.
        name: keeps the chance of several askers on one host apart.
    """

    def __init__(self, system: System, name: str = "client") -> None:
        self._system = system
        self._name = name

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer."""
        return self._system.ref(target).request(message, timeout=timeout)

    def open_stream(self, target: Address, message: StreamRequest[Any]) -> Inbox[Any]:
        """Ask for a stream."""
        return self._system.ref(target).open_stream(message)

    def random(self, *key: str | int) -> Random:
        """Return the stream of chance under ``key``, from its beginning."""
        return self._system.host.random("asker", self._name, *key)
