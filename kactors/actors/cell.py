"""What surrounds an actor through all its lives: its name, its supervisor, who watches it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import TYPE_CHECKING, Final

from kactors.actors.errors import GaveUpError, HandlerError, KilledError, leaves, text_of
from kactors.actors.life import Life
from kactors.actors.serving import Bound
from kactors.actors.supervision import RestartHistory, RestartPolicy
from kactors.runtime import CancelScope, cancel_scope, checkpoint, current_time, sleep
from kactors.transport.envelope import Address, Envelope

if TYPE_CHECKING:
    from kactors.actors.actor import Actor
    from kactors.actors.system import System

EARLY_MAX: Final = 10_000
"""How many envelopes may wait for an actor to start."""

_BUGS: Final = (AssertionError, HandlerError)
"""What no restart can mend, and no supervisor may hide."""


class CellState(Enum):
    """Where in its life an actor is."""

    STARTING = "starting"
    RUNNING = "running"
    ENDING = "ending"
    WAITING = "waiting to be restarted"
    ENDED = "ended"


class Cell:
    """Runs the lives of one actor.

    Attributes:
        handlers: the present life's, by message type, while it runs; else None.
        lives: how many had this name since the host's life began, the present one included.
        life: the present one.
        last_failure: what ended the latest failed life.
    """

    def __init__(
        self,
        system: System,
        address: Address,
        factory: Callable[[], Actor],
        policy: RestartPolicy,
        lives: int,
    ) -> None:
        self.system = system
        self.address = address
        self.policy = policy
        self.state = CellState.STARTING
        self.handlers: dict[type, Bound] | None = None
        self.lives = lives
        self.life: Life | None = None
        self.last_failure = ""
        self._factory = factory
        self._early: list[tuple[int, Envelope]] = []
        self._watchers: dict[Callable[[str], object], None] = {}
        self._dismissed = False
        self._backoff: CancelScope | None = None

    def __repr__(self) -> str:
        return f"<actor {self.address}, life {self.lives}, {self.state.value}>"

    @property
    def actor(self) -> Actor | None:
        """The instance of the present life."""
        return None if self.life is None else self.life.actor

    # -- life after life ----------------------------------------------------------------

    async def supervise(self) -> None:
        """Run life after life, as the policy says.

        Raises:
            GaveUpError: the actor failed more often than its policy tolerates.
            AssertionError, HandlerError: a bug; no supervisor may hide it.
        """
        policy = self.policy
        history = RestartHistory(policy, self.system.host.random("supervise", *self.address))
        try:
            while not self._dismissed:
                error = await self._live()
                await checkpoint()  # if it failed while being cancelled, that is its end
                if not self._goes_on(failed=error is not None):
                    return
                pause = history.note(current_time())
                if pause is None:
                    raise GaveUpError(
                        f"{self.address} ended more than {policy.intensity} times within "
                        f"{policy.period:g} s, last with {self.last_failure or 'no failure'}"
                    ) from error
                self.state = CellState.WAITING
                with cancel_scope() as self._backoff:
                    await sleep(pause)
                self.state = CellState.STARTING
        finally:
            self.state = CellState.ENDED
            self._refuse_early()
            self.system.forget(self)

    def _goes_on(self, *, failed: bool) -> bool:
        return not self._dismissed and self.policy.restart.after(failed=failed)

    async def _live(self) -> Exception | None:
        """Run one life; return what it failed with, or None if it has stopped."""
        self.lives += 1
        self.system.life_begins(self)
        reason = "stopped"
        try:
            self.life = Life(self, self._factory(), self.lives)
            await self.life.run()
        except Exception as error:  # noqa: BLE001 - whatever it is, the policy decides
            reason = self._note_failure(error)
            _raise_bugs(error)
            return error
        except BaseExceptionGroup as group:
            # Whatever fails while being cancelled is noted; the cancellation goes on.
            failures, cancellation = group.split(Exception)
            if failures is not None:
                reason = self._note_failure(failures)
                _raise_bugs(failures)
            raise cancellation or group from None
        finally:
            self.end_running()
            life, self.life = self.life, None
            self.system.life_ends(self, life, reason)
            self._refuse_early()
            self._tell_watchers(reason)
        return None

    def _note_failure(self, error: Exception) -> str:
        self.last_failure = text_of(next(leaves(error)))
        self.system.failures += 1
        return f"failed: {self.last_failure}"

    def begin_running(self) -> None:
        """Take messages: `Actor.on_start` has returned."""
        life = self.life
        assert life is not None, f"{self!r} runs without a life"
        if life.mailbox.closed:
            return  # it stopped itself before it ran
        self.state = CellState.RUNNING
        self.handlers = life.bound
        early, self._early = self._early, []
        for since_ns, envelope in early:
            self.system.receiver.deliver_early(envelope, since_ns)

    def end_running(self) -> None:
        """Take no further messages."""
        self.handlers = None
        self.state = CellState.ENDING

    def dismiss(self) -> None:
        """End the present life in order, and let no other follow, whatever the policy says."""
        self._dismissed = True
        if self._backoff is not None:
            self._backoff.cancel()
        if self.life is not None:
            self.life.dismiss()

    def kill(self, reason: str) -> bool:
        """Make the present life fail at once, as if it had raised; say whether there is one."""
        if self.life is None:
            return False
        self.life.fail(KilledError(reason))
        return True

    # -- messages that come too soon ----------------------------------------------------

    def postpone(self, envelope: Envelope) -> str:
        """Keep what arrives while the actor starts; return why it cannot be kept."""
        if self.state is not CellState.STARTING:
            return str(self.state.value)
        if len(self._early) >= EARLY_MAX:
            return "too many before it has started"
        self._early.append((self.system.host.clock.monotonic_ns(), envelope))
        return ""

    def _refuse_early(self) -> None:
        early, self._early = self._early, []
        for _, envelope in early:
            self.system.receiver.refuse_early(envelope, self)

    # -- who wants to know --------------------------------------------------------------

    def on_end_of_life(self, told: Callable[[str], object]) -> None:
        """Call ``told(reason)`` once when the present life ends."""
        self._watchers[told] = None

    def forget_watcher(self, told: Callable[[str], object]) -> None:
        """Do not call ``told`` any more."""
        self._watchers.pop(told, None)

    def _tell_watchers(self, reason: str) -> None:
        watchers, self._watchers = self._watchers, {}
        for told in watchers:
            told(reason)


def _raise_bugs(error: Exception) -> None:
    for cause in leaves(error):
        if isinstance(cause, _BUGS):
            raise cause from None
