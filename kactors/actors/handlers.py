"""How an actor class says which messages it takes.

Handlers are found by the type of their first argument. There are three kinds: `handles` for
one-way messages, `serves` for requests, `streams` for requests that are answered by many
events. The names of the methods are the author's.
"""

import inspect
from collections.abc import Callable
from enum import Enum
from types import UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

import attrs

from kactors.actors.errors import HandlerError

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_MARK: Final = "__kactors_handler__"


class HandlerKind(Enum):
    """What a handler answers with: nothing, one message, a stream."""

    HANDLES = "handles"
    SERVES = "serves"
    STREAMS = "streams"


@attrs.frozen
class Handler:
    """One handler of an actor class.

    Attributes:
        method: its name, looked up when an instance is bound.
        kind: what it answers with.
        is_async: whether it may wait.
        wants_sender: whether it takes the sender's address as second argument.
    """

    method: str
    kind: HandlerKind
    is_async: bool
    wants_sender: bool


def handles(function: FunctionT) -> FunctionT:
    """Mark a method ``(self, message[, sender])`` as taking one-way messages.

    They are handled one at a time, in the order of their arrival.
    """
    setattr(function, _MARK, HandlerKind.HANDLES)
    return function


def serves(function: FunctionT) -> FunctionT:
    """Mark a method ``(self, request[, sender]) -> answer`` as serving requests.

    Each runs as a task of its own; a plain method runs to its end before anything else.
    """
    setattr(function, _MARK, HandlerKind.SERVES)
    return function


def streams(function: FunctionT) -> FunctionT:
    """Mark ``async (self, request, out)`` as serving a stream of events into ``out``."""
    setattr(function, _MARK, HandlerKind.STREAMS)
    return function


def handlers_of(actor_class: type) -> dict[type, Handler]:
    """Collect the handlers of an actor class and its bases, by message type.

    Raises:
        HandlerError: a handler's first argument has no usable annotation, or two handlers
            take the same message.
    """
    found: dict[type, Handler] = {}
    for name, function in inspect.getmembers(actor_class, inspect.isfunction):
        kind = getattr(function, _MARK, None)
        if kind is None:
            continue
        where = f"{actor_class.__qualname__}.{name}"
        parameters = list(inspect.signature(function).parameters)[1:]
        if not 1 <= len(parameters) <= 2:
            raise HandlerError(
                f"{where} takes {len(parameters)} arguments besides self, not 1 or 2"
            )
        is_async = inspect.iscoroutinefunction(function)
        if kind is HandlerKind.STREAMS and not (is_async and len(parameters) == 2):
            raise HandlerError(f"{where} must be async and take (self, request, out)")
        handler = Handler(name, kind, is_async, len(parameters) == 2)
        for message_type in _types(_annotation(function, parameters[0], where), where):
            if message_type in found:
                other = found[message_type].method
                raise HandlerError(f"{where} and {other} both take {message_type.__qualname__}")
            found[message_type] = handler
    return found


def _annotation(function: Callable[..., Any], parameter: str, where: str) -> Any:
    try:
        return get_type_hints(function).get(parameter)
    except NameError as error:
        raise HandlerError(
            f"{where}: the annotation of {parameter!r} cannot be read: {error}"
        ) from error


def _types(annotation: Any, where: str) -> tuple[type, ...]:
    if get_origin(annotation) in {Union, UnionType}:
        return tuple(kind for part in get_args(annotation) for kind in _types(part, where))
    if isinstance(annotation, type):
        return (annotation,)
    raise HandlerError(
        f"{where}: its first argument is annotated {annotation!r}; name the message class it takes"
    )
