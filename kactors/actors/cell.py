"""What surrounds an actor: its mailbox, its tasks, its lives and their supervision."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from kactors.actors.errors import (
    ActorError,
    GaveUpError,
    OverloadedError,
    RequestError,
    text_of,
)
from kactors.actors.handlers import HandlerKind, handlers_of
from kactors.actors.mailbox import Mailbox
from kactors.actors.serving import serve, serve_stream
from kactors.actors.supervision import Restart, RestartHistory, RestartPolicy
from kactors.actors.system_messages import WatchActor
from kactors.actors.timer import Timer
from kactors.runtime import (
    Event,
    Nursery,
    cancel_scope,
    cancelled_class,
    current_time,
    move_on_after,
    open_nursery,
    sleep,
)
from kactors.runtime.face import current
from kactors.transport.envelope import Address, Envelope

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.actors.system import System
    from kactors.runtime.face import AsyncFunction

EARLY_MAX: Final = 10_000
"""How many envelopes may wait for an actor to start."""

STOP_GRACE: Final = 5.0
"""Seconds that `Actor.on_stop` may take."""

_STOP: Final = object()


class CellState(Enum):
    """Where in its life an actor is."""

    STARTING = "starting"
    RUNNING = "running"
    WAITING = "waiting to be restarted"
    ENDED = "ended"


class Bound:
    """A handler bound to one life's instance."""

    __slots__ = ("call", "is_async", "kind", "name", "wants_sender")

    def __init__(
        self,
        name: str,
        call: Callable[..., Any],
        kind: HandlerKind,
        *,
        is_async: bool,
        wants_sender: bool,
    ) -> None:
        self.name = name
        self.call = call
        self.kind = kind
        self.is_async = is_async
        self.wants_sender = wants_sender


class Cell:
    """Runs the lives of one actor.

    Attributes:
        lives: how many there were, the present one included.
        ended: set once there will be no further life.
        last_failure: what ended the latest failed life.
    """

    def __init__(
        self,
        system: System,
        address: Address,
        factory: Callable[[], Actor],
        policy: RestartPolicy,
    ) -> None:
        self.system = system
        self.address = address
        self.policy = policy
        self.state = CellState.STARTING
        self.lives = 0
        self.actor: Actor | None = None
        self.requests_max = 0
        self.serving = 0
        self.last_failure = ""
        self.ended = Event()
        self.bound: dict[type, Bound] = {}
        self.mailbox: Mailbox[Any] | None = None
        self._factory = factory
        self._nursery: Nursery | None = None
        self._early: list[Envelope] = []
        self._watchers: list[Callable[[str], None]] = []
        self._stopping = False

    def __repr__(self) -> str:
        return f"<actor {self.address}, life {self.lives}, {self.state.value}>"

    # -- the lives ----------------------------------------------------------------------

    async def supervise(self) -> None:
        """Run life after life, as the policy says.

        Raises:
            GaveUpError: the actor failed more often than its policy tolerates.
            AssertionError: a bug; no supervisor may hide it.
        """
        history = RestartHistory(self.policy, self.system.host.random("supervise", *self.address))
        try:
            while True:
                error = await self._live()
                if error is None and self.policy.restart is not Restart.PERMANENT:
                    return
                if error is not None and self.policy.restart is Restart.TEMPORARY:
                    return
                if self._stopping and error is None:
                    return
                pause = history.note(current_time())
                if pause is None:
                    raise GaveUpError(
                        f"{self.address} failed more than {self.policy.intensity} times within "
                        f"{self.policy.period} s, last with {self.last_failure}"
                    ) from error
                self.state = CellState.WAITING
                await sleep(pause)
        finally:
            self.state = CellState.ENDED
            self.ended.set()
            self.system.forget(self)

    async def _live(self) -> Exception | None:
        """Run one life; return what it failed with."""
        self.state = CellState.STARTING
        self.lives += 1
        self.system.note(self, "start")
        try:
            await self._run_actor()
        except Exception as error:
            causes = tuple(leaves(error))
            bug = next((cause for cause in causes if isinstance(cause, AssertionError)), None)
            self.last_failure = text_of(causes[0])
            self._tell_watchers(f"failed: {self.last_failure}")
            self.system.note(self, "fail", reason=self.last_failure)
            if bug is not None:
                raise bug from error
            self.system.failures += 1
            return error
        self._tell_watchers("stopped")
        self.system.note(self, "stop")
        return None

    async def _run_actor(self) -> None:
        try:
            actor = self.actor = self._factory()
            actor.cell = self
            self.mailbox = Mailbox(actor.mailbox)
            self.requests_max = actor.mailbox.requests_max
            self.bound = {
                message_type: Bound(
                    handler.method,
                    getattr(actor, handler.method),
                    handler.kind,
                    is_async=handler.is_async,
                    wants_sender=handler.wants_sender,
                )
                for message_type, handler in handlers_of(type(actor)).items()
            }
            async with open_nursery() as nursery:
                self._nursery = nursery
                await actor.on_start()
                self.state = CellState.RUNNING
                early, self._early = self._early, []
                for envelope in early:
                    self.system.deliver_again(envelope)
                try:
                    await self._handle_messages(self.mailbox)
                finally:
                    self.state = CellState.WAITING
                await actor.on_stop()
                nursery.cancel_scope.cancel("the actor has stopped")
        except cancelled_class():
            await self._stop_in_order()
            raise
        finally:
            self._refuse_early()
            self._nursery = None
            self.actor = self.mailbox = None

    async def _stop_in_order(self) -> None:
        """Give the actor a moment to tidy up although everything around it is cancelled."""
        if self.actor is not None:
            with cancel_scope(shield=True), move_on_after(STOP_GRACE):
                await self.actor.on_stop()

    async def _handle_messages(self, mailbox: Mailbox[Any]) -> None:
        while True:
            item = await mailbox.take()
            if item is _STOP:
                return
            bound, message, sender = item
            result = bound.call(message, sender) if bound.wants_sender else bound.call(message)
            if bound.is_async:
                await result

    # -- what arrives -------------------------------------------------------------------

    def postpone(self, envelope: Envelope) -> str:
        """Keep what arrives while the actor starts; return why it cannot be kept."""
        if self.state is not CellState.STARTING:
            return self.state.value
        if len(self._early) >= EARLY_MAX:
            return "too many before it has started"
        self._early.append(envelope)
        return ""

    def put(self, bound: Bound, message: object, sender: Address) -> str:
        """Queue a one-way message; return why another, or this one, was dropped for it."""
        assert self.mailbox is not None
        dropped: object = self.mailbox.put((bound, message, sender))
        return "" if dropped is None else "mailbox full"

    def accept(self, bound: Bound, message: object, envelope: Envelope) -> None:
        """Serve a request or a stream in a task of its own."""
        assert self._nursery is not None
        if self.serving >= self.requests_max:
            self.system.fail(envelope, OverloadedError(str(self.address), self.requests_max))
        else:
            run = serve if bound.kind is HandlerKind.SERVES else serve_stream
            self._nursery.start_soon(run, self, bound, message, envelope, name=bound.name)

    def _refuse_early(self) -> None:
        early, self._early = self._early, []
        for envelope in early:
            self.system.refuse(envelope, CellState.ENDED.value, self.address)

    def waiting_at(self) -> tuple[str, ...]:
        """Say where the actor's tasks wait, one line each."""
        if self._nursery is None:
            return ()
        return current.runtime.waiting(self._nursery)

    # -- what the actor asks for --------------------------------------------------------

    @property
    def nursery(self) -> Nursery:
        """The nursery of the present life.

        Raises:
            ActorError: there is none.
        """
        if self._nursery is None:
            raise ActorError(f"{self.address} is {self.state.value}: it can start no tasks now")
        return self._nursery

    def start_soon(self, async_fn: AsyncFunction, *args: Any, name: str | None = None) -> None:
        """Run a task that ends with the present life."""
        self.nursery.start_soon(async_fn, *args, name=name)

    def after(self, seconds: float, function: Callable[..., None], *args: Any) -> Timer:
        """Call a plain function later, unless cancelled before."""
        timer = Timer(seconds, function, args)
        self.nursery.start_soon(timer.run, name=f"after {function.__name__}")
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
        self.nursery.start_soon(self._watch, target, name=f"watch {target}")

    async def _watch(self, target: Address) -> None:
        reason = "unreachable: its host said nothing about it"
        guard = Address(target.host, SYSTEM)
        try:
            async with self.system.open_stream(
                self.address, guard, WatchActor(target.name)
            ) as inbox:
                async for event in inbox:
                    reason = event.reason
        except RequestError as error:
            reason = f"unreachable: {error}"
        assert self.actor is not None
        self.actor.on_down(target, reason)

    def stop(self) -> None:
        """End the actor, in order."""
        self._stopping = True
        if self.mailbox is not None:
            self.mailbox.put(_STOP)

    def kill(self, reason: str) -> None:
        """Make the present life fail at once, as if it had raised."""

        async def fail() -> None:
            raise KilledError(reason)

        if self._nursery is not None:
            self._nursery.start_soon(fail, name="kill")

    # -- who wants to know --------------------------------------------------------------

    def on_end_of_life(self, told: Callable[[str], None]) -> None:
        """Call ``told(reason)`` once when the present life ends."""
        self._watchers.append(told)

    def _tell_watchers(self, reason: str) -> None:
        watchers, self._watchers = self._watchers, []
        for told in watchers:
            told(reason)


class KilledError(ActorError):
    """Somebody wanted this life of the actor to end."""


SYSTEM: Final = "system"
"""The name of the actor that answers for its host."""


def leaves(error: BaseException) -> Iterator[BaseException]:
    """Yield the exceptions in a group, or the exception itself, in order."""
    if isinstance(error, BaseExceptionGroup):
        for part in error.exceptions:
            yield from leaves(part)
    else:
        yield error
