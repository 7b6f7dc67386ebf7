"""Cancel scopes of the live world: trio's, with deadlines on the host's clock."""

from types import TracebackType
from typing import Self

import trio  # noqa: TID251 - live-only module

from kactors.runtime.live.clock import LiveClock


class LiveCancelScope:
    """One of trio's scopes; ``clock`` converts its deadline, None means that none is needed."""

    __slots__ = ("_clock", "_scope")

    def __init__(self, scope: trio.CancelScope, clock: LiveClock | None) -> None:
        self._scope = scope
        self._clock = clock

    @property
    def deadline(self) -> float:
        """When the scope cancels itself, in seconds of the host's monotonic clock."""
        deadline = self._scope.deadline
        return deadline if self._clock is None else self._clock.local_deadline(deadline)

    @deadline.setter
    def deadline(self, value: float) -> None:
        self._scope.deadline = value if self._clock is None else self._clock.trio_deadline(value)

    @property
    def shield(self) -> bool:
        """Whether cancellation from outside is kept out."""
        return self._scope.shield

    @shield.setter
    def shield(self, value: bool) -> None:
        self._scope.shield = value

    @property
    def cancel_called(self) -> bool:
        """Whether `cancel` was called or the deadline has passed."""
        return self._scope.cancel_called

    @property
    def cancelled_caught(self) -> bool:
        """Whether the scope, when left, swallowed its own cancellation."""
        return self._scope.cancelled_caught

    def cancel(self, reason: str | None = None) -> None:
        """Cancel the work inside; calling it again changes nothing."""
        self._scope.cancel(reason)

    def __enter__(self) -> Self:
        self._scope.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> bool:
        return self._scope.__exit__(exc_type, exc, traceback)
