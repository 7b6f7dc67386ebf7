"""What may go wrong in a controller, besides what the client and the apiserver report."""

from kactors.errors import KactorsError

__all__ = ["ControllerError", "MalformedPercentage", "MalformedSchedule", "TooManyMissedRuns"]


class ControllerError(KactorsError):
    """Base of what controllers raise; never raised itself."""


class MalformedPercentage(ControllerError, ValueError):
    """What should have been a number or a percentage is neither."""

    def __init__(self, value: object) -> None:
        super().__init__(
            f"{value!r} was given as a number or a percentage; write it as 3 or as '25%'"
        )


class MalformedSchedule(ControllerError, ValueError):
    """Text that is no schedule of cron's."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(
            f"{text!r} was given as a schedule: {why}; write five fields (minute, hour, day of "
            "month, month, day of week), or one of @yearly, @monthly, @weekly, @daily, @hourly, "
            "@every DURATION"
        )


class TooManyMissedRuns(ControllerError):
    """More runs of a schedule were missed than are worth counting."""
