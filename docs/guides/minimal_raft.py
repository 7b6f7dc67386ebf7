"""A foreign Raft: elections and replication in plain lines, and nothing else.

It shares no code with `kactors.raft`. Messages are tuples, the disk is a list. It stands here to
show what an implementation needs before the harness can test it; see ``raft_testing.md``.
"""

from collections.abc import Callable
from typing import Any

from kactors.checking.raft_view import Ack, MemberView, Promise, Role, Vote
from kactors.testing.raft import Capability, Command, Output, Seat

#: One entry of the log: its term and its command.
Entry = tuple[int, bytes]


class Log:
    """Entries, of which the one at index ``i`` is ``log[i - 1]``."""

    log: list[Entry]

    def entry(self, index: int) -> Entry | None:
        """Return an entry, or nothing."""
        return self.log[index - 1] if 0 < index <= len(self.log) else None

    def term_at(self, index: int) -> int:
        """Return the term of an entry, 0 before the first."""
        return self.log[index - 1][0] if index else 0


class Disk(Log):
    """What survives: a term, a vote, and a log."""

    snapshot = None
    commit_index = 0  # not kept: a leader tells it again

    def __init__(self) -> None:
        self.term = 0
        self.vote: int | None = None
        self.log: list[Entry] = []

    def write(self, record: Any) -> None:
        """Take in ``("state", term, vote)`` or ``("log", index before, entries)``."""
        if record[0] == "state":
            _, self.term, self.vote = record
        else:
            _, before, entries = record
            self.log[before:] = entries

    @property
    def last_index(self) -> int:
        """The end of the log."""
        return len(self.log)


class Node(Log):
    """One member; the paper's Figure 2, rule by rule."""

    def __init__(self, seat: Seat) -> None:
        disk: Disk = seat.storage
        self.me, self.knobs = seat.member, seat.knobs
        self.chance: Callable[[int, int], Any] = seat.chance
        self.others = [m for m in range(1, seat.knobs.members + 1) if m != seat.member]
        self.term, self.vote, self.log = disk.term, disk.vote, list(disk.log)
        self.role = Role.FOLLOWER
        self.commit = self.applied_index = seat.applied_index
        self.votes: set[int] = set()
        self.next: dict[int, int] = {}
        self.match: dict[int, int] = {}
        self.attempt = self.number = self.elapsed = self.timeout = 0
        self.messages: list[tuple[int, Any]] = []
        self.records: list[Any] = []
        self.saved = (self.term, self.vote)
        #: (output, term, last index) of writes that are under way.
        self.writes: list[tuple[int, int, int]] = []
        self.wait_again()

    # What the harness calls

    def tick(self) -> None:
        """Time passes."""
        self.elapsed += 1
        if self.role is Role.LEADER:
            if self.elapsed >= self.knobs.heartbeat_ticks:
                self.elapsed = 0
                for other in self.others:
                    self.send_append(other)
        elif self.elapsed >= self.timeout:
            self.campaign()

    def receive(self, sender: int, message: Any) -> None:
        """A message comes."""
        kind, term, *rest = message
        if term > self.term:
            self.follow(term)
        if kind == "vote?":
            self.answer_vote(sender, term, *rest)
        elif kind == "append?":
            self.answer_append(sender, term, *rest)
        elif (term, kind, self.role) == (self.term, "vote!", Role.CANDIDATE):
            self.count_vote(sender, *rest)
        elif (term, kind, self.role) == (self.term, "append!", Role.LEADER):
            self.count_append(sender, *rest)

    def propose(self, data: bytes) -> bool:
        """Take a command, as leader."""
        if self.role is not Role.LEADER:
            return False
        self.append(len(self.log), [(self.term, data)])
        for other in self.others:
            self.send_append(other)
        return True

    def output(self) -> Output | None:
        """Hand over what is to be written, sent and applied."""
        if self.saved != (self.term, self.vote):
            self.saved = (self.term, self.vote)
            self.records.insert(0, ("state", self.term, self.vote))
        committed = tuple(
            Command(index, *self.log[index - 1])
            for index in range(self.applied_index + 1, self.commit + 1)
        )
        if not (self.records or self.messages or committed):
            return None
        self.number += 1
        self.applied_index = self.commit
        records, self.records = tuple(self.records), []
        messages, self.messages = tuple(self.messages), []
        self.writes.append((self.number, self.term, len(self.log)))
        return Output(
            self.number, records, sync=bool(records), messages=messages, committed=committed
        )

    def persisted(self, number: int) -> None:
        """What was handed over is durable: a candidate and a leader may count themselves."""
        while self.writes and self.writes[0][0] <= number:
            _, term, last = self.writes.pop(0)
            if self.role is Role.CANDIDATE and term == self.term:
                self.count_vote(self.me, True)
            elif self.role is Role.LEADER and term == self.term:
                self.match[self.me] = max(self.match.get(self.me, 0), last)
                self.advance_commit()

    def applied(self, index: int) -> None:
        """Nothing depends on it here."""

    def view(self) -> MemberView:
        """Show what the properties are checked against."""
        last, voters = len(self.log), tuple(sorted((self.me, *self.others)))
        return MemberView(
            self.role, self.term, self.vote, self.commit, 1, last, self.term_at(last), voters
        )

    # Elections

    def wait_again(self) -> None:
        """Draw a timeout; each in its own stream, so that schedules shrink well."""
        ticks, self.elapsed, self.attempt = self.knobs.election_ticks, 0, self.attempt + 1
        self.timeout = ticks + self.chance(self.term, self.attempt).below(ticks)

    def follow(self, term: int) -> None:
        """Enter a newer term."""
        self.term, self.vote, self.role = term, None, Role.FOLLOWER
        self.attempt = 0
        self.wait_again()

    def campaign(self) -> None:
        """Open a term and ask for votes."""
        self.follow(self.term + 1)
        self.role, self.vote, self.votes = Role.CANDIDATE, self.me, set()
        last = len(self.log)
        for other in self.others:
            self.messages.append((other, ("vote?", self.term, self.term_at(last), last)))

    def answer_vote(self, candidate: int, term: int, last_term: int, last_index: int) -> None:
        """Vote once in a term, for a log that is not behind ours."""
        mine = (self.term_at(len(self.log)), len(self.log))
        free = self.vote in (None, candidate)
        granted = term == self.term and free and (last_term, last_index) >= mine
        if granted:
            self.vote = candidate
            self.wait_again()
        self.messages.append((candidate, ("vote!", self.term, granted)))

    def count_vote(self, voter: int, granted: bool) -> None:
        """With a majority, lead, and open the term with an empty entry."""
        if granted:
            self.votes.add(voter)
        if 2 * len(self.votes) > len(self.others) + 1:
            self.role, self.elapsed = Role.LEADER, 0
            self.next = dict.fromkeys(self.others, len(self.log) + 1)
            self.match = {}
            self.propose(b"")

    # Replication

    def append(self, before: int, entries: list[Entry]) -> None:
        """Put entries after index ``before``, in place of what is there."""
        self.log[before:] = entries
        self.records.append(("log", before, entries))

    def send_append(self, other: int) -> None:
        """Send the next entries, or none."""
        before = self.next[other] - 1
        entries = tuple(self.log[before : before + self.knobs.append_entries])
        ask = ("append?", self.term, before, self.term_at(before), entries, self.commit)
        self.messages.append((other, ask))

    def answer_append(
        self, leader: int, term: int, before: int, before_term: int, entries: Any, commit: int
    ) -> None:
        """Append what follows a point where the logs are equal."""
        if term == self.term:
            self.role = Role.FOLLOWER
            self.wait_again()
        fits = before <= len(self.log) and self.term_at(before) == before_term
        if term < self.term or not fits:
            self.messages.append((leader, ("append!", self.term, False, before)))
            return
        for index, entry in enumerate(entries, start=before + 1):
            if index > len(self.log) or self.log[index - 1][0] != entry[0]:
                self.append(index - 1, list(entries[index - before - 1 :]))
                break
        last = before + len(entries)
        self.commit = max(self.commit, min(commit, last))
        self.messages.append((leader, ("append!", self.term, True, last)))

    def count_append(self, follower: int, success: bool, index: int) -> None:
        """Move on, or back by one."""
        if not success:
            if index == self.next[follower] - 1:
                self.next[follower] = max(1, index, self.match.get(follower, 0) + 1)
                self.send_append(follower)
            return
        news = index > self.match.get(follower, 0)
        self.match[follower] = max(self.match.get(follower, 0), index)
        self.next[follower] = max(self.next[follower], self.match[follower] + 1)
        self.advance_commit()
        if news and self.next[follower] <= len(self.log):
            self.send_append(follower)

    def advance_commit(self) -> None:
        """Commit what a majority has, if it is of this term (section 5.4.2)."""
        matches = [self.match.get(member, 0) for member in (self.me, *self.others)]
        index = sorted(matches)[(len(matches) - 1) // 2]
        if index > self.commit and self.log[index - 1][0] == self.term:
            self.commit = index


class MinimalRaft:
    """The factory that the harness asks for."""

    name = "the minimal Raft"
    capabilities: frozenset[Capability] = frozenset()

    def bootstrap(self, member: int, voters: tuple[int, ...]) -> Disk:
        """Return the disk of a new member; it knows the others from the knobs."""
        del member, voters
        return Disk()

    def empty(self, member: int) -> Disk:
        """Never asked for: members neither join nor rejoin."""
        raise AssertionError(f"member {member} should not join")

    def start(self, seat: Seat) -> Node:
        """Start a member."""
        return Node(seat)

    def promises(self, sender: int, to: int, message: Any) -> tuple[Promise, ...]:
        """Say what a message promises of its sender's disk."""
        match message:
            case ("vote!", int(term), True):
                return (Vote(term, to),)
            case ("vote?", int(term), *_):
                return (Vote(term, sender),)
            case ("append!", int(term), True, int(index)):
                return (Ack(term, index),)
        return ()

    def describe(self, message: Any) -> str:
        """Return a message in one line."""
        return " ".join(map(str, message))
