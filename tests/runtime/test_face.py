"""What belongs to neither world."""

from functools import partial

import kactors.runtime
from kactors.runtime import sleep
from kactors.runtime.face import name_of
from kactors.runtime.frames import where


def test_every_export_is_there() -> None:
    """The package offers trio's names for what the issue asks."""
    for name in (
        "CancelScope",
        "Event",
        "Lock",
        "Semaphore",
        "cancel_scope",
        "checkpoint",
        "current_time",
        "fail_after",
        "move_on_after",
        "open_channel",
        "open_nursery",
        "sleep",
        "sleep_until",
        "stream",
    ):
        assert hasattr(kactors.runtime, name)


def test_what_runs_has_a_name() -> None:
    """A function's own, within a partial too; else that of its type."""

    class Callable:
        async def __call__(self) -> None:
            pass

    assert name_of(sleep) == "sleep"
    assert name_of(partial(partial(sleep, 1.0), 2.0)) == "sleep"
    assert name_of(Callable()).endswith("Callable")


def test_what_does_not_wait_is_nowhere() -> None:
    """A coroutine that has ended waits at its end; one not begun, at its beginning."""

    async def nothing() -> None:
        pass

    coroutine = nothing()
    assert "in test_what_does_not_wait_is_nowhere.<locals>.nothing" in where(coroutine)
    coroutine.close()
    assert where(coroutine) == "its end"
    assert where(None) == "its end"
