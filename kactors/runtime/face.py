"""What code may await, in either world. The names and meanings are trio's.

The functions here ask the world that is running. Scheduling (tasks, time, cancellation)
is ambient, as in trio; what belongs to a host (its clock, disk, random streams) is
reached through `current_host`.
"""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from kactors.runtime.errors import NoRuntimeError
from kactors.runtime.host import Host

T = TypeVar("T")
AsyncFunction = Callable[..., Awaitable[Any]]


def name_of(async_fn: AsyncFunction) -> str:
    """Name what a task runs, for messages: the function's own name, even within a partial."""
    while isinstance(async_fn, partial):
        async_fn = async_fn.func
    name: str = getattr(async_fn, "__qualname__", type(async_fn).__qualname__)
    return name


class CancelScope(Protocol):
    """A piece of work that can be cancelled; a context manager.

    Cancellation is level-triggered: from `cancel` or from the deadline on, every
    checkpoint inside raises until the scope is left.
    """

    shield: bool

    @property
    def deadline(self) -> float:
        """When the scope cancels itself, on the host's monotonic clock; may be set."""
        ...

    @deadline.setter
    def deadline(self, value: float) -> None: ...

    @property
    def cancel_called(self) -> bool:
        """Whether the scope was cancelled or its deadline has passed."""
        ...

    @property
    def cancelled_caught(self) -> bool:
        """Whether the scope, when left, swallowed its own cancellation."""
        ...

    def cancel(self, reason: str | None = None) -> None:
        """Cancel everything inside."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool: ...


class TaskStatus(Protocol):
    """How a task run by `Nursery.start` says that it is ready."""

    def started(self, value: Any = None) -> None:
        """Let `Nursery.start` return ``value``."""
        ...


class Nursery(Protocol):
    """Owns child tasks; is not left before the last one has ended."""

    @property
    def cancel_scope(self) -> CancelScope:
        """Cancels the body and every child."""
        ...

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run ``async_fn(*args)`` as a child task, soon."""
        ...

    def call(self, function: Callable[..., T], *args: Any) -> T:
        """Return ``function(*args)``, called as the task that has opened the nursery would.

        Who calls need not be a task: what is ambient (host, time, deadline) is that task's.
        """
        ...

    async def start(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> Any:
        """Run a child and wait for its ``task_status.started(value)``; return the value."""
        ...


class Waiter(Protocol[T]):
    """A value that one task waits for and anybody may bring, once."""

    def wake(self, value: T) -> bool:
        """Bring the value, and say whether it is taken.

        The first one counts; later ones are ignored, as is one for somebody who was cancelled.
        """
        ...

    async def wait(self) -> T:
        """Return the value. One task, once; cancellable."""
        ...

    async def wait_for(self, seconds: float, late: T) -> T:
        """Return the value, or ``late`` when it has not come within ``seconds``."""
        ...


class Runtime(Protocol):
    """One world's implementation of the face."""

    def sleep(self, seconds: float) -> Awaitable[None]:
        """See `kactors.runtime.sleep`."""
        ...

    def sleep_until(self, deadline: float) -> Awaitable[None]:
        """See `kactors.runtime.sleep_until`."""
        ...

    def sleep_forever(self) -> Awaitable[None]:
        """See `kactors.runtime.sleep_forever`."""
        ...

    def checkpoint(self) -> Awaitable[None]:
        """See `kactors.runtime.checkpoint`."""
        ...

    def checkpoint_if_cancelled(self) -> Awaitable[None]:
        """See `kactors.runtime.checkpoint_if_cancelled`."""
        ...

    def cancel_shielded_checkpoint(self) -> Awaitable[None]:
        """See `kactors.runtime.cancel_shielded_checkpoint`."""
        ...

    def current_time(self) -> float:
        """See `kactors.runtime.current_time`."""
        ...

    def current_time_ns(self) -> int:
        """See `kactors.runtime.current_time_ns`."""
        ...

    def current_effective_deadline(self) -> float:
        """See `kactors.runtime.current_effective_deadline`."""
        ...

    def current_host(self) -> Host:
        """See `kactors.runtime.current_host`."""
        ...

    def open_nursery(self) -> AbstractAsyncContextManager[Nursery]:
        """See `kactors.runtime.open_nursery`."""
        ...

    def cancel_scope(self, *, deadline: float, shield: bool) -> CancelScope:
        """See `kactors.runtime.cancel_scope`."""
        ...

    def waiter(self) -> Waiter[Any]:
        """See `kactors.runtime.waiter`."""
        ...

    def waiting(self, nursery: Nursery) -> tuple[str, ...]:
        """Say where the children of a nursery wait, one line each, the oldest first."""
        ...

    def cancelled_class(self) -> type[BaseException]:
        """See `kactors.runtime.cancelled_class`."""
        ...


class _Nobody:
    """Stands where no world runs, and says so."""

    def __getattr__(self, name: str) -> Any:
        raise NoRuntimeError(
            f"{name} was called where no world is running: call it from a task of "
            "kactors.runtime.sim.run(...) or kactors.runtime.live.run(...)"
        )


class _Current:
    """Holds the running world. A simulated one may run inside a live one, hence `use`."""

    __slots__ = ("runtime",)

    def __init__(self) -> None:
        self.runtime: Runtime = _Nobody()

    def use(self, runtime: Runtime) -> Runtime:
        """Make ``runtime`` the running world; return the one before, to be put back."""
        before, self.runtime = self.runtime, runtime
        return before


current = _Current()
