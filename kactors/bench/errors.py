"""What can go wrong with a benchmark; everything is a `BenchError`."""

from pathlib import Path

from kactors.errors import KactorsError

__all__ = ["BenchError", "BrokenConfig", "BrokenTemplate", "NoWorkload", "Refused", "Stuck"]


class BenchError(KactorsError):
    """A benchmark cannot be run, or not to its end."""


class BrokenConfig(BenchError):
    """A file says something that cannot be followed.

    Args:
        file: which one.
        line: in it, from 1.
        what: was found, and what to do about it.
    """

    def __init__(self, file: Path, line: int, what: str) -> None:
        super().__init__(f"{file}:{line}: {what}")
        self.file = file
        self.line = line


class BrokenTemplate(BenchError):
    """The text of a template cannot be carried out."""


class NoWorkload(BenchError):
    """Nothing is left after everything that was asked for has been chosen."""


class Refused(BenchError):
    """An apiserver does not take what a workload creates."""


class Stuck(BenchError):
    """Pods are not scheduled, and nothing will happen that could change that."""
