"""When a failed actor is started again, and when its supervisor gives up.

One-for-one: the failure of one actor does not touch its siblings. The words are Erlang's
(``supervisor`` in OTP's design principles): *intensity* restarts within a *period* are
tolerated; one more is passed on upwards.
"""

from collections import deque
from enum import Enum
from typing import Final

import attrs

from kactors.actors.checks import above, at_least, share
from kactors.runtime import Random

DOUBLINGS_MAX: Final = 60


class Restart(Enum):
    """After which ends of its life an actor is started again."""

    PERMANENT = "permanent"
    """After every end, also when it has stopped by itself."""

    TRANSIENT = "transient"
    """After a failure, not after it has stopped by itself."""

    TEMPORARY = "temporary"
    """Never; its failure is noted and goes no further."""

    def after(self, *, failed: bool) -> bool:
        """Tell whether a life that ended so is followed by another."""
        return self is Restart.PERMANENT or (self is Restart.TRANSIENT and failed)


@attrs.frozen
class RestartPolicy:
    """How a supervisor treats one actor.

    Attributes:
        restart: after which ends it starts the actor again.
        intensity: how many restarts it tolerates within ``period``.
        period: seconds of the host's monotonic clock.
        backoff: seconds before the first restart; doubles with each further one.
        backoff_max: seconds, the longest pause.
        jitter: by which share a pause may be longer or shorter.

    Raises:
        PolicyError: a number makes no sense.
    """

    restart: Restart = Restart.TRANSIENT
    intensity: int = attrs.field(default=5, validator=at_least(0))
    period: float = attrs.field(default=60.0, validator=above(0))
    backoff: float = attrs.field(default=0.1, validator=at_least(0))
    backoff_max: float = attrs.field(default=10.0, validator=at_least(0))
    jitter: float = attrs.field(default=0.2, validator=share)


class RestartHistory:
    """The recent restarts of one actor, and what they allow."""

    def __init__(self, policy: RestartPolicy, random: Random) -> None:
        self._policy = policy
        self._random = random
        self._times: deque[float] = deque()

    def note(self, now: float) -> float | None:
        """Note an end at ``now``; return the pause before the restart, or None to give up.

        Args:
            now: seconds of the host's monotonic clock.
        """
        policy = self._policy
        while self._times and self._times[0] <= now - policy.period:
            self._times.popleft()
        if len(self._times) >= policy.intensity:
            return None
        doublings = min(len(self._times), DOUBLINGS_MAX)
        pause = min(policy.backoff_max, policy.backoff * 2.0**doublings)
        self._times.append(now)
        return pause * (1.0 + policy.jitter * (2.0 * self._random.random() - 1.0))
