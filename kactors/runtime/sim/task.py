"""A task: a coroutine, the host it runs on and the cancel scope it is in."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from kactors.runtime.frames import where

if TYPE_CHECKING:
    from kactors.runtime.sim.cancel import SimCancelScope
    from kactors.runtime.sim.host import SimHost
    from kactors.runtime.sim.nursery import Owner

Entry = list[Any]
"""An event in the kernel's heap: ``[true_ns, tie, sequence, callback, argument]``.

The callback is None once the event was called off. The first three order the heap: of two
events at one instant the seed decides through ``tie``.
"""

TIE_MASK = (1 << 20) - 1
TIE_FACTOR = 0x9E3779B97F4A7C15
"""Ties between timers are compared by ``instant ^ key``, the key of 20 bits being the task's own.

Of two tasks the highest bit in which their keys differ decides, and whether it decides for
the one or the other changes with that bit of the instant. So the order of two tasks varies
from instant to instant and from seed to seed, and no event elsewhere changes it.
"""


class Task:
    """One coroutine in the simulated world.

    A task is *parked* when it has yielded and nobody has woken it; then ``entry`` is the
    timer, or ``waiter`` the waiter, or both, that would wake it. `unpark` undoes both.

    Attributes:
        send: ``send(None)`` lets the task go on: usually that of its coroutine.
        stopped: whether it may not go on, for its host is paused, or down.
        value: what it returned.
    """

    __slots__ = (
        "_error",
        "coroutine",
        "done",
        "entry",
        "host",
        "name",
        "owner",
        "scope",
        "send",
        "stopped",
        "tie_key",
        "value",
        "waiter",
    )

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        name: str,
        host: SimHost,
        scope: SimCancelScope,
        owner: Owner,
        tie_key: int,
    ) -> None:
        self.coroutine = coroutine
        self.send: Callable[[None], object] = coroutine.send
        self.name = name
        self.host = host
        self.scope = scope
        self.owner = owner
        self.tie_key = tie_key
        self.done = False
        self.stopped = host.paused
        self.value: Any = None
        self._error: BaseException | None = None
        self.entry: Entry | None = None
        self.waiter: Any = None

    def __repr__(self) -> str:
        return f"<task {self.name!r} on {self.host.name}>"

    @property
    def parked(self) -> bool:
        """Whether the task waits for something that cancellation may cut short."""
        return self.entry is not None or self.waiter is not None

    def unpark(self) -> None:
        """Forget whatever would have woken the task."""
        entry = self.entry
        if entry is not None:
            self.entry = None
            self.host.kernel.call_off(entry)
        if self.waiter is not None:
            self.waiter.task = None
            self.waiter = None

    def throw_when_resumed(self, error: BaseException) -> None:
        """Let what the task waits for raise ``error``."""
        self._error = error
        self.send = self._throw

    def _throw(self, _: None) -> object:
        error, self._error = self._error, None
        assert error is not None
        self.send = self.coroutine.send
        return self.coroutine.throw(error)

    def where(self) -> str:
        """Say where the task waits."""
        return where(self.coroutine)
