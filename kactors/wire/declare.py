"""The decorators that make a class a message, or an exception one that travels."""

from collections.abc import Callable
from typing import Any, TypeVar, dataclass_transform

import attrs

from kactors.wire.errors import DeclarationError
from kactors.wire.registry import REGISTRY, Registry

T = TypeVar("T")
E = TypeVar("E", bound=Exception)


@dataclass_transform(frozen_default=True, field_specifiers=(attrs.field,))
def message(tag: str, *, registry: Registry = REGISTRY) -> Callable[[type[T]], type[T]]:
    """Make the class a message: frozen, with slots, and known on the wire as ``tag``.

    Fields may be added later, at the end and with defaults: old readers skip them, new
    readers fill them in. Everything else (another order, another type, a field less) is
    another message and needs another tag.

    Args:
        tag: the name on the wire; it stays when the class is moved or renamed.
        registry: for tests that let two versions of a program talk.

    Raises:
        DeclarationError: the tag is taken, or a field has no wire form.

    Example:
        >>> from kactors.wire import decode, encode, message
        >>> @message("example.greet")
        ... class Greet:
        ...     whom: str
        ...     times: int = 1
        >>> decode(encode(Greet("world", times=2)))
        Greet(whom='world', times=2)
    """

    def decorate(cls: type[T]) -> type[T]:
        _refuse_constructor(cls)
        frozen = attrs.frozen(cls, slots=True, weakref_slot=False)
        registry.add(frozen, tag)
        return frozen

    return decorate


@dataclass_transform(field_specifiers=(attrs.field,))
def remote_error(tag: str, *, registry: Registry = REGISTRY) -> Callable[[type[E]], type[E]]:
    """Make the exception one that travels as a message does and arrives as the same class.

    Its text is the first line of its docstring and its fields, unless it has a ``__str__``.

    Args:
        tag: the name on the wire; it stays when the class is moved or renamed.
        registry: for tests that let two versions of a program talk.

    Raises:
        DeclarationError: the tag is taken, a field has no wire form, or the class is no
            exception.

    Example:
        >>> from kactors.wire import remote_error
        >>> @remote_error("example.not-leader")
        ... class NotLeader(Exception):
        ...     '''Only the leader accepts proposals.'''
        ...
        ...     leader_hint: str | None
        >>> str(NotLeader("etcd-1"))
        "Only the leader accepts proposals (leader_hint='etcd-1')"
    """

    def decorate(cls: type[E]) -> type[E]:
        if not issubclass(cls, Exception):
            raise DeclarationError(f"{cls.__qualname__} is no exception: use @message")
        _refuse_constructor(cls)
        exception = attrs.define(cls, slots=False, auto_exc=True)
        if exception.__str__ in (BaseException.__str__, Exception.__str__):
            exception.__str__ = _describe  # type: ignore[method-assign, assignment] # a default
        registry.add(exception, tag)
        return exception

    return decorate


def evolve(message: T, /, **changes: Any) -> T:
    """Return a copy of a message with some fields changed.

    It is ``attrs.evolve``, which type checkers accept for what attrs itself decorated only.
    """
    copy: Callable[..., T] = attrs.evolve
    return copy(message, **changes)


def _refuse_constructor(cls: type) -> None:
    for name in ("__init__", "__new__"):
        if name in vars(cls):
            raise DeclarationError(
                f"{cls.__qualname__} has its own {name}, but a message is made from its fields "
                f"alone: use defaults, or a classmethod that computes them"
            )


def _describe(error: attrs.AttrsInstance) -> str:
    summary = (type(error).__doc__ or type(error).__name__).strip().partition("\n")[0]
    fields = ", ".join(
        f"{attribute.name}={getattr(error, attribute.name)!r}"
        for attribute in attrs.fields(type(error))
        if attribute.repr
    )
    return f"{summary.rstrip('.')} ({fields})" if fields else summary
