"""A leader that has a quorum is left in peace, and one that has none gives up.

The two belong together. Members that hear from a leader ignore candidates, which may have
been removed or cut off; so a leader that only a minority hears must step down by itself, or
nobody could ever replace it.

Source: thesis, sections 4.2.3 and 6.2.
"""

from typing import TYPE_CHECKING

from kactors.raft import election, quorum
from kactors.raft.config import ReadMode
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft


def protects(raft: "Raft", asker: int) -> bool:
    """Answer whether this member shields a leader from ``asker``'s election.

    A leader that asks for an election does not lead any more, so it is not shielded from
    itself: else it could never return while everyone remembers it.
    """
    if not raft.config.check_quorum:
        return False
    if raft.role is Role.LEADER:
        return True  # without a quorum it would have stepped down
    if forgot_a_lease(raft):
        return True
    return raft.leader not in (None, asker) and raft.elapsed < raft.config.election_ticks


def forgot_a_lease(raft: "Raft") -> bool:
    """Answer whether this member may have shielded a leader just before it restarted."""
    return (
        raft.config.read_mode is ReadMode.LEASE
        and raft.now < raft.config.election_ticks
        and raft.log.last_index > 0
    )


def check_quorum(raft: "Raft") -> None:
    """Step down if no quorum was heard from within an election timeout."""
    progress, now, member = raft.progress, raft.now, raft.member

    def active_tick(voter: int) -> int:
        if voter == member:
            return now
        return 0 if progress[voter].recovering else progress[voter].active_tick

    if quorum.agreed(raft.membership.active, active_tick) + raft.config.election_ticks <= now:
        election.become_follower(raft, raft.term, None)
