"""Columns, and the cells that tables of several kinds have."""

from collections.abc import Callable, Iterable
from typing import Any

import attrs

from kactors.api.meta import metadata_of, name_of
from kactors.api.objects import Object, field
from kactors.api.printers.duration import since

__all__ = [
    "AGE", "NAME", "NONE", "Cell", "Column", "Table", "age", "at", "containers", "images", "joined",
    "labels_text", "wide",
]  # fmt: skip

NONE = "<none>"

Cell = Callable[[Object, int], str]
"""Returns the text of a cell; the second argument is the present time in ns since 1970."""


@attrs.frozen
class Column:
    """One column.

    Attributes:
        title: above it.
        cell: see there.
        wide: shown only to who asks for more.
    """

    title: str
    cell: Cell
    wide: bool = False


Table = tuple[Column, ...]


def wide(title: str, cell: Cell) -> Column:
    """Return a column that is shown only to who asks for more."""
    return Column(title, cell, wide=True)


def at(*path: str, default: Any = NONE) -> Cell:
    """Return the cell that shows what stands at a path."""

    def cell(obj: Object, now_ns: int) -> str:
        del now_ns
        value = field(obj, *path, default=default)
        return str(value) if value != "" else str(default)

    return cell


def age(obj: Object, now_ns: int) -> str:
    """Return how long an object has been there."""
    return since(metadata_of(obj).get("creationTimestamp"), now_ns)


def joined(values: Iterable[object]) -> str:
    """Return values with commas between them; `NONE` for none."""
    return ",".join(str(value) for value in values) or NONE


def labels_text(labels: Any) -> str:
    """Return labels as ``a=b,c=d``, sorted; `NONE` for none."""
    return joined(f"{key}={value}" for key, value in sorted((labels or {}).items()))


def _of_containers(name: str) -> Callable[..., Cell]:
    def of_template(*path: str) -> Cell:
        def cell(obj: Object, now_ns: int) -> str:
            del now_ns
            found = field(obj, *path, "spec", "containers", default=())
            return ",".join(each.get(name, "") for each in found)

        return cell

    return of_template


containers = _of_containers("name")
"""Return the cell of the containers' names, given the path of the pod template."""
images = _of_containers("image")
"""Return the cell of the containers' images, given the path of the pod template."""

NAME = Column("NAME", lambda obj, _: name_of(obj))
AGE = Column("AGE", age)
