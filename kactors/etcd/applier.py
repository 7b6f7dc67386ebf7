"""Applies committed entries to the store, and tells whoever proposed them.

An entry is waited for by its index *and* term: if another leader's entry is committed at that
index, the one that was waited for never will be, and that is a certain answer.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Protocol

import attrs

from kactors.etcd.errors import EtcdError
from kactors.etcd.messages.cluster import Member, MembersResponse
from kactors.etcd.store import Answer, Command, Store
from kactors.raft.messages import Entry
from kactors.wire import decode, message


class MemberAction(IntEnum):
    """What a change of the configuration means to the list of members."""

    ADD = 1
    REMOVE = 2
    PROMOTE = 3


@message("etcd.log.member_change")
class MemberChange:
    """The context of a change of the configuration: what the store has to know of it."""

    action: MemberAction
    member: Member


@message("etcd.log.member_update")
class MemberUpdated:
    """A member has other addresses, or says who it is."""

    member: Member


#: What an entry of a member's log can hold.
Entered = Command | MemberUpdated
Outcome = Answer | MembersResponse


class Proposer(Protocol):
    """Somebody who waits for an entry; a `kactors.runtime.Waiter` is one."""

    def wake(self, outcome: Outcome | None, /) -> object:
        """Take what became of the entry: None if it was never committed, and never will be."""


@attrs.frozen
class Pending:
    """An entry that somebody waits for."""

    term: int
    entered: Entered | None
    proposer: Proposer


class Applier:
    """Applies entries in their order.

    Attributes:
        store: what they are applied to.
        pending: who waits, by index.
        members_changed: the list of members is not what it was; reset by whoever takes note.
    """

    def __init__(self, store: Store) -> None:
        self.store = store
        self.pending: dict[int, Pending] = {}
        self.members_changed = True

    def apply(self, entries: Sequence[Entry]) -> None:
        """Apply committed entries."""
        store, waiting = self.store, self.pending
        for entry in entries:
            index, term = entry.index, entry.term
            pending = waiting.pop(index, None) if waiting else None
            mine = pending is not None and pending.term == term
            answer: Outcome | None = None
            if entry.data:
                if pending is not None and mine and pending.entered is not None:
                    entered = pending.entered  # what was encoded here need not be decoded here
                else:
                    entered = _command(entry.data)
                if isinstance(entered, MemberUpdated):
                    answer = self._update(index, term, entered.member)
                else:
                    answer = store.apply(index, term, entered)
            elif entry.change is not None:
                answer = self._change(entry)
            else:
                store.skip(index, term)
            if pending is not None:
                pending.proposer.wake(answer if mine else None)

    def adopt(self, store: Store) -> None:
        """Go on with a leader's snapshot; nobody can wait for what it covers any more."""
        self.store.adopt(store)
        self.members_changed = True
        for index in [index for index in self.pending if index <= store.applied_index]:
            self.pending.pop(index).proposer.wake(None)

    def fail_pending(self, answer: EtcdError) -> None:
        """Answer everybody who waits."""
        pending, self.pending = self.pending, {}
        for each in pending.values():
            each.proposer.wake(answer)

    def members_response(self) -> MembersResponse:
        """Return the members as they are now."""
        store = self.store
        return MembersResponse(store.header(store.mvcc.revision), store.membership.members)

    def _update(self, index: int, term: int, member: Member) -> MembersResponse:
        membership = self.store.membership
        self.store.skip(index, term)
        before = membership.get(member.id)
        if before is not None:
            # Who votes is decided by changes of the configuration alone.
            membership.put(
                Member(
                    member.id,
                    member.name,
                    member.peer_urls,
                    member.client_urls,
                    is_learner=before.is_learner,
                )
            )
        self.members_changed = True
        return self.members_response()

    def _change(self, entry: Entry) -> MembersResponse:
        assert entry.change is not None, f"entry {entry.index} changes nothing"
        self.store.skip(entry.index, entry.term)
        if entry.change.context:
            change = decode(entry.change.context)
            assert isinstance(change, MemberChange), f"{change!r} is no change of members"
            membership = self.store.membership
            match change.action:
                case MemberAction.ADD:
                    membership.put(change.member)
                case MemberAction.REMOVE:
                    membership.remove(change.member.id)
                case MemberAction.PROMOTE:
                    membership.promote(change.member.id)
            self.members_changed = True
        return self.members_response()


def _command(data: bytes) -> Entered:
    found = decode(data)
    assert isinstance(found, Entered), f"the log holds {found!r}, which is no command"
    return found
