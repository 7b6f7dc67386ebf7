"""One member under the microscope: the test plays all the others."""

from typing import Any

from kactors.raft import (
    AppendEntries,
    AppendEntriesReply,
    Config,
    Configuration,
    Entry,
    HardState,
    HeartbeatReply,
    MemoryLog,
    Message,
    PreVoteReply,
    RequestVoteReply,
    Role,
)
from tests.raft.node import Disk, FixedRng, Node

THREE = Configuration(voters=(1, 2, 3))
FIVE = Configuration(voters=(1, 2, 3, 4, 5))


class Solo(Node):
    """A member and the messages that it sent since the test last looked."""

    def __init__(self, log: MemoryLog, knobs: dict[str, Any], draw: int = 0) -> None:
        self.outgoing: list[tuple[int, Message]] = []

        def config(boot: int) -> Config:
            arguments: dict[str, Any] = {
                "member": 1,
                "boot": boot,
                "chance": lambda _t, _a: FixedRng(draw),
            }
            return Config(**{**arguments, **knobs})

        super().__init__(config, Disk(log), lambda _, to, sent: self.outgoing.append((to, sent)))
        self.settle()

    def sent(self) -> list[tuple[int, Message]]:
        """Return what was sent since the last time."""
        self.settle()
        outgoing, self.outgoing = self.outgoing, []
        return outgoing

    def sent_to(self, member: int) -> list[Message]:
        """Return what was sent to one member since the last time."""
        return [message for to, message in self.sent() if to == member]

    def step(self, message: Message, sender: int = 2) -> list[tuple[int, Message]]:
        """Let the member handle a message; return what it sent."""
        self.raft.step(message, sender)
        return self.sent()

    def tick(self, count: int = 1) -> list[tuple[int, Message]]:
        """Let time pass; return what was sent."""
        for _ in range(count):
            self.raft.tick()
            self.settle()
        return self.sent()

    def lead(self) -> "Solo":
        """Let the others elect this member."""
        raft = self.raft
        voters = [each for each in raft.membership.active.electorate if each != raft.member]
        self.raft.campaign()
        self.settle()
        for voter in voters:
            if self.has_role(Role.PRE_CANDIDATE):
                raft.step(PreVoteReply(raft.term, raft.term + 1, True, 0, 0), voter)
                self.settle()
        for voter in voters:
            raft.step(RequestVoteReply(raft.term, True, 0, 0), voter)
        self.sent()
        assert self.has_role(Role.LEADER)
        return self

    def has_role(self, role: Role) -> bool:
        """Answer whether the member has that role now."""
        return self.raft.role is role

    def acknowledge(self, index: int, *members: int) -> list[tuple[int, Message]]:
        """Let ``members`` acknowledge everything up to ``index``."""
        for member in members:
            self.raft.step(AppendEntriesReply(self.raft.term, success=True, index=index), member)
        return self.sent()

    def answer_heartbeats(self, *members: int) -> list[tuple[int, Message]]:
        """Let ``members`` answer the last heartbeat round."""
        for member in members:
            self.raft.step(HeartbeatReply(self.raft.term, self.raft.reads.round), member)
        return self.sent()

    def lead_and_commit(self) -> "Solo":
        """Let the others elect this member and have everything that it has."""
        self.lead()
        self.acknowledge(self.raft.log.last_index, *self.raft.others)
        return self

    @property
    def terms(self) -> list[int]:
        """The terms of the entries in the log, from index 2 on."""
        log = self.raft.log
        return [log.entry(index).term for index in range(2, log.last_index + 1)]


def member(
    *terms: int,
    term: int = 0,
    vote: int | None = None,
    commit_index: int = 1,
    configuration: Configuration = THREE,
    draw: int = 0,
    **knobs: Any,
) -> Solo:
    """Return member 1 with entries of these terms after the bootstrap entry, 1/1."""
    log = MemoryLog.bootstrap(configuration)
    if terms:
        log.append(entries(*terms))
    log.hard_state = HardState(max(term, 1, *terms), vote, commit_index)
    return Solo(log, knobs, draw)


def entries(*terms: int, after: int = 1) -> tuple[Entry, ...]:
    """Return entries of these terms that follow ``after``."""
    return tuple(Entry(after + count, term, b"x") for count, term in enumerate(terms, start=1))


def append(term: int, prev: tuple[int, int], *terms: int, commit_index: int = 0) -> AppendEntries:
    """Return an append of entries with these terms after ``prev``, an (index, term)."""
    return AppendEntries(term, *prev, entries(*terms, after=prev[0]), commit_index)
