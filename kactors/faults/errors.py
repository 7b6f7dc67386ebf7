"""Exceptions of the fault layer."""

from kactors.errors import KactorsError


class FaultError(KactorsError):
    """Base of what this layer raises."""


class InvalidFaultError(FaultError, ValueError):
    """A fault, a trigger or a plan says something that cannot be.

    Attributes:
        field: which field says it, if it is one alone.
    """

    def __init__(self, problem: str, *, field: str = "") -> None:
        super().__init__(problem)
        self.field = field


class UnknownHostError(FaultError, LookupError):
    """A plan names a host that the world does not have."""


class SchemaError(FaultError, ValueError):
    """A text is not a fault plan.

    Attributes:
        path: where in the document, as ``faults[2].start``; empty for the whole.
        line: the line of the text, counted from 1, if it is known.
    """

    def __init__(self, problem: str, *, path: str = "", line: int | None = None) -> None:
        where = [f"line {line}"] if line is not None else []
        where += [path] if path else []
        super().__init__(": ".join([", ".join(where), problem] if where else [problem]))
        self.problem = problem
        self.path = path
        self.line = line


class UnsupportedFaultError(FaultError):
    """The world that a plan is applied to cannot do this to its hosts."""
