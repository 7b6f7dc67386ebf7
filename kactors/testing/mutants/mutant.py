"""One planted bug, as an entry of the corpus."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import attrs

__all__ = ["Mutant"]


@attrs.frozen(kw_only=True)
class Mutant:
    """A published or well-known bug, as a change of our code.

    Attributes:
        name: for tables and options: words joined by hyphens.
        number: its row in the corpus of ``docs/mutants.md``; several may share one.
        source: where it was found in the wild.
        invariant: what it breaks, in a few words.
        apply: a context in which our code has the bug.
        hunt: who looks for it: a key of a corpus module's ``HUNTERS``, or ``raft``.
        notes: what is worth knowing: why it is deep, why another form would be equivalent.
    """

    name: str
    number: int
    source: str
    invariant: str
    apply: Callable[[], AbstractContextManager[None]]
    hunt: str = "raft"
    notes: str = ""
