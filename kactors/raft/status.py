"""A member at one moment, as a value to print and to compare."""

from typing import TYPE_CHECKING

import attrs

from kactors.raft.configuration import Configuration
from kactors.raft.role import Role

if TYPE_CHECKING:
    from kactors.raft.core import Raft

__all__ = ["MemberProgress", "Status", "status_of"]


@attrs.frozen
class MemberProgress:
    """One member as its leader sees it."""

    state: str
    match_index: int
    next_index: int
    recovering: bool
    inflight_messages: int
    inflight_bytes: int
    snapshot_index: int | None


@attrs.frozen
class Status:
    """One member as it sees itself; ``progress`` is empty unless it leads."""

    member: int
    role: Role
    term: int
    vote: int | None
    leader: int | None
    transferee: int | None
    recovering: bool
    first_index: int
    last_index: int
    durable_index: int
    commit_index: int
    applied_index: int
    uncommitted_bytes: int
    configuration: Configuration
    progress: dict[int, MemberProgress]


def status_of(raft: "Raft") -> Status:
    """Return ``raft`` at this moment."""
    log = raft.log
    return Status(
        member=raft.member,
        role=raft.role,
        term=raft.term,
        vote=raft.vote,
        leader=raft.leader,
        transferee=raft.transferee,
        recovering=raft.recovering,
        first_index=log.first_index,
        last_index=log.last_index,
        durable_index=log.durable_index,
        commit_index=log.commit_index,
        applied_index=log.applied_index,
        uncommitted_bytes=raft.uncommitted.bytes,
        configuration=raft.membership.active,
        progress={
            member: MemberProgress(
                state=progress.state.value,
                match_index=progress.match_index,
                next_index=progress.next_index,
                recovering=bool(progress.recovering),
                inflight_messages=len(progress.inflights),
                inflight_bytes=progress.inflights.bytes,
                snapshot_index=progress.transfer.snapshot.index if progress.transfer else None,
            )
            for member, progress in raft.progress.items()
        },
    )
