"""The base of all actors."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from kactors.actors.mailbox import MailboxPolicy
from kactors.actors.supervision import RestartPolicy
from kactors.runtime import Host, Random
from kactors.transport.envelope import Address

if TYPE_CHECKING:
    from kactors.actors.inbox import Inbox
    from kactors.actors.life import Life
    from kactors.actors.ref import Ref
    from kactors.actors.request import Request, StreamRequest
    from kactors.actors.timer import Timer
    from kactors.runtime.face import AsyncFunction

AnswerT = TypeVar("AnswerT")
EventT = TypeVar("EventT")


class Actor:
    """Something with a name on a host, which talks to others by messages only.

    Subclasses mark their handlers with `handles`, `serves` and `streams`. An instance is one
    *life*: after a failure, the supervisor makes a new one with the same factory. What an
    actor may use of the world is here: its host, its name, and these methods.

    Attributes:
        mailbox: how many messages may wait, and what happens to one too many.
    """

    mailbox: ClassVar[MailboxPolicy] = MailboxPolicy()

    #: Set before `on_start`; the life that this instance is.
    life: Life

    @property
    def address(self) -> Address:
        """Where others reach this actor."""
        return self.life.address

    @property
    def name(self) -> str:
        """Its name on its host."""
        return self.life.address.name

    @property
    def host(self) -> Host:
        """The host on which it lives: clock, disk, chance."""
        return self.life.system.host

    def random(self, *key: str | int) -> Random:
        """Return this life's stream of chance under ``key``, from its beginning."""
        return self.host.random("actor", self.name, self.life.number, *key)

    # -- to be overridden ---------------------------------------------------------------

    async def on_start(self) -> None:
        """Prepare; messages wait until this has returned."""

    async def on_stop(self) -> None:
        """Tidy up when stopped, within five seconds; not called after a failure or a crash.

        If the actor ends with its parent or its host, its tasks have ended already.
        """

    def on_down(self, address: Address, reason: str) -> None:
        """Learn that an actor watched with `watch` has ended, or cannot be reached."""

    # -- talking ------------------------------------------------------------------------

    def send(self, target: Address, message: object) -> None:
        """Send one way: at most once, maybe never."""
        self.life.system.asking.send(self.life.address, target, message)

    def request(
        self, target: Address, message: Request[AnswerT], *, timeout: float | None = None
    ) -> Awaitable[AnswerT]:
        """Ask, and wait for the answer; see `kactors.actors.asking.Asking.request`."""
        return self.life.system.asking.request(self.life.address, target, message, timeout=timeout)

    def open_stream(self, target: Address, message: StreamRequest[EventT]) -> Inbox[EventT]:
        """Ask for a stream; use the answer with ``async with`` and ``async for``."""
        return self.life.system.asking.open_stream(self.life.address, target, message)

    def ref(self, target: Address | str) -> Ref:
        """Return a handle on another actor, ``host/name``, to send to and to ask."""
        return self.life.system.ref(target, source=self.life.address)

    # -- living -------------------------------------------------------------------------

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run a task that belongs to this life of the actor and ends with it."""
        self.life.start_soon(async_fn, *args, name=name)

    def after(self, seconds: float, function: Callable[..., None], *args: Any) -> Timer:
        """Call a plain function in so many seconds, unless cancelled before."""
        return self.life.after(seconds, function, *args)

    def stop(self) -> None:
        """End this life in order: no message after the present one is handled.

        Whether another life follows is its supervisor's decision.
        """
        self.life.stop()

    def spawn(
        self,
        factory: Callable[[], Actor],
        name: str,
        *,
        policy: RestartPolicy | None = None,
    ) -> Address:
        """Start a child, supervised by this actor: ``<name of this actor>/<name>``.

        It ends with this life; its giving up is this life's failure.
        """
        return self.life.spawn(factory, name, policy=policy)

    def stop_child(self, name: str) -> bool:
        """End a child in order and for good; return whether it was there."""
        return self.life.system.stop(f"{self.name}/{name}")

    def watch(self, target: Address) -> None:
        """Have `on_down` called once when ``target`` ends or can no longer be reached."""
        self.life.watch(target)

    def unwatch(self, target: Address) -> None:
        """Do not have `on_down` called for ``target`` any more."""
        self.life.unwatch(target)
