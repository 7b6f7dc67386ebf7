"""The second phase: faults end, on a part of the cluster or on all of it, and it must serve.

Safety alone is kept by a cluster that does nothing. So after the chaos a core is chosen, everything
in it is healed, the rest stays as broken as it is, and within a deadline:

* a leader is elected, and what clients ask of it is committed, applied and read;
* the core's members have equal state machines;
* the configuration is not joint any more, and wiped members vote again;
* leadership can be handed over;
* and nobody campaigns any more, if heartbeats are not as rare as elections.

Source: two phases as in TigerBeetle's simulator; the bugs that only this finds are those
that Raft's safety properties permit (raft.md, mutants 19 to 24, 29 and 37).
"""

from collections.abc import Callable
from enum import StrEnum
from typing import TYPE_CHECKING

from kactors.checking.raft_view import MemberView
from kactors.testing.raft.dice import Dice
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.operator import Operator
from kactors.testing.raft.protocol import Capability, Change
from kactors.testing.raft.schedule import Calm, Kind

if TYPE_CHECKING:
    from kactors.testing.raft.world import World

__all__ = ["Goal", "calm_down"]

_MS = 1_000_000
#: Virtual time that the whole of the cluster gets for each goal, in election timeouts.
_PATIENCE = 80
#: One-way delay in the calm, as long as it is far below an election timeout.
_LATENCY_MS = 5


class Goal(StrEnum):
    """What the calm must bring; the values are what people read."""

    SERVES = "liveness: a healed cluster commits what its leader is asked"
    CONVERGES = "liveness: members of a healed cluster reach the same state"
    READS = "liveness: a healed cluster answers reads"
    SETTLES = "liveness: a change of the members comes to its end"
    TRANSFERS = "liveness: a healthy leader can hand over"
    RESTS = "liveness: nobody campaigns against a healthy leader"


class _Rest:
    """The calm of one run."""

    def __init__(self, world: "World", calm: Calm) -> None:
        self.world = world
        self.operator = Operator(world)
        self.dice = Dice(world.seed, 0xCA1)
        knobs = world.knobs
        self.timeout_ns = knobs.election_ticks * knobs.tick_ms * _MS
        self.offered = world.implementation.capabilities
        self.calm = calm if self._may_be_partial() else Calm.ALL
        self._probe: int | None = None
        self._asked: list[int] = []

    def _may_be_partial(self) -> bool:
        """Answer whether less than everything is promised to be enough."""
        world, knobs = self.world, self.world.knobs
        fixed = not world.changes and not world.wiped
        undisturbed = knobs.pre_vote and knobs.check_quorum
        return fixed and undisturbed and Capability.UNDISTURBED in self.offered

    def heal(self) -> None:
        """End all faults, except outside the core."""
        world, knobs = self.world, self.world.knobs
        latency = min(knobs.latency_ms, _LATENCY_MS, max(1, knobs.tick_ms // 10))
        world.network.calm_down(world.now_ns, latency_ms=latency)
        world.sync_ns = min(world.sync_ns, knobs.tick_ms * _MS // 10)
        world.apply_ns = min(world.apply_ns, knobs.tick_ms * _MS // 10)
        world.drain_ns = min(world.drain_ns, knobs.tick_ms * _MS // 20)
        dead = self._choose_dead() if self.calm is Calm.MAJORITY else []
        for process in list(world.processes.values()):
            process.heal()
            if process.member in dead:
                process.crash(power=True)
                process.gone = True
            process.start()
        if world.wiped:
            self.operator.readmit()

    def _choose_dead(self) -> list[int]:
        # Who was added, and never became a voter, is nobody's majority.
        members = list(range(1, self.world.knobs.members + 1))
        order = sorted(members, key=lambda _: self.dice.below(1 << 30))
        return order[: (len(members) - 1) // 2]

    def hears_in_time(self) -> bool:
        """Answer whether a follower always hears its leader before it would give it up.

        The first tick after a heartbeat may come at once, and heartbeats are early and late by up
        to two ticks of `_LATENCY_MS`' tail.
        """
        knobs = self.world.knobs
        return knobs.heartbeat_ticks + 3 <= knobs.election_ticks

    def cut_one_link(self) -> None:
        """Cut the leader off from one member that all others still reach."""
        leader = self.world.leader()
        members = [process.member for process in self.world.running]
        if leader is None or len(members) < 3:
            return
        one = leader.member
        members.remove(one)
        other = members[self.dice.below(len(members))]
        self.world.network.cut(Effect(Kind.CUT_LINK), ((one, other), (other, one)))

    # Waiting

    def wait(self, goal: Goal, reached: Callable[[], bool]) -> None:
        """Let time pass until ``reached``; note a violation if it does not come to that."""
        world = self.world
        end_ns = world.now_ns + _PATIENCE * self.timeout_ns + self._backlog_ns()
        while not reached():
            if world.now_ns >= end_ns:
                world.observer.note(goal, self._situation(), 0)
                world.check()
            world.run_for(self.timeout_ns // 4)

    def _backlog_ns(self) -> int:
        """Return the time that the slowest way of catching up may need."""
        world = self.world
        round_trip = 12 * _LATENCY_MS * _MS + 2 * world.sync_ns + world.drain_ns + world.apply_ns
        heartbeat = world.knobs.heartbeat_ticks * world.knobs.tick_ms * _MS
        return (world.observer.highest + 50) * (round_trip + heartbeat // 4)

    def _situation(self) -> str:
        lines = [
            f"member {process.member}: {_shown(process.view) if process.up else 'down'}"
            for process in self.world.processes.values()
        ]
        return f"{self.calm!r} after {self.world.now_ns // _MS} ms: " + "; ".join(lines)

    def pass_timeouts(self, count: int) -> None:
        """Let so many election timeouts pass."""
        self.world.run_for(count * self.timeout_ns)

    # Goals

    def serves(self) -> bool:
        """Ask the leader for a write, and answer whether one was done."""
        world = self.world
        if self._probe is not None and world.clients.is_acknowledged(self._probe):
            return True
        leader = world.leader()
        if leader is not None:
            self._probe = world.clients.write(leader)
        return False

    def settled(self) -> bool:
        """Answer whether no change of the members is under way; help it along."""
        world = self.world
        leader = world.leader()
        if leader is None or leader.view is None:
            return False
        view = leader.view
        if view.outgoing:
            self.operator.propose(leader, Change())
            return False
        if view.commit_index < view.last_index:
            self.serves()
            return False
        members = (*view.voters, *view.learners)
        for process in world.running:
            if process.member not in members:
                # Nobody promises that a member that was removed rests by itself.
                process.stop()
                process.gone = True
        # Nobody is promoted before it has recovered for good, so no voter may be recovering.
        forgetful = any(
            process.view.recovering
            for process in world.running
            if process.view is not None and process.member in view.voters
        )
        return not world.wiped and not forgetful

    def converged(self) -> bool:
        """Answer whether all members of the configuration have applied all there is."""
        leader = self.world.leader()
        if leader is None or leader.view is None:
            return False
        machines = [process.machine for process in self.world.running]
        last = leader.view.last_index
        if any(machine.index != last for machine in machines):
            return False
        return len({machine.digest for machine in machines}) == 1

    def read(self) -> bool:
        """Ask everyone for a read, and answer whether all were answered."""
        clients = self.world.clients
        asked = self._asked
        if asked and all(clients.is_served(number) for number in asked):
            return True
        self._asked = [clients.read(process) for process in self.world.running]
        return False

    def hand_over(self) -> None:
        """Hand leadership to another voter, and see it lead."""
        world = self.world
        leader = world.leader()
        if leader is None or leader.view is None:
            return
        heirs = [
            process
            for process in world.running
            if process is not leader and process.member in leader.view.voters
        ]
        if not heirs:
            return
        heir = heirs[self.dice.below(len(heirs))]

        def leads() -> bool:
            present = world.leader()
            if present is heir:
                return True
            if present is not None:
                present.do(lambda: present.core.transfer(heir.member))
            return False

        self.wait(Goal.TRANSFERS, leads)

    def rests(self) -> None:
        """See that no term begins any more, once messages of the chaos have all arrived."""
        world = self.world
        for _ in range(4):
            before = self._terms()
            self.pass_timeouts(4)
            if self._terms() == before:
                return
        world.observer.note(Goal.RESTS, self._situation(), 0)
        world.check()

    def stays(self) -> None:
        """See that nobody takes the lead from a leader that all but one member hear."""
        before = self._terms()
        self.pass_timeouts(6)
        if self._terms() != before:
            self.world.observer.note(Goal.RESTS, self._situation(), 0)
            self.world.check()

    def _terms(self) -> list[int]:
        return [process.view.term for process in self.world.running if process.view is not None]


def calm_down(world: "World", calm: Calm) -> None:
    """End the faults and see that the cluster serves.

    Raises:
        Broken: it does not, or a safety property is broken on the way.
    """
    world.resting = True
    rest = _Rest(world, calm)
    world.clients.active = False
    rest.heal()
    rest.wait(Goal.SERVES, rest.serves)
    if Capability.MEMBERSHIP in rest.offered:
        rest.wait(Goal.SETTLES, rest.settled)
    rest.wait(Goal.CONVERGES, rest.converged)
    if Capability.READS in rest.offered:
        rest.wait(Goal.READS, rest.read)
    if Capability.TRANSFER in rest.offered:
        rest.hand_over()
    rest.wait(Goal.CONVERGES, rest.converged)
    if rest.hears_in_time():
        rest.rests()
        if rest.calm is Calm.BRIDGE:
            rest.cut_one_link()
            rest.stays()


def _shown(view: MemberView | None) -> str:
    if view is None:
        return "unknown"
    return (
        f"{view.role} of {view.term}, log to {view.last_index}/{view.last_term}, "
        f"commit {view.commit_index}, voters {view.voters}"
        + (f" and {view.outgoing}" if view.outgoing else "")
        + (f", learners {view.learners}" if view.learners else "")
        + (", recovering" if view.recovering else "")
    )
