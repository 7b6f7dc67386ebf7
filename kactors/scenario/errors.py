"""What can be wrong with a scenario, before or while it runs."""

from pathlib import Path

from kactors.errors import KactorsError

__all__ = ["BrokenFile", "GoalRaised", "InvalidScenario", "ScenarioError", "UnknownToken"]


class ScenarioError(KactorsError):
    """Base of what this package raises; never raised itself."""


class InvalidScenario(ScenarioError, ValueError):
    """A scenario contradicts itself, or names what its cluster does not have.

    Attributes:
        literal: what of the scenario's source is at fault, such as the name of a host; empty if it
            is no single thing.
    """

    def __init__(self, problem: str, *, literal: str = "") -> None:
        super().__init__(problem)
        self.literal = literal


class GoalRaised(ScenarioError):
    """A goal's predicate raised instead of answering; what it raised is the cause."""


class BrokenFile(ScenarioError):
    """A file holds no scenario that can be run.

    Attributes:
        path: of the file.
        line: counted from 1; 0 if it is no single line.
        problem: what is wrong, without the place.
    """

    def __init__(self, path: Path, line: int, problem: str) -> None:
        where = f"{path}:{line}" if line else str(path)
        super().__init__(f"{where}: {problem}")
        self.path = path
        self.line = line
        self.problem = problem

    def __reduce__(self) -> tuple[type["BrokenFile"], tuple[Path, int, str]]:
        """Let it come over from a worker process."""
        return BrokenFile, (self.path, self.line, self.problem)


class NothingPlanted(ScenarioError):
    """There is no corpus of planted bugs of that name, or no such bug in it."""


class UnknownToken(ScenarioError, ValueError):
    """A text is no replay token, or one of a scenario that is not there."""
