"""How an actor class says which messages it takes.

Handlers are found by the type of their first argument. There are three kinds: `handles` for
one-way messages, `serves` for requests, `streams` for requests that are answered by many
events; `serves_later` is `serves` for those who cannot answer yet. The names of the methods are
the author's. A subclass that overrides a handler need not mark it again.
"""

import inspect
from collections.abc import Callable, Mapping
from enum import Enum
from types import MappingProxyType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints
from weakref import WeakKeyDictionary

import attrs

from kactors.actors.errors import HandlerError
from kactors.actors.request import Request, StreamRequest
from kactors.wire import EncodeError, tag_of

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])
_MARK: Final = "__kactors_handler__"
_collected: WeakKeyDictionary[type, Mapping[type, "Handler"]] = WeakKeyDictionary()


class HandlerKind(Enum):
    """What a handler answers with: nothing, one message, a stream."""

    HANDLES = "handles"
    SERVES = "serves"
    SERVES_LATER = "serves later"
    STREAMS = "streams"

    @property
    def answers_with(self) -> "HandlerKind":
        """The kind that the asker sees: how soon he is answered is none of his business."""
        return HandlerKind.SERVES if self is HandlerKind.SERVES_LATER else self


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

    An ``async`` one runs as a task of its own and interleaves with others where it waits; a
    plain one runs to its end before anything else happens to the actor.
    """
    setattr(function, _MARK, HandlerKind.SERVES)
    return function


def serves_later(function: FunctionT) -> FunctionT:
    """Mark a plain method ``(self, request, asker) -> None`` as serving requests by and by.

    It leaves the `kactors.actors.asker.Asker` with whoever will know the answer. That spares the
    task which an ``async`` handler costs, and with it what a task is good for: the deadline of the
    request, and the end of the asker's patience, are not noticed. For work that cannot be
    withdrawn anyway, such as what was entered into a log.
    """
    setattr(function, _MARK, HandlerKind.SERVES_LATER)
    return function


def streams(function: FunctionT) -> FunctionT:
    """Mark ``async (self, request, out)`` as serving a stream of events into ``out``."""
    setattr(function, _MARK, HandlerKind.STREAMS)
    return function


def handlers_of(actor_class: type) -> Mapping[type, Handler]:
    """Collect the handlers of an actor class and its bases, by message type.

    Raises:
        HandlerError: a handler has another form than its kind asks for, its first argument is
            not annotated with messages, or two handlers take the same message.
    """
    known = _collected.get(actor_class)
    if known is None:
        known = _collected[actor_class] = MappingProxyType(_collect(actor_class))
    return known


def _collect(actor_class: type) -> dict[type, Handler]:
    found: dict[type, Handler] = {}
    for name, function in inspect.getmembers(actor_class, inspect.isfunction):
        kind = _kind(actor_class, name)
        if kind is None:
            continue
        where = f"{actor_class.__qualname__}.{name}"
        parameters = list(inspect.signature(function).parameters)[1:]
        handler = Handler(
            name, kind, inspect.iscoroutinefunction(function), wants_sender=len(parameters) == 2
        )
        _check_form(handler, function, len(parameters), where)
        for message_type in _types(_annotation(function, parameters[0], where), where):
            _check_type(message_type, kind, where)
            if message_type in found:
                other = found[message_type].method
                raise HandlerError(f"{where} and {other} both take {message_type.__qualname__}")
            found[message_type] = handler
    return found


def _kind(actor_class: type, name: str) -> HandlerKind | None:
    """Return the mark of a method, or of the one that it overrides."""
    for base in actor_class.__mro__:
        kind = getattr(vars(base).get(name), _MARK, None)
        if kind is not None:
            return HandlerKind(kind)
    return None


def _check_form(
    handler: Handler, function: Callable[..., Any], parameters: int, where: str
) -> None:
    if not 1 <= parameters <= 2:
        raise HandlerError(f"{where} takes {parameters} arguments besides self, not 1 or 2")
    if handler.kind is HandlerKind.STREAMS and not (handler.is_async and parameters == 2):
        raise HandlerError(f"{where} must be async and take (self, request, out)")
    if handler.kind is HandlerKind.SERVES_LATER and (handler.is_async or parameters != 2):
        raise HandlerError(f"{where} must be plain and take (self, request, asker)")
    if inspect.isgeneratorfunction(function) or inspect.isasyncgenfunction(function):
        raise HandlerError(f"{where} yields, which nobody would read: put events into a stream")


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


def _check_type(message_type: type, kind: HandlerKind, where: str) -> None:
    try:
        tag_of(message_type)
    except EncodeError as error:
        raise HandlerError(f"{where} takes what is no message: {error}") from error
    base = {HandlerKind.SERVES: Request, HandlerKind.STREAMS: StreamRequest}.get(kind.answers_with)
    if base is not None and not issubclass(message_type, base):
        raise HandlerError(
            f"{where} takes {message_type.__qualname__}, which is no {base.__name__}: derive it "
            f"from {base.__name__}[...], or mark the method otherwise"
        )
