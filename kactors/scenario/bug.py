"""An exception that escaped from the world: a bug of kactors, told so that it is recognised."""

import traceback
from collections.abc import Iterator
from pathlib import Path

import attrs

import kactors
from kactors.actors.errors import HandlerError, leaves

__all__ = ["Bug", "bug_of"]

_ROOT = Path(kactors.__file__).parent


@attrs.frozen
class Bug:
    """What went wrong in a component.

    Attributes:
        signature: the kind of exception and the function that raised it.
        text: what it said and where.
    """

    signature: str
    text: str


def bug_of(problem: Exception) -> Bug | None:
    """Return the bug that an exception reveals.

    Nothing for what no component of the simulated world has raised: an error of the runner itself,
    or of the scenario, which is not to be taken for a finding.
    """
    for cause in leaves(problem):
        for each in _chain(cause):
            frames = [frame for frame in traceback.extract_tb(each.__traceback__) if _ours(frame)]
            if frames and _in_world(each):
                last = frames[-1]
                place = f"{Path(last.filename).relative_to(_ROOT).as_posix()}:{last.name}"
                kind = type(each).__name__
                text = f"{kind}: {each} (in {place}, line {last.lineno})"
                return Bug(f"bug: {kind} in {place}", text)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield what caused an error, innermost first, and itself in the end."""
    if isinstance(error, HandlerError) and error.__cause__ is not None:
        yield from _chain(error.__cause__)
    yield error


def _ours(frame: traceback.FrameSummary) -> bool:
    return Path(frame.filename).is_relative_to(_ROOT)


def _in_world(error: BaseException) -> bool:
    """Tell whether an error was raised while the kernel ran a task or an event."""
    names = [frame.filename for frame in traceback.extract_tb(error.__traceback__)]
    return any(Path(name).parts[-2:] == ("sim", "kernel.py") for name in names) or isinstance(
        error, (AssertionError, HandlerError)
    )
