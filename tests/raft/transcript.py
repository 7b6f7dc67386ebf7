"""Transcripts: commands to a small cluster, and what the members did, as text.

A file consists of blocks: comments, a command, ``----``, and what followed. The driver of each
member works at once (unless ``hold`` is on), messages wait on the network until they
are delivered or lost. Commands:

``cluster voters=1,2,3 [learners=4] [joining=5] [knob=value ...]`` starts the members.
``tick M [N]``, ``campaign M``, ``propose M DATA...``, ``read M CONTEXT``, ``forget M``,
``transfer M TO``, ``conf M [add-voter=X] [add-learner=X] [remove=X] [implicit|explicit]``
(nothing leaves a joint configuration) are events of a member.
``deliver [M...]`` delivers what waits, to everyone or to some; ``lose [M...]`` loses it;
``repeat [M...]`` delivers it and keeps it; ``settle [M...]`` delivers until nothing is left.
``elect M`` campaigns and settles, silently, until M leads and nothing is left to say.
``hold M`` lets writes wait; ``persist M [N]`` makes N of them durable; ``release M`` all.
``crash M``, ``restart M``, ``wipe M`` (restart with an empty disk, joining).
``snapshot M [keep=N]`` makes a snapshot and compacts; ``log M``, ``status M...`` show.
"""

from collections.abc import Callable
from typing import Any

from kactors.raft import (
    Action,
    ConfChange,
    Config,
    Configuration,
    MemberChange,
    MemoryLog,
    Message,
    RaftError,
    ReadMode,
    Role,
    Transition,
)
from kactors.raft.describe import describe, describe_entry
from tests.raft.node import Disk, FixedRng, Node

Arguments = list[str]


class Transcript:
    """A cluster that obeys commands and tells what it did."""

    def __init__(self) -> None:
        self.nodes: dict[int, Node] = {}
        self.down: set[int] = set()
        self.held: set[int] = set()
        self.network: list[tuple[int, int, Message]] = []
        self.lines: list[str] = []
        self.seen: dict[int, tuple[Any, ...]] = {}

    def obey(self, line: str) -> str:
        """Obey one command and return what followed."""
        name, *arguments = line.split()
        self.lines = []
        command: Callable[[Arguments], None] = getattr(self, f"do_{name}")
        command(arguments)
        return "\n".join(self.lines) or "ok"

    # Members

    def do_cluster(self, arguments: Arguments) -> None:
        """Start the members."""
        options = dict(argument.split("=") for argument in arguments)
        voters = _members(options.pop("voters"))
        learners = _members(options.pop("learners", ""))
        joining = _members(options.pop("joining", ""))
        knobs = {key: _value(value) for key, value in options.items()}
        configuration = Configuration(voters=voters, learners=learners)
        for member in (*voters, *learners):
            self.start(member, MemoryLog.bootstrap(configuration), knobs, joining=False)
        for member in joining:
            self.start(member, MemoryLog(), knobs, joining=True)
        self.knobs = knobs

    def start(self, member: int, log: MemoryLog, knobs: dict[str, Any], *, joining: bool) -> None:
        """Start one member over ``log``."""

        def config(boot: int) -> Config:
            return Config(
                member=member,
                boot=boot,
                chance=lambda _term, _attempt: FixedRng(member),
                joining=joining,
                **knobs,
            )

        self.nodes[member] = Node(config, Disk(log), self.send)
        self.seen[member] = (Role.FOLLOWER, self.nodes[member].raft.term)
        self.nodes[member].settle()

    def send(self, source: int, target: int, message: Message) -> None:
        """Put a message on the network."""
        self.network.append((source, target, message))
        self.lines.append(f"{source}->{target} {describe(message)}")

    def act(self, member: int, action: Callable[[Node], object]) -> None:
        """Let a member do something, then its driver, and tell what changed."""
        if member in self.down:
            return
        node = self.nodes[member]
        try:
            action(node)
        except RaftError as error:
            self.lines.append(f"{member}: {type(error).__name__}: {error}")
        position = len(self.lines)
        if member in self.held:
            while node.take() is not None:
                pass
        else:
            node.settle()
        self.lines[position:position] = self.changes(node)

    def changes(self, node: Node) -> list[str]:
        """Tell what is new at a member."""
        raft, member, lines = node.raft, node.member, []
        if self.seen[member] != (raft.role, raft.term):
            self.seen[member] = (raft.role, raft.term)
            lines.append(f"{member}: {raft.role.value} of term {raft.term}")
        for entry in node.applied_entries:
            lines.append(f"{member}: applies {describe_entry(entry)}")
            if entry.change is not None:
                lines.append(f"{member}: configuration {raft.membership.at(entry.index)}")
        node.applied_entries.clear()
        lines.extend(
            f"{member}: read {state.context} at {state.index}" for state in node.read_states
        )
        node.read_states.clear()
        lines.extend(f"{member}: read {context} dropped" for context in node.reads_dropped)
        node.reads_dropped.clear()
        return lines

    # Events

    def do_tick(self, arguments: Arguments) -> None:
        """Let time pass at a member."""
        for _ in range(int(arguments[1]) if len(arguments) > 1 else 1):
            self.act(int(arguments[0]), lambda node: node.raft.tick())

    def do_campaign(self, arguments: Arguments) -> None:
        """Let a member campaign."""
        self.act(int(arguments[0]), lambda node: node.raft.campaign())

    def do_propose(self, arguments: Arguments) -> None:
        """Propose commands."""
        data = [argument.encode() for argument in arguments[1:]]
        self.act(int(arguments[0]), lambda node: node.raft.propose_many(data))

    def do_read(self, arguments: Arguments) -> None:
        """Ask for a read."""
        self.act(int(arguments[0]), lambda node: node.raft.read_index(arguments[1]))

    def do_forget(self, arguments: Arguments) -> None:
        """Let a member forget its leader."""
        self.act(int(arguments[0]), lambda node: node.raft.forget_leader())

    def do_transfer(self, arguments: Arguments) -> None:
        """Hand leadership over."""
        target = int(arguments[1])
        self.act(int(arguments[0]), lambda node: node.raft.transfer_leadership(target))

    def do_conf(self, arguments: Arguments) -> None:
        """Propose a change of the configuration."""
        changes: list[MemberChange] = []
        transition = Transition.AUTO
        for argument in arguments[1:]:
            name, _, members = argument.partition("=")
            if not members:
                transition = Transition[name.upper()]
                continue
            action = Action[name.upper().replace("-", "_")]
            changes.extend(MemberChange(action, member) for member in _members(members))
        change = ConfChange(tuple(changes), transition)
        self.act(int(arguments[0]), lambda node: node.raft.propose_conf_change(change))

    # The network

    def take(self, arguments: Arguments) -> list[tuple[int, int, Message]]:
        """Take what waits for some members, or for all, off the network."""
        chosen = set(map(int, arguments)) or set(self.nodes)
        taken = [each for each in self.network if each[1] in chosen]
        self.network = [each for each in self.network if each[1] not in chosen]
        return taken

    def deliver(self, waiting: list[tuple[int, int, Message]]) -> None:
        """Deliver messages, in order."""
        for source, target, message in waiting:
            self.act(target, lambda node, m=message, s=source: node.raft.step(m, s))  # type: ignore[misc]

    def do_deliver(self, arguments: Arguments) -> None:
        """Deliver what waits now."""
        self.deliver(self.take(arguments))

    def do_repeat(self, arguments: Arguments) -> None:
        """Deliver what waits now and let it wait on."""
        taken = self.take(arguments)
        self.deliver(taken)
        self.network.extend(taken)

    def do_lose(self, arguments: Arguments) -> None:
        """Lose what waits now."""
        for source, target, message in self.take(arguments):
            self.lines.append(f"lost: {source}->{target} {describe(message)}")

    def do_settle(self, arguments: Arguments) -> None:
        """Deliver until nothing is left."""
        while taken := self.take(arguments):
            self.deliver(taken)

    def do_elect(self, arguments: Arguments) -> None:
        """Make a member the leader without telling how."""
        member = int(arguments[0])
        raft = self.nodes[member].raft
        for _ in range(3):
            self.act(member, lambda node: node.raft.campaign())
            self.do_settle([])
            if raft.role is Role.LEADER:
                break
        self.lines = [f"{member}: {raft.role.value} of term {raft.term}"]

    # Disks

    def do_hold(self, arguments: Arguments) -> None:
        """Let a member's writes wait."""
        self.held.add(int(arguments[0]))

    def do_persist(self, arguments: Arguments) -> None:
        """Make the oldest writes of a member durable."""
        member = int(arguments[0])
        for _ in range(int(arguments[1]) if len(arguments) > 1 else 1):
            self.act(member, lambda node: node.persist())

    def do_release(self, arguments: Arguments) -> None:
        """Make all writes of a member durable, these and later ones."""
        self.held.discard(int(arguments[0]))
        self.act(int(arguments[0]), lambda _: None)

    def do_crash(self, arguments: Arguments) -> None:
        """Stop members; what was not durable is lost."""
        self.down.update(map(int, arguments))

    def do_restart(self, arguments: Arguments) -> None:
        """Start members again over their disks."""
        for member in map(int, arguments):
            self.down.discard(member)
            self.held.discard(member)
            self.nodes[member].start()
            self.act(member, lambda _: None)

    def do_wipe(self, arguments: Arguments) -> None:
        """Start a member again over an empty disk."""
        member = int(arguments[0])
        self.down.discard(member)
        self.start(member, MemoryLog(), self.knobs, joining=True)
        self.nodes[member].boots += 1

    def do_snapshot(self, arguments: Arguments) -> None:
        """Make a snapshot of what a member has applied, and compact its log."""
        options = dict(argument.split("=") for argument in arguments[1:])
        node = self.nodes[int(arguments[0])]
        node.make_snapshot(keep=int(options.get("keep", 0)))
        snapshot = node.disk.log.snapshot
        self.lines.append(
            f"{node.member}: snapshot {snapshot.index}/{snapshot.term} {snapshot.configuration} "
            f"{snapshot.size_bytes} bytes, log from {node.disk.log.first_index}"
        )

    # Showing

    def do_log(self, arguments: Arguments) -> None:
        """Show a member's log, durable or not."""
        log = self.nodes[int(arguments[0])].raft.log
        for index in range(log.first_index, log.last_index + 1):
            mark = "" if index <= log.durable_index else " not durable"
            self.lines.append(f"{describe_entry(log.entry(index))}{mark}")

    def do_status(self, arguments: Arguments) -> None:
        """Show members as they see themselves and, if they lead, the others."""
        for member in map(int, arguments or self.nodes):
            raft = self.nodes[member].raft
            self.lines.append(
                f"{member}: {raft.role.value} of term {raft.term} vote={raft.vote} "
                f"leader={raft.leader} last={raft.log.last_index} "
                f"commit={raft.log.commit_index} {raft.membership.active}"
                + (" recovering" if raft.recovering else "")
            )
            for other in raft.others:
                self.lines.append(f"  {other}: {raft.progress[other]}")


def _members(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(","))) if text else ()


def _value(text: str) -> object:
    if text in ("yes", "no"):
        return text == "yes"
    return ReadMode.LEASE if text == "lease" else int(text)


def replay(text: str) -> str:
    """Obey every command of a transcript and return the transcript as it should be."""
    transcript = Transcript()
    blocks = []
    for block in text.strip().split("\n\n"):
        before, separator, _ = block.partition("\n----")
        if not separator and before.startswith("#"):
            blocks.append(before)
            continue
        command = before.splitlines()[-1]
        blocks.append(f"{before}\n----\n{transcript.obey(command)}")
    return "\n\n".join(blocks) + "\n"
