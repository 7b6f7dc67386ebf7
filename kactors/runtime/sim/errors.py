"""How a simulated run ends badly."""

from collections.abc import Sequence

from kactors.runtime.errors import RuntimeFaceError


class Cancelled(BaseException):
    """Raised by checkpoints inside a cancelled scope; the scope swallows it.

    A `BaseException`, so that ``except Exception`` does not stop a cancellation.
    """


class SimulationError(RuntimeFaceError):
    """A run of the simulated world could not go on."""


class DeadlockError(SimulationError):
    """Nothing can ever happen again, but somebody waits.

    Attributes:
        waiting: one line a task: its host, its name, and where it waits.
    """

    def __init__(self, at_ns: int, waiting: Sequence[str]) -> None:
        self.waiting = tuple(waiting)
        lines = "\n  ".join(waiting)
        super().__init__(
            f"at {at_ns / 1e9:.9f} s no event is left, but {len(waiting)} tasks wait:\n  {lines}"
        )


class LivelockError(SimulationError):
    """Virtual time stands still: tasks wake each other without end."""

    def __init__(self, at_ns: int, steps: int, task: str) -> None:
        super().__init__(
            f"{steps} steps were taken at {at_ns / 1e9:.9f} s and time does not move; the last was "
            f"of {task}: let its loop sleep, or raise `steps_at_one_instant_max`"
        )


class NeverAwaitsError(SimulationError):
    """One step of a task does not come to an end."""

    def __init__(self, task: str, cpu_seconds: float, where: str) -> None:
        super().__init__(
            f"{task} has run for {cpu_seconds:.0f} s of processor time without awaiting, last seen "
            f"at {where}: let it await something, or raise `step_seconds_max`"
        )
