"""Exceptions of the checkers. A violation that a checker finds is a value, never one of these."""

from kactors.errors import KactorsError


class CheckingError(KactorsError):
    """Base of what the checkers raise; never raised itself."""


class MalformedHistory(CheckingError):
    """A history's text is not in the format of ``docs/histories.md``.

    Attributes:
        line: which line, counted from 1.
        found: what stands there.
        remedy: what to do about it.
    """

    def __init__(self, line: int, found: str, remedy: str) -> None:
        super().__init__(f"line {line}: {found}; {remedy}")
        self.line = line
        self.found = found
        self.remedy = remedy


class MalformedLog(CheckingError):
    """The record that is taken for the truth contradicts itself, so nothing can be judged by it."""
