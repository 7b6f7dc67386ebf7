"""The property in one line: `survives` runs a schedule and raises with all there is to know."""

import tempfile
import zlib
from pathlib import Path

from kactors.checking.raft_invariants import Violation
from kactors.testing.raft.diagram import draw
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.recorder import Recorder
from kactors.testing.raft.run import Outcome, run
from kactors.testing.raft.schedule import Schedule
from kactors.testing.raft.transcript import transcript

__all__ = ["PropertyBroken", "explain", "survives"]


class PropertyBroken(AssertionError):
    """A schedule breaks a property of Raft: a bug is found.

    Attributes:
        schedule: does it again.
        violation: which property, and how.
        page: the space-time diagram; ``None`` if it could not be written.
    """

    def __init__(
        self, text: str, schedule: Schedule, violation: Violation, page: Path | None
    ) -> None:
        super().__init__(text)
        self.schedule = schedule
        self.violation = violation
        self.page = page


def survives(
    schedule: Schedule, implementation: Implementation = OURS, *, pages: Path | None = None
) -> Outcome:
    """Run ``schedule`` and return what became of it.

    Args:
        schedule: what goes wrong.
        implementation: the Raft to test.
        pages: where the diagram of a failure is written; the system's directory for
            temporary files if not given.

    Raises:
        PropertyBroken: a property does not hold.
    """
    outcome = run(schedule, implementation)
    if outcome.violation is not None:
        raise explain(schedule, implementation, pages=pages)
    return outcome


def explain(
    schedule: Schedule, implementation: Implementation = OURS, *, pages: Path | None = None
) -> PropertyBroken:
    """Run a schedule that is known to fail again, and return the failure with its explanation."""
    recorder = Recorder()
    outcome = run(schedule, implementation, recorder=recorder)
    violation = outcome.violation
    assert violation is not None, f"this schedule breaks nothing:\n{schedule}"
    page: Path | None
    page = (pages or Path(tempfile.gettempdir())) / _file_name(implementation, violation)
    drawing = draw(recorder, implementation, title=str(violation), schedule=str(schedule))
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text(drawing, encoding="utf-8")
        drawn = f"the whole of it is drawn in {page}"
    except OSError as problem:
        # The finding is worth more than its picture.
        drawn = f"it cannot be drawn in {page.parent}: {problem.strerror}"
        page = None
    text = (
        f"{implementation.name} breaks a property after {outcome.virtual_ns / 1e9:.3f} s:\n"
        f"  {violation}\n"
        f"the schedule, to be pasted into a test:\n{schedule}\n"
        f"what happened last:\n{transcript(recorder, implementation)}\n"
        f"{drawn}"
    )
    return PropertyBroken(text, schedule, violation, page)


def _file_name(implementation: Implementation, violation: Violation) -> str:
    """Return a name that another property or implementation does not have."""
    mark = zlib.crc32(f"{implementation.name} {violation.invariant}".encode())
    return f"raft-failure-{mark:08x}.html"
