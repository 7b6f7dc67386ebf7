"""Python's search for cyclic garbage, while a simulation runs."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

__all__ = ["rare_collections"]

_ALLOCATIONS: Final = 50_000
"""New containers between two collections.

A simulated world holds millions of containers for long, and hardly any of its garbage is cyclic.
At Python's own 700 an eighth of the time of a cluster with hundreds of pods goes into looking for
it; from here on nothing measurable does, and the memory is the same.
"""


@contextmanager
def rare_collections() -> Iterator[None]:
    """Collect less often as long as the context is open; not at all if it was off before.

    Each end of it is a collection, sooner or later: hold one around many short runs.
    """
    before = gc.get_threshold()
    if 0 < before[0] < _ALLOCATIONS:
        gc.set_threshold(_ALLOCATIONS, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)
