"""The safety properties of Raft, checked after every step of every member.

`RaftObserver` is told what happens and remembers what must stay true. It costs in proportion to
what changed, so it can look at each of a million steps. It knows no implementation: it reads
a `MemberView`, a log, and what is on disk.

Sources: Raft paper, Figure 3 (election safety to state machine safety); the rest are the
promises that those rest on: section 5.2 (one vote in a term), section 5.1 (terms do not go
back), section 5.5 and Figure 2 (persist before answering), thesis 6.4 (reads).
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import Any

import attrs

from kactors.checking.raft_view import Ack, DurableState, LogView, MemberView, Promise, Role, Vote

__all__ = ["Invariant", "RaftObserver", "Violation"]


class Invariant(StrEnum):
    """What must hold; the values are what people read."""

    ELECTION_SAFETY = "election safety: a term has at most one leader"
    LEADER_APPEND_ONLY = "leader append-only: a leader never replaces its own entries"
    LOG_MATCHING = "log matching: equal index and term mean equal logs up to there"
    LEADER_COMPLETENESS = "leader completeness: a leader has all that was committed before"
    STATE_MACHINE_SAFETY = "state machine safety: one entry is committed at an index"
    MONOTONE_TERM = "a member's term does not go back"
    MONOTONE_COMMIT = "a commit index does not go back"
    VOTE_ONCE = "a member votes for one candidate in a term"
    PERSISTED_BEFORE_SENT = "what a message promises is durable before it leaves"
    COMMITTED_ON_QUORUM = "what is committed is durable on a quorum"
    LINEARIZABLE_READ = "a read sees all that was committed before it was asked"
    EXACTLY_ONCE = "a state machine applies every entry once and in order"
    SNAPSHOT_IS_STATE = "a snapshot is the state at its index"


@attrs.frozen
class Violation:
    """A property that did not hold; ``text`` says who did what."""

    invariant: str
    text: str
    member: int

    def __str__(self) -> str:
        return f"{self.invariant}; {self.text}"


@attrs.frozen
class _Decided:
    """What was committed at an index, and the term in which it was first known."""

    term: int
    payload: Any
    known_in: int


class _Seen:
    """The last view of one member in its present life, and its log's terms."""

    __slots__ = ("terms", "view")

    def __init__(self, view: MemberView) -> None:
        self.view = view
        self.terms: dict[int, int] = {}


class RaftObserver:
    """Watches a cluster; ``broken`` is the first violation, and the rest may be nonsense.

    Attributes:
        broken: what did not hold, ``None`` so far.
        leaders: ``{term: member}`` of every leader seen.
        highest: the largest index known to be committed.
    """

    def __init__(self) -> None:
        self.broken: Violation | None = None
        self.leaders: dict[int, int] = {}
        self.highest = 0
        self._seen: dict[int, _Seen] = {}
        self._disks: dict[int, DurableState] = {}
        #: Disks that were wiped: what they held counted while they held it.
        self._graves: dict[int, list[DurableState]] = {}
        self._durable: dict[int, tuple[int, int | None, int]] = {}
        #: ``{(index, term): (term before, payload)}`` of every entry in any log ever.
        self._entries: dict[tuple[int, int], tuple[int | None, Any]] = {}
        self._decided: dict[int, _Decided] = {}
        #: ``{(member, life, term): candidate}``.
        self._votes: dict[tuple[int, int, int], int] = {}
        self._lives: dict[int, int] = {}
        self._wiped: set[int] = set()
        self._states: dict[int, Any] = {}

    def decided(self, index: int) -> tuple[int, Any] | None:
        """Return the term and the payload committed at ``index``, if any is known."""
        entry = self._decided.get(index)
        return None if entry is None else (entry.term, entry.payload)

    # Lives

    def started(self, member: int, view: MemberView, log: LogView, disk: DurableState) -> None:
        """A member starts over what ``disk`` holds."""
        self._disks[member] = disk
        floor = self._durable.get(member, (0, None, 0))[0]
        if view.term < floor:
            self.note(
                Invariant.MONOTONE_TERM,
                f"member {member} starts in term {view.term}, it had made {floor} durable",
                member,
            )
        durable = self._durable.get(member)
        if durable is not None:
            # The commit index on disk may speak of entries that the crash took.
            if view.commit_index < min(durable[2], view.last_index):
                self.note(
                    Invariant.MONOTONE_COMMIT,
                    f"member {member} starts with {view.commit_index} committed, its disk says "
                    f"{durable[2]}",
                    member,
                )
            self._durable[member] = (*durable[:2], min(durable[2], view.commit_index))
        # From here on all is news: the log is read again whole.
        self._seen[member] = _Seen(view._replace(commit_index=0, last_index=0, last_term=0))
        self.stepped(member, view, log)

    def stopped(self, member: int) -> None:
        """A member stops, or crashes."""
        self._seen.pop(member, None)

    def wiped(self, member: int) -> None:
        """A member's disk is replaced by an empty one; what it promised still binds it."""
        if member in self._disks:
            self._graves.setdefault(member, []).append(self._disks.pop(member))
        self._durable.pop(member, None)
        self._wiped.add(member)

    # Steps

    def stepped(self, member: int, view: MemberView, log: LogView) -> None:
        """A member did something; look at what changed."""
        seen = self._seen[member]
        before = seen.view
        if view == before:
            return
        if view.term < before.term:
            self.note(
                Invariant.MONOTONE_TERM,
                f"the term of member {member} went from {before.term} to {view.term}",
                member,
            )
        elif view.term == before.term and before.vote not in (None, view.vote):
            self.note(
                Invariant.VOTE_ONCE,
                f"member {member} voted for {before.vote} and then {view.vote} in {view.term}",
                member,
            )
        if (view.last_index, view.last_term) != (before.last_index, before.last_term):
            self._follow_log(member, seen, view, log)
        if view.commit_index != before.commit_index:
            self._follow_commit(member, before, view, log)
        if view.role is Role.LEADER and (
            before.role is not Role.LEADER or view.term != before.term
        ):
            self._check_leader(member, view, log)
        if before.recovering and not view.recovering and member in self._wiped:
            # The others have released it from what it promised before.
            self._wiped.discard(member)
            self._lives[member] = self._lives.get(member, 0) + 1
        seen.view = view

    def _follow_log(self, member: int, seen: _Seen, view: MemberView, log: LogView) -> None:
        terms, before = seen.terms, seen.view
        fresh: list[tuple[int, int, Any]] = []
        for index in range(view.last_index, view.first_index - 1, -1):
            entry = log.entry(index)
            assert entry is not None, f"member {member} has no entry at {index}: {view}"
            if terms.get(index) == entry[0]:
                break
            fresh.append((index, *entry))
        for index in range(view.last_index + 1, before.last_index + 1):
            terms.pop(index, None)
        leads = view.role is Role.LEADER and before.role is Role.LEADER
        lowest = fresh[-1][0] if fresh else view.last_index + 1
        if leads and view.term == before.term and lowest <= before.last_index:
            self.note(
                Invariant.LEADER_APPEND_ONLY,
                f"leader {member} of {view.term} changed its entry {lowest}",
                member,
            )
        for index, term, payload in reversed(fresh):
            terms[index] = term
            # Below the first index a snapshot may have replaced what we remember.
            previous = terms.get(index - 1) if index > view.first_index else None
            self._compare_entry(member, index, term, previous, payload)

    def _compare_entry(
        self, member: int, index: int, term: int, previous: int | None, payload: Any
    ) -> None:
        known = self._entries.setdefault((index, term), (previous, payload))
        if known[0] is None:
            self._entries[index, term] = (previous, known[1])
        elif previous is not None and previous != known[0]:
            self.note(
                Invariant.LOG_MATCHING,
                f"entry {index}/{term} of member {member} follows one of term {previous}, "
                f"elsewhere one of term {known[0]}",
                member,
            )
        if known[1] != payload:
            self.note(
                Invariant.LOG_MATCHING,
                f"entry {index}/{term} of member {member} is {payload!r}, "
                f"elsewhere it is {known[1]!r}",
                member,
            )

    def _follow_commit(
        self, member: int, before: MemberView, view: MemberView, log: LogView
    ) -> None:
        if view.commit_index < before.commit_index:
            self.note(
                Invariant.MONOTONE_COMMIT,
                f"member {member} went from {before.commit_index} back to {view.commit_index}",
                member,
            )
        if view.commit_index > view.last_index:
            self.note(
                Invariant.STATE_MACHINE_SAFETY,
                f"member {member} commits {view.commit_index}, its log ends at {view.last_index}",
                member,
            )
            return
        for index in range(max(before.commit_index + 1, view.first_index), view.commit_index + 1):
            entry = log.entry(index)
            assert entry is not None, f"member {member} has no committed entry at {index}: {view}"
            self._decide(member, index, entry, view.term)
        if view.commit_index > self.highest:
            self.highest = view.commit_index
            if view.role is Role.LEADER:
                self._check_quorum(member, before, view, log)

    def _decide(self, member: int, index: int, entry: tuple[int, Any], known_in: int) -> None:
        decided = self._decided.get(index)
        if decided is None:
            self._decided[index] = _Decided(entry[0], entry[1], known_in)
        elif (decided.term, decided.payload) != entry:
            self.note(
                Invariant.STATE_MACHINE_SAFETY,
                f"member {member} commits {index}/{entry[0]} {entry[1]!r}, "
                f"{index}/{decided.term} {decided.payload!r} was committed before",
                member,
            )

    def _check_quorum(
        self, member: int, before: MemberView, view: MemberView, log: LogView
    ) -> None:
        """Check the highest entry only: whoever holds it holds all before."""
        index = view.commit_index
        entry = log.entry(index)
        if entry is None:
            return
        holders = self._holders(index, entry[0])
        # The entry itself may have brought the present configuration.
        if any(
            _is_majority(each.voters, holders)
            and (not each.outgoing or _is_majority(each.outgoing, holders))
            for each in (view, before)
        ):
            return
        self.note(
            Invariant.COMMITTED_ON_QUORUM,
            f"leader {member} of {view.term} commits {index}/{entry[0]}, durable on "
            f"{holders}, the voters are {view.voters}"
            + (f" and {view.outgoing}" if view.outgoing else ""),
            member,
        )

    def _holders(self, index: int, term: int) -> list[int]:
        # A wiped member counts, too: until the others have decided without it, it does not
        # vote, so no leader can be elected by a majority that does not know of the entry.
        held = list(self._disks.items())
        for member, graves in self._graves.items():
            held.extend((member, grave) for grave in graves)
        return sorted({member for member, disk in held if _holds(disk, index, term)})

    def _check_leader(self, member: int, view: MemberView, log: LogView) -> None:
        first = self.leaders.setdefault(view.term, member)
        if first != member:
            self.note(
                Invariant.ELECTION_SAFETY,
                f"members {first} and {member} both lead term {view.term}",
                member,
            )
        for index in range(self.highest, view.first_index - 1, -1):
            decided = self._decided.get(index)
            if decided is None or decided.known_in >= view.term:
                continue
            entry = log.entry(index)
            if entry is None or entry[0] != decided.term:
                found = "nothing" if entry is None else f"{index}/{entry[0]}"
                self.note(
                    Invariant.LEADER_COMPLETENESS,
                    f"member {member} leads term {view.term} with {found}, "
                    f"{index}/{decided.term} was committed in term {decided.known_in}",
                    member,
                )
            return  # by log matching it has all before, too

    # Disks and messages

    def wrote(self, member: int, disk: DurableState) -> None:
        """Something of a member became durable."""
        term, vote, commit_index = disk.term, disk.vote, disk.commit_index
        before = self._durable.get(member)
        if before is not None:
            if term < before[0]:
                self.note(
                    Invariant.MONOTONE_TERM,
                    f"member {member} wrote term {term} over {before[0]}",
                    member,
                )
            elif term == before[0] and before[1] not in (None, vote):
                self.note(
                    Invariant.VOTE_ONCE,
                    f"member {member} wrote vote {vote} over {before[1]} in term {term}",
                    member,
                )
            if commit_index < before[2]:
                self.note(
                    Invariant.MONOTONE_COMMIT,
                    f"member {member} wrote commit index {commit_index} over {before[2]}",
                    member,
                )
        self._durable[member] = (term, vote, commit_index)

    def sent(self, member: int, promises: Sequence[Promise], disk: DurableState) -> None:
        """A message with ``promises`` leaves a member whose disk is ``disk``."""
        for promise in promises:
            if isinstance(promise, Vote):
                self._check_vote(member, promise, disk)
            else:
                self._check_ack(member, promise, disk)

    def _check_vote(self, member: int, vote: Vote, disk: DurableState) -> None:
        if disk.term < vote.term or (disk.term == vote.term and disk.vote != vote.candidate):
            self.note(
                Invariant.PERSISTED_BEFORE_SENT,
                f"member {member} votes for {vote.candidate} in term {vote.term}, its disk says "
                f"{disk.vote} in term {disk.term}",
                member,
            )
        key = (member, self._lives.get(member, 0), vote.term)
        first = self._votes.setdefault(key, vote.candidate)
        if first != vote.candidate:
            self.note(
                Invariant.VOTE_ONCE,
                f"member {member} votes for {first} and for {vote.candidate} in {vote.term}",
                member,
            )

    def _check_ack(self, member: int, ack: Ack, disk: DurableState) -> None:
        # In a newer term the entries may be replaced already, by a leader that cannot have been
        # elected if the acknowledgement counts: then it may leave.
        if disk.term < ack.term or (disk.term == ack.term and disk.last_index < ack.index):
            self.note(
                Invariant.PERSISTED_BEFORE_SENT,
                f"member {member} acknowledges {ack.index} in term {ack.term}, its disk ends at "
                f"{disk.last_index} in term {disk.term}",
                member,
            )

    # State machines and reads

    def applied(self, member: int, index: int, expected: int, state: Any) -> None:
        """A member applied ``index`` when ``expected`` was due; ``state`` identifies the result."""
        if index != expected:
            self.note(
                Invariant.EXACTLY_ONCE,
                f"member {member} applies entry {index}, {expected} was due",
                member,
            )
        known = self._states.setdefault(index, state)
        if known != state:
            self.note(
                Invariant.STATE_MACHINE_SAFETY,
                f"after entry {index} member {member} is in another state than the others",
                member,
            )

    def restored(self, member: int, index: int, state: Any) -> None:
        """A member took a snapshot of ``index`` for its state."""
        if self._states.setdefault(index, state) != state:
            self.note(
                Invariant.SNAPSHOT_IS_STATE,
                f"member {member} restores a snapshot of {index} that is not the state there",
                member,
            )

    def answered(self, member: int, index: int, asked_at: int) -> None:
        """A read is answered at ``index``; ``asked_at`` is `highest` when it was asked."""
        if index < asked_at:
            self.note(
                Invariant.LINEARIZABLE_READ,
                f"member {member} answers a read at {index}, "
                f"{asked_at} was committed before it was asked",
                member,
            )

    def note(self, invariant: str, text: str, member: int) -> None:
        """Note a violation; the first one counts. Others who find one may call this, too."""
        if self.broken is None:
            self.broken = Violation(str(invariant), text, member)


def _is_majority(voters: Sequence[int], holders: Sequence[int]) -> bool:
    return 2 * sum(voter in holders for voter in voters) > len(voters)


def _holds(disk: DurableState, index: int, term: int) -> bool:
    entry = disk.entry(index)
    # What is compacted was committed, and covered by a snapshot of the same history.
    return entry[0] == term if entry is not None else disk.last_index >= index
