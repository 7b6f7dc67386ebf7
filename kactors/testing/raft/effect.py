"""Proof that chaos happened: what became of each fault."""

import attrs

from kactors.testing.raft.schedule import Kind

__all__ = ["Count", "Effect", "Tally"]


@attrs.define(eq=False)
class Effect:
    """One fault that fired.

    Attributes:
        felt: whether it made a difference to any member: something was lost, late or gone.
    """

    kind: Kind
    felt: bool = False


@attrs.define
class Count:
    """How often a kind of fault was asked for, came to pass, and made a difference."""

    armed: int = 0
    fired: int = 0
    felt: int = 0

    def add(self, other: "Count") -> None:
        """Count ``other``, too."""
        self.armed += other.armed
        self.fired += other.fired
        self.felt += other.felt


class Tally:
    """A `Count` for each kind of fault."""

    def __init__(self) -> None:
        self.counts = {kind: Count() for kind in Kind}

    def add(self, other: "Tally") -> None:
        """Count ``other``, too."""
        for kind, count in other.counts.items():
            self.counts[kind].add(count)

    @property
    def silent(self) -> tuple[Kind, ...]:
        """The kinds that never made a difference."""
        return tuple(kind for kind, count in self.counts.items() if not count.felt)
