"""Somebody who waits for one answer, given to a handler that answers later and without a task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, TypeVar

from kactors.actors.failing import encode_failure, encode_stopped
from kactors.transport.envelope import Envelope
from kactors.wire import encode

if TYPE_CHECKING:
    from kactors.actors.life import Life

AnswerT = TypeVar("AnswerT")


class Asker(Generic[AnswerT]):
    """Takes the answer to one request; see `kactors.actors.handlers.serves_later`.

    What comes first counts, an answer or a refusal; whatever comes later is ignored, as it is after
    the actor's life. If that ends first, the asker is told so. One who does not wait any more,
    because he has given up or is gone, throws the answer away himself.
    """

    __slots__ = ("_life", "_request")

    def __init__(self, life: Life, request: Envelope) -> None:
        self._life = life
        self._request = request
        life.owed[self] = None

    def __repr__(self) -> str:
        return f"<asker {self._request.source}, request {self._request.id}>"

    def answer(self, answer: AnswerT) -> None:
        """Send the answer.

        Raises:
            WireError: it cannot be encoded; the asker still waits.
        """
        life = self._life
        if self in life.owed:
            payload = encode(answer)
            self._settle()
            life.system.sender.reply_encoded(self._request, payload)

    def refuse(self, error: Exception) -> None:
        """Send an error; one that was not made to travel is a failure of the actor as well."""
        life = self._life
        if self in life.owed:
            payload, declared = encode_failure(life.address, error)
            self._fail(payload)
            if not declared:
                life.fail(error)

    def stop(self) -> None:
        """Say that the actor's life has ended."""
        self._fail(encode_stopped(self._life.address))

    def _fail(self, payload: bytes) -> None:
        self._settle()
        self._life.system.sender.fail(self._request, payload)

    def _settle(self) -> None:
        del self._life.owed[self]
        self._life.serving -= 1
