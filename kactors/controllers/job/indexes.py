"""Sets of completion indexes, in the form in which a Job's status says them: ``1,3-5,7``.

Source: kubernetes pkg/controller/job/indexed_job_utils.go.
"""

from collections.abc import Iterable, Set
from typing import Final

from kactors.api.meta import annotations_of
from kactors.api.objects import Object

__all__ = ["COMPLETION_INDEX", "completion_index", "first_pending", "format_indexes",
           "parse_indexes"]  # fmt: skip

COMPLETION_INDEX: Final = "batch.kubernetes.io/job-completion-index"


def completion_index(pod: Object) -> int | None:
    """Return which part of the work a pod does; ``None`` if it does not say."""
    text = annotations_of(pod).get(COMPLETION_INDEX, "")
    return int(text) if text.isascii() and text.isdigit() else None


def parse_indexes(text: str) -> frozenset[int]:
    """Return the indexes that ``text`` says; parts that say nothing are ignored.

    Example:
        >>> sorted(parse_indexes("1,3-5"))
        [1, 3, 4, 5]
    """
    found: list[int] = []
    for part in text.split(","):
        first, _, last = part.partition("-")
        if first.isdigit() and (last.isdigit() or not last):
            found.extend(range(int(first), int(last or first) + 1))
    return frozenset(found)


def format_indexes(indexes: Iterable[int]) -> str:
    """Return the text that says these indexes; of three or more in a row only the ends are said.

    Example:
        >>> format_indexes([5, 1, 3, 4, 8, 9])
        '1,3-5,8,9'
    """
    runs: list[list[int]] = []
    for index in sorted(indexes):
        if runs and runs[-1][-1] + 1 == index:
            runs[-1].append(index)
        else:
            runs.append([index])
    parts: list[str] = []
    for run in runs:
        parts += [f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(each) for each in run]
    return ",".join(parts)


def first_pending(count: int, completions: int, taken: Set[int]) -> tuple[int, ...]:
    """Return the lowest indexes, at most ``count``, that are not taken."""
    pending = (index for index in range(completions) if index not in taken)
    return tuple(index for index, _ in zip(pending, range(count), strict=False))
