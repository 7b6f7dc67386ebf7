"""A member that lost its disk must not vote twice.

Theory of operation
===================

A voter whose storage is gone may have voted and acknowledged entries, and knows nothing of
it. If it simply came back, two candidates could win one term with its help, and entries
that it acknowledged could be outvoted. So a member that starts with an empty storage is
*recovering*, which is part of its hard state: it receives the log, but it is in no quorum.
It does not campaign, grants no vote and no pre-vote, and its replies say so, whereupon
the leader neither counts what it acknowledges nor takes it for a confirmation of reads,
leases or activity. For elections it is as good as down, and that is always safe.

It is an ordinary member again when the others have decided, without it, that it has no
vote: a configuration in which it is not a voter is committed. A look into its own log
does not prove that, for the log also tells of the time before it became a voter, years
ago. It must be the configuration of *now*: the member asks the leader for a read index,
under a number that no earlier incarnation used, and waits until it has committed that
index. (A leader answers only when a quorum has confirmed it after the question.)

From then on whatever it promised before binds nobody: a candidate that still counts its
old vote has a configuration two changes behind, and a quorum that knows better.

What follows for operation:

* A new member starts with ``joining``, is added as a learner, and is promoted when it has
  caught up. The leader refuses other ways (`ConfRefusal.NOT_CAUGHT_UP`).
* A wiped voter starts with ``joining``, too. Demote it to learner, or remove it and add it
  as a learner; then promote it. Until then the others must do without its vote.
* To bootstrap a wiped member as if the cluster were new is the one thing nobody can detect.

Source: the danger is known from RethinkDB's Jepsen analysis; the cure follows the recovery
of Viewstamped Replication (nonce and quorum), carried by ReadIndex and membership changes.
"""

from typing import TYPE_CHECKING

from kactors.raft import membership, read_index, replication
from kactors.raft.config import Config
from kactors.raft.errors import StorageLost
from kactors.raft.ready import HardState
from kactors.raft.storage import LogStorage

if TYPE_CHECKING:
    from kactors.raft.core import Raft

# Starting


def is_blank(config: Config, storage: LogStorage) -> bool:
    """Answer whether this member starts without any memory, as a joining one may.

    Raises:
        StorageLost: it is not a joining one.
    """
    if storage.hard_state.term or storage.last_index or storage.snapshot.index:
        return False
    if not config.joining:
        raise StorageLost(
            f"the storage of member {config.member} is empty: bootstrap it if the cluster is "
            "new; else set joining, and it stays out of all quorums until it may enter them"
        )
    return True


def recall(raft: "Raft", hard_state: HardState, applied_index: int) -> None:
    """Find the commit index and the configurations again after a restart.

    Raises:
        StorageLost: the log ends before what was applied.
    """
    log, storage = raft.log, raft.storage
    if applied_index > log.last_index:
        raise StorageLost(
            f"member {raft.member} has applied {applied_index}, but its log ends at "
            f"{log.last_index}: entries were lost; empty its storage and let it join again"
        )
    entries = storage.entries(storage.snapshot.index + 1, log.last_index + 1)
    log.change_indexes.extend(entry.index for entry in entries if entry.change is not None)
    known = max(
        hard_state.commit_index, applied_index, membership.implied_commit(log.change_indexes)
    )
    # The hard state is written before the entries, so it may speak of lost ones.
    replication.commit_to(raft, min(known, log.last_index))
    log.resume_applying(applied_index)


# Recovering


def announced(raft: "Raft") -> int:
    """Return what replies say: this start's number while recovering, else 0."""
    return raft.config.boot if raft.recovering else 0


def tick(raft: "Raft") -> None:
    """Ask the leader, once per election timeout, what the configuration of now is."""
    if raft.recovered_by is None and raft.leader is not None:
        if raft.recovery_elapsed % raft.config.election_ticks == 0:
            read_index.ask_for_recovery(raft, raft.leader)
        raft.recovery_elapsed += 1


def learned(raft: "Raft", index: int) -> None:
    """Take in that whoever has committed ``index`` knows the configuration of now."""
    raft.recovered_by = index
    consider(raft)


def consider(raft: "Raft") -> None:
    """Become ordinary if the others have decided that this member has no vote."""
    if raft.recovering and is_recovered(raft):
        raft.recovering = False


def is_recovered(raft: "Raft") -> bool:
    """Answer whether the configuration of now, or a later one, gives this member no vote."""
    return (
        raft.recovered_by is not None
        and raft.log.commit_index >= raft.recovered_by
        and not raft.membership.active.is_voter(raft.member)
    )
