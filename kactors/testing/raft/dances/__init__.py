"""Faults with a shape: a few steps that tell the beginning of a known story.

Uniform draws find the bugs that one fault reveals. The others need leaders to change in a
certain way, with certain entries at certain members; a dance brings about the way and leaves
the rest to chance.
"""

from typing import Final

from kactors.testing.raft.dances.dance import Dance
from kactors.testing.raft.dances.ink import INK
from kactors.testing.raft.dances.letters import LETTERS
from kactors.testing.raft.dances.members import MEMBERS
from kactors.testing.raft.dances.reigns import REIGNS

__all__ = ["DANCES", "Dance"]

DANCES: Final = REIGNS + LETTERS + INK + MEMBERS
