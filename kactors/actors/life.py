"""One life of an actor: an instance, its mailbox, its tasks, and what it serves."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from kactors.actors.asker import Asker
from kactors.actors.errors import NotAliveError, OverloadedError, leaves
from kactors.actors.handlers import handlers_of
from kactors.actors.mailbox import Mailbox
from kactors.actors.serving import AsyncMessages, Bound, PlainMessages, bind
from kactors.actors.timer import Timer
from kactors.actors.watching import keep_watch
from kactors.runtime import (
    CancelScope,
    Nursery,
    cancelled_class,
    move_on_after,
    open_nursery,
)
from kactors.runtime.face import current
from kactors.transport.envelope import Address, Envelope
from kactors.wire import encode, tag_of

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.actors.cell import Cell
    from kactors.actors.supervision import RestartPolicy
    from kactors.runtime.face import AsyncFunction, Runtime

STOP_GRACE: Final = 5.0
"""Seconds that `Actor.on_stop` may take."""

Message = PlainMessages | AsyncMessages


class Life:
    """Runs one instance of an actor from `Actor.on_start` to its end.

    Attributes:
        actor: the instance.
        number: counts the lives under this name since the host's life began.
        bound: the instance's handlers, by message type.
        mailbox: one-way messages that wait.
        serving: requests and streams being served by handlers that wait.
        owed: those among them that no task serves.
    """

    def __init__(self, cell: Cell, actor: Actor, number: int) -> None:
        self.cell = cell
        self.system = cell.system
        self.address = cell.address
        self.actor = actor
        self.number = number
        self.mailbox: Mailbox[tuple[Message, object, Address]] = Mailbox(actor.mailbox)
        self.bound: dict[type, Bound] = bind(self, handlers_of(type(actor)))
        self.serving = 0
        self.owed: dict[Asker[Any], None] = {}
        #: The world that this life runs in, also for who acts on it from outside of a run.
        self.runtime: Runtime = current.runtime
        self._requests_max = actor.mailbox.requests_max
        self._nursery: Nursery | None = None
        self._started = False
        self._failing = False
        self._watching: dict[Address, CancelScope] = {}
        #: Calls a plain function as a task of this life would; see `Nursery.call`.
        self.call: Callable[..., Any]
        actor.life = self

    @property
    def nursery(self) -> Nursery:
        """Where the tasks of this life run.

        Raises:
            NotAliveError: the life has ended.
        """
        if self._nursery is None:
            raise NotAliveError(
                f"life {self.number} of {self.address} has ended: it can start nothing any more"
            )
        return self._nursery

    # -- from the beginning to the end --------------------------------------------------

    async def run(self) -> None:
        """Run until the actor stops.

        Raises:
            BaseExceptionGroup: what the actor has raised, and cancellation.
        """
        try:
            async with open_nursery() as nursery:
                self._nursery = nursery
                self.call = nursery.call
                nursery.start_soon(self._main, name="main")
        except BaseException as error:
            # Not for a failure, nor for a crash.
            cancelled = all(isinstance(cause, cancelled_class()) for cause in leaves(error))
            if cancelled and self._started and not self.system.silent:
                await self._tidy_up()
            raise
        finally:
            self._nursery = None
            for asker in tuple(self.owed):
                asker.stop()
            for _, message, _ in self.mailbox.drain():
                tag = tag_of(type(message))
                self.system.dead_letters.add("left in the mailbox", self.address, tag)

    async def _main(self) -> None:
        try:
            await self.actor.on_start()
            self._started = True
            self.cell.begin_running()
            await self._handle_messages()
        finally:
            self.cell.end_running()
        await self._tidy_up()
        self.nursery.cancel_scope.cancel("the actor has stopped")

    async def _handle_messages(self) -> None:
        while (item := await self.mailbox.take()) is not None:
            bound, message, sender = item
            if isinstance(bound, PlainMessages):
                bound.handle(message, sender)
            else:
                await bound.handle(message, sender)

    async def _tidy_up(self) -> None:
        with move_on_after(STOP_GRACE, shield=True) as scope:
            await self.actor.on_stop()
        if scope.cancelled_caught:
            self.system.note(self.cell, "stop-cut-short", reason=f"took more than {STOP_GRACE} s")

    def stop(self) -> None:
        """End in order: handle no message after the present one."""
        if self.cell.life is self:
            self.cell.end_running()
            self.mailbox.close()

    def dismiss(self) -> None:
        """End in order, or at once if it has not begun: nobody waits for `Actor.on_start`."""
        self.stop()
        if not self._started:
            self.nursery.cancel_scope.cancel("the actor was stopped while it started")

    def fail(self, error: Exception) -> None:
        """End with ``error``, as if a task of this life had raised it; the first one counts."""

        async def raise_it() -> None:
            raise error

        nursery = self.nursery
        self.cell.end_running()
        if not self._failing:
            self._failing = True
            nursery.start_soon(raise_it, name="failure")

    # -- what arrives -------------------------------------------------------------------

    def queue(self, bound: Message, message: object, envelope: Envelope) -> None:
        """Let a one-way message wait for its turn."""
        dropped = self.mailbox.put((bound, message, envelope.source))
        if dropped is not None:
            tag = tag_of(type(dropped[1]))
            self.system.dead_letters.add("mailbox full", self.address, tag)

    def begin_serving(self, envelope: Envelope) -> bool:
        """Count one more request or stream, or refuse it if there are too many."""
        if self.serving >= self._requests_max:
            self.system.dead_letters.add_envelope("overloaded", envelope)
            error = OverloadedError(str(self.address), self._requests_max)
            self.system.sender.fail(envelope, encode(error))
            return False
        self.serving += 1
        return True

    # -- what the actor asks for --------------------------------------------------------

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run a task that ends with this life."""
        self.nursery.start_soon(async_fn, *args, name=name)

    def after(self, seconds: float, function: Callable[..., None], *args: Any) -> Timer:
        """Call a plain function later, unless cancelled before."""
        scope = self.runtime.cancel_scope(deadline=math.inf, shield=False)
        timer = Timer(seconds, function, args, scope)
        self.nursery.start_soon(timer.run, name=f"timer of {self.address}")
        return timer

    def spawn(
        self, factory: Callable[[], Actor], name: str, *, policy: RestartPolicy | None = None
    ) -> Address:
        """Start a child; its giving up is this actor's failure."""
        return self.system.start(
            factory, f"{self.address.name}/{name}", policy=policy, nursery=self.nursery
        )

    def watch(self, target: Address) -> None:
        """Call the actor's `on_down` once when ``target`` ends or cannot be reached."""
        if target not in self._watching:
            scope = self.runtime.cancel_scope(deadline=math.inf, shield=False)
            self._watching[target] = scope
            self.nursery.start_soon(self._watch, target, scope, name=f"watch {target}")

    def unwatch(self, target: Address) -> None:
        """Do not call `on_down` for ``target`` any more."""
        scope = self._watching.pop(target, None)
        if scope is not None:
            scope.cancel()

    async def _watch(self, target: Address, scope: CancelScope) -> None:
        with scope:
            reason = await keep_watch(self.system, self.address, target)
        if self._watching.get(target) is scope:
            del self._watching[target]
            self.actor.on_down(target, reason)

    def received(self) -> dict[str, int]:
        """Count the messages that this life was given, by tag."""
        return {tag_of(kind): bound.received for kind, bound in self.bound.items()}

    def waiting_at(self) -> tuple[str, ...]:
        """Say where the tasks of this life wait, one line each."""
        return () if self._nursery is None else self.runtime.waiting(self._nursery)
