"""Plain calls in the future, and their taking back."""

import math

import pytest

from kactors.actors import Actor
from tests.actors.cast import Idle, Lives, serve, small_world


class Alarm(Actor):
    """Sets timers."""

    def __init__(self) -> None:
        self.rang: list[tuple[str, float]] = []

    async def on_start(self) -> None:
        """Set three."""
        self.early = self.after(1.0, self.ring, "early")
        self.late = self.after(2.0, self.ring, "late")
        self.never = self.after(3.0, self.ring, "never")

    def ring(self, which: str) -> None:
        """Note when, and take back the next."""
        self.rang.append((which, self.host.clock.monotonic_ns() / 1e9))
        if which == "late":
            self.late.cancel()  # itself: too late, and no harm
            self.never.cancel()


def test_a_timer_rings_once_unless_it_was_cancelled() -> None:
    """Also one that cancels itself, or another, while it rings."""
    world = small_world()
    alarm = serve(world, Alarm).last

    world.run_for(10)

    assert alarm.rang == [("early", 1.0), ("late", 2.0)]
    assert not any(timer.active for timer in (alarm.early, alarm.late, alarm.never))


def test_a_timer_may_be_cancelled_before_its_task_has_begun() -> None:
    """In the same breath as it was set."""

    class Hasty(Alarm):
        async def on_start(self) -> None:
            self.after(0.0, self.ring, "now").cancel()

    world = small_world()
    hasty = serve(world, Hasty).last
    world.run_for(1)

    assert hasty.rang == []


def test_timers_end_with_the_life_that_set_them() -> None:
    """The next life sets its own."""
    world = small_world()
    lives: Lives = serve(world, Alarm)
    world.run_for(0.5)

    world.hosts["b"].system.kill("server", "a test")
    world.run_for(10)

    assert lives.actors[0].rang == []
    assert [which for which, _ in lives.actors[1].rang] == ["early", "late"]


def test_a_function_that_raises_fails_the_actor() -> None:
    """As any task of it does."""

    class Clumsy(Alarm):
        async def on_start(self) -> None:
            if not failures:
                self.after(1.0, self.drop)

        def drop(self) -> None:
            failures.append("dropped")
            raise ValueError("dropped")

    failures: list[str] = []
    world = small_world()
    lives = serve(world, Clumsy)
    world.run_for(5)

    assert len(lives) == 2
    assert world.hosts["b"].system.cells["server"].last_failure == "ValueError: dropped"


@pytest.mark.parametrize("seconds", [-1.0, math.nan])
def test_the_past_is_refused_where_it_is_asked_for(seconds: float) -> None:
    """Not later, in a task that nobody expects."""
    world = small_world()
    alarm = serve(world, Idle).last

    with pytest.raises(ValueError, match="from 0 on"):
        alarm.after(seconds, print)
