"""The functions of the face, each asking the world that runs."""

import math
from collections.abc import Awaitable, Generator
from contextlib import AbstractAsyncContextManager, contextmanager
from typing import Any

from kactors.runtime.errors import TooSlowError
from kactors.runtime.face import CancelScope, Nursery, Waiter, current
from kactors.runtime.host import Host

_current = current


def sleep(seconds: float) -> Awaitable[None]:
    """Wait for ``seconds`` of the host's monotonic time."""
    return _current.runtime.sleep(seconds)


def sleep_until(deadline: float) -> Awaitable[None]:
    """Wait until the host's monotonic clock shows ``deadline``, in seconds."""
    return _current.runtime.sleep_until(deadline)


def sleep_forever() -> Awaitable[None]:
    """Wait until cancelled."""
    return _current.runtime.sleep_forever()


def checkpoint() -> Awaitable[None]:
    """Let others run, and notice cancellation."""
    return _current.runtime.checkpoint()


def checkpoint_if_cancelled() -> Awaitable[None]:
    """Notice cancellation, but do not let others run if there is none."""
    return _current.runtime.checkpoint_if_cancelled()


def cancel_shielded_checkpoint() -> Awaitable[None]:
    """Let others run, but do not notice cancellation: for when the work is done already."""
    return _current.runtime.cancel_shielded_checkpoint()


def current_time() -> float:
    """Return the host's monotonic time in seconds."""
    return _current.runtime.current_time()


def current_time_ns() -> int:
    """Return the host's monotonic time in nanoseconds."""
    return _current.runtime.current_time_ns()


def current_effective_deadline() -> float:
    """Return when the innermost work is cancelled at the latest; ``-inf`` once it is."""
    return _current.runtime.current_effective_deadline()


def current_host() -> Host:
    """Return the host on which this task runs."""
    return _current.runtime.current_host()


def cancelled_class() -> type[BaseException]:
    """Return what checkpoints raise in cancelled work; catch it only to clean up and re-raise."""
    return _current.runtime.cancelled_class()


def open_nursery() -> AbstractAsyncContextManager[Nursery]:
    """Open a nursery; it is left when its body and every child have ended.

    Raises:
        BaseExceptionGroup: what the body and the children raised, even if it is one.
    """
    return _current.runtime.open_nursery()


def cancel_scope(*, deadline: float = math.inf, shield: bool = False) -> CancelScope:
    """Make a cancel scope; ``deadline`` in seconds of the host's monotonic clock."""
    return _current.runtime.cancel_scope(deadline=deadline, shield=shield)


def move_on_after(seconds: float, *, shield: bool = False) -> CancelScope:
    """Make a scope that is left silently once ``seconds`` have passed.

    Raises:
        ValueError: ``seconds`` is negative or not a number.
    """
    if not seconds >= 0:
        raise ValueError(f"a timeout is a number of seconds from 0 on, not {seconds!r}")
    return cancel_scope(deadline=current_time() + seconds, shield=shield)


def move_on_at(deadline: float, *, shield: bool = False) -> CancelScope:
    """Make a scope that is left silently at ``deadline``, on the host's monotonic clock."""
    return cancel_scope(deadline=deadline, shield=shield)


@contextmanager
def fail_after(seconds: float, *, shield: bool = False) -> Generator[CancelScope]:
    """Cancel the body after ``seconds``.

    Raises:
        TooSlowError: the body was cancelled for it.
        ValueError: ``seconds`` is negative or not a number.
    """
    with move_on_after(seconds, shield=shield) as scope:
        yield scope
    if scope.cancelled_caught:
        raise TooSlowError(f"not done within {seconds} s")


@contextmanager
def fail_at(deadline: float, *, shield: bool = False) -> Generator[CancelScope]:
    """Cancel the body at ``deadline``, on the host's monotonic clock.

    Raises:
        TooSlowError: the body was cancelled for it.
    """
    with move_on_at(deadline, shield=shield) as scope:
        yield scope
    if scope.cancelled_caught:
        raise TooSlowError(f"not done at {deadline} s of the host's monotonic clock")


def waiter() -> Waiter[Any]:
    """Make a `Waiter`: a value that one task waits for and anybody may bring, once."""
    return _current.runtime.waiter()
