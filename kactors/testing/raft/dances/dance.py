"""What a dance is."""

from collections.abc import Callable

import attrs

from kactors.testing.raft.protocol import Rng
from kactors.testing.raft.schedule import Fault, Kind

__all__ = ["Dance"]


@attrs.frozen
class Dance:
    """A story.

    Attributes:
        name: whose it is.
        kinds: the kinds of fault that it needs.
        steps: draws the faults; the second argument is an election timeout in milliseconds.
    """

    name: str
    kinds: frozenset[Kind]
    steps: Callable[[Rng, int], list[Fault]]
