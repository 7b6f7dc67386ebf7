"""A random cluster in memory: lost, repeated and late messages, crashes, slow disks, wipes.

No virtual time and no simulator: one step is one event of one member, drawn from a seed.
After each step the safety properties of the paper's Figure 3 are checked.
"""

from collections import defaultdict
from typing import Any

from kactors.raft import (
    Action,
    ConfChange,
    Config,
    Configuration,
    Entry,
    MemberChange,
    MemoryLog,
    Message,
    RaftError,
    ReadMode,
    Role,
    Transition,
)
from kactors.runtime.random import Random, stream
from tests.raft.node import Disk, Node


class Storm:
    """A cluster and everything that can go wrong with it.

    Attributes:
        committed: ``{index: entry}`` as the first member applied it: the truth.
        decided_in: ``{index: term}``, a term by which it was committed.
        leaders: ``{term: member}`` of every leader seen.
    """

    def __init__(self, seed: int) -> None:
        self.rng = stream(seed, "storm")
        self.seed = seed
        rng = self.rng
        self.members = (1, 2, 3, 3, 3, 3, 3, 4, 5, 5)[rng.below(10)]
        self.knobs: dict[str, Any] = {
            "election_ticks": 4 + rng.below(6),
            "pre_vote": rng.chance(0.6),
            "check_quorum": rng.chance(0.6),
            "max_append_entries": (1, 2, 1024)[rng.below(3)],
            "max_append_bytes": (1, 64, 1 << 20)[rng.below(3)],
            "max_inflight_messages": (1, 2, 256)[rng.below(3)],
            "max_inflight_bytes": (64, 1 << 20)[rng.below(2)],
            "max_applying_bytes": (1, 1 << 20)[rng.below(2)],
            "max_uncommitted_bytes": (64, 1 << 20)[rng.below(2)],
            "snapshot_chunk_bytes": (3, 7, 1 << 20)[rng.below(3)],
            "snapshot_window": (1, 4)[rng.below(2)],
        }
        self.loss, self.repeat = (0.0, 0.05, 0.2)[rng.below(3)], (0.0, 0.1)[rng.below(2)]
        self.in_order, self.lag = rng.chance(0.5), (0.0, 0.5)[rng.below(2)]
        self.tick_chance, self.haste = (0.5, 0.9)[rng.below(2)], (2, 4, 8)[rng.below(3)]
        self.changes = rng.chance(0.5)
        self.wipes = rng.chance(0.3)
        self.snapshots = rng.chance(0.6)
        if rng.chance(0.3):
            # Leases trust clocks: all members tick together.
            self.knobs.update(read_mode=ReadMode.LEASE, check_quorum=True)
            self.tick_chance = 1.0
        self.network: list[tuple[int, int, Message]] = []
        self.cut: set[int] = set()
        self.committed: dict[int, Entry] = {}
        self.decided_in: dict[int, int] = {}
        self.highest = 1
        self.leaders: dict[int, int] = {}
        self.terms: dict[int, int] = defaultdict(int)
        self.proposed = 0
        self.reads: dict[tuple[int, int], int] = {}
        self.read_count = 0
        self.down: set[int] = set()
        self.nodes: dict[int, Node] = {}
        configuration = Configuration(voters=tuple(range(1, self.members + 1)))
        for member in configuration.voters:
            self.add(member, MemoryLog.bootstrap(configuration), joining=False)
        self.next_member = self.members + 1

    def add(self, member: int, log: MemoryLog, *, joining: bool) -> None:
        """Start a member over ``log``."""
        boots = self.nodes[member].boots if member in self.nodes else 0

        def config(boot: int) -> Config:
            def chance(term: int, attempt: int) -> Random:
                return stream(self.seed, "timeout", member, boots, boot, term, attempt)

            return Config(
                member=member, boot=boots + boot, chance=chance, joining=joining, **self.knobs
            )

        self.nodes[member] = Node(config, Disk(log), self.send)
        self.nodes[member].boots += boots

    def send(self, source: int, target: int, message: Message) -> None:
        """Put a message on the network, or lose it."""
        if target in self.nodes and not self.rng.chance(self.loss):
            self.network.append((source, target, message))

    # Events

    def run(self, rounds: int) -> None:
        """Let ``rounds`` times time pass, many small things happen and some large ones."""
        for _ in range(rounds):
            for member in list(self.nodes):
                if self.rng.chance(self.tick_chance):
                    self.act(member, lambda node: node.raft.tick())
            for _ in range(self.haste * (2 + len(self.nodes))):
                self.small_event()
            self.large_event()

    def small_event(self) -> None:
        """Deliver something, let a driver work, or let a client ask for something."""
        draw = self.rng.below(100)
        if draw < 55:
            self.deliver()
        elif draw < 85:
            self.act(self.any_member(), self.drive)
        elif draw < 95:
            self.act(self.leader_or(self.any_member()), self.propose)
        else:
            self.act(self.any_member(), self.read)

    def large_event(self) -> None:
        """Let the cluster change, or a fault begin or end."""
        rng = self.rng
        member = self.any_member()
        draw = rng.below(100)
        if member in self.down and rng.chance(0.3):
            self.restart(member)
        elif draw < 5:
            self.fail(self.leader_or(member) if rng.chance(0.5) else member)
        elif draw < 13:
            self.cut = set() if self.cut else {self.leader_or(member)}
        elif draw < 23:
            self.change_or_transfer()
        elif draw < 33 and self.snapshots:
            self.act(member, lambda node: node.make_snapshot(keep=rng.below(3)))
        elif draw < 35:
            self.act(member, lambda node: node.raft.campaign())
        elif draw < 36 and self.wipes:
            self.wipe(member)

    def fail(self, member: int) -> None:
        """Crash for a moment or for longer."""
        if self.rng.chance(0.5):
            self.restart(member)
        else:
            self.down.add(member)

    def any_member(self) -> int:
        """Draw a member."""
        members = list(self.nodes)
        return members[self.rng.below(len(members))]

    def leader_or(self, member: int) -> int:
        """Return a leader if there is one, mostly."""
        for leader, node in self.nodes.items():
            if node.raft.role is Role.LEADER and leader not in self.down and self.rng.chance(0.8):
                return leader
        return member

    def act(self, member: int, action: Any) -> None:
        """Let something happen at a member that is up, and look at it."""
        if member in self.down:
            return
        node = self.nodes[member]
        action(node)
        self.check(node)

    def deliver(self) -> None:
        """Deliver a message, sometimes twice."""
        if not self.network:
            self.act(self.any_member(), self.drive)
            return
        rng = self.rng
        position = 0 if self.in_order else rng.below(min(len(self.network), 20))
        if self.rng.chance(self.lag):
            position = len(self.network) - 1
        source, target, message = self.network[position]
        if not rng.chance(self.repeat):
            del self.network[position]
        if (source in self.cut) == (target in self.cut):
            self.act(target, lambda node: node.raft.step(message, source))

    def drive(self, node: Node) -> None:
        """Let the driver do some of its work."""
        draw = self.rng.below(10)
        if draw < 4:
            node.take()
        elif draw < 5:
            node.read_chunks()
        elif draw < 8 and node.unwritten:
            node.persist()
            self.check_applied(node)
        else:
            node.settle()
            self.check_applied(node)

    def propose(self, node: Node) -> None:
        """Propose something unique."""
        self.proposed += 1
        try:
            node.raft.propose(b"%d" % self.proposed)
        except RaftError:
            return

    def read(self, node: Node) -> None:
        """Ask for a read; its index must not be below what is decided already."""
        self.read_count += 1
        self.reads[node.member, self.read_count] = self.highest
        try:
            node.raft.read_index(self.read_count)
        except RaftError:
            return

    def change_or_transfer(self) -> None:
        """Change the configuration, hand over leadership, or report a member as gone."""
        leader = self.leader_or(self.any_member())
        if leader in self.down:
            return
        raft, target = self.nodes[leader].raft, self.any_member()
        try:
            if self.rng.chance(0.3):
                raft.transfer_leadership(target)
            elif self.rng.chance(0.2):
                raft.report_unreachable(target)
            elif self.changes and raft.role is Role.LEADER:
                raft.propose_conf_change(self.any_change(raft.membership.active))
        except RaftError:
            return

    def any_change(self, configuration: Configuration) -> ConfChange:
        """Draw a change that may or may not be allowed."""
        rng = self.rng
        if configuration.joint and rng.chance(0.5):
            return ConfChange()
        if rng.chance(0.2) and len(self.nodes) < 7:
            self.add(self.next_member, MemoryLog(), joining=True)
            self.next_member += 1
            return ConfChange((MemberChange(Action.ADD_LEARNER, self.next_member - 1),))
        changes = []
        for _ in range(1 + rng.below(3)):
            member = self.any_member()
            if member in configuration.learners and rng.chance(0.7):
                changes.append(MemberChange(Action.ADD_VOTER, member))
            elif len(configuration.voters) > 2:
                action = Action.REMOVE if rng.chance(0.5) else Action.ADD_LEARNER
                changes.append(MemberChange(action, member))
        if not changes:
            changes.append(MemberChange(Action.ADD_VOTER, configuration.voters[0]))
        return ConfChange(tuple(changes), Transition(rng.below(3)))

    def restart(self, member: int) -> None:
        """Come back after a crash, without the writes that were under way."""
        self.down.discard(member)
        self.nodes[member].start()

    def wipe(self, member: int) -> None:
        """Come back with an empty disk."""
        if len(self.nodes) > 2:
            self.down.discard(member)
            self.add(member, MemoryLog(), joining=True)
            self.terms[member] = 0

    # Properties

    def check(self, node: Node) -> None:
        """Check what one member shows."""
        raft, member = node.raft, node.member
        durable_term = node.disk.log.hard_state.term
        assert raft.term >= durable_term >= self.terms[member], (
            f"the term of member {member} went back from {self.terms[member]} to {durable_term}"
        )
        self.terms[member] = durable_term
        if raft.role is Role.LEADER:
            first = self.leaders.setdefault(raft.term, member)
            assert first == member, f"election safety: {first} and {member} led {raft.term}"
            self.check_leader(node)
        while node.read_states:
            state = node.read_states.pop()
            known = self.reads.pop((member, state.context))
            assert state.index >= known, f"stale read at {state.index}, {known} was committed"

    def check_leader(self, node: Node) -> None:
        """Check that a new leader has everything that is committed."""
        raft = node.raft
        if raft.log.last_index != raft.opening_index:
            return
        for index in range(max(2, raft.log.first_index), self.highest + 1):
            if self.decided_in[index] >= raft.term:
                continue
            term = raft.log.term(index)
            assert term == self.committed[index].term, (
                f"leader completeness: leader {raft.member} of {raft.term} has term {term} at "
                f"{index}, {self.committed[index]} is committed"
            )

    def check_applied(self, node: Node) -> None:
        """Check that everyone applies the same."""
        for entry in node.applied_entries:
            truth = self.committed.setdefault(entry.index, entry)
            self.decided_in.setdefault(entry.index, node.raft.term)
            assert truth == entry, f"state machine safety: {truth} and {entry} were applied"
            self.highest = max(self.highest, entry.index)
        node.applied_entries.clear()
        if node.applied_index <= self.highest:
            expected = [
                self.committed[index].data
                for index in range(2, node.applied_index + 1)
                if self.committed[index].data
            ]
            assert node.applied == expected, f"member {node.member} is in another state"

    # Liveness

    def calm(self) -> None:
        """Heal everything and require that the cluster serves again."""
        self.loss = self.repeat = 0.0
        self.cut = set()
        for member in sorted(self.down):
            self.restart(member)
        for round_number in range(1, 10_000):
            for node in self.nodes.values():
                if round_number % 2:
                    node.raft.tick()
                node.settle()
                self.check_applied(node)
                self.check(node)
            batch, self.network = self.network, []
            for source, target, message in batch:
                self.nodes[target].raft.step(message, source)
                self.check(self.nodes[target])
            if round_number % 20 == 0 and self.is_serving():
                return
        raise AssertionError("the healed cluster does not serve")

    def is_serving(self) -> bool:
        """Propose something, and answer whether everyone has applied what was proposed last."""
        leaders = [node for node in self.nodes.values() if node.raft.role is Role.LEADER]
        if not leaders:
            return False
        leader = max(leaders, key=lambda node: node.raft.term)
        everyone = leader.raft.membership.active.members
        done = leader.raft.log.commit_index >= leader.raft.opening_index and all(
            self.nodes[member].applied_index == leader.raft.log.last_index for member in everyone
        )
        if not done:
            self.propose(leader)
        return done
