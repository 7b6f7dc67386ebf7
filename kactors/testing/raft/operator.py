"""The person who runs the cluster: changes its members, and brings wiped ones back.

Knows what an operator could know: the configuration that the leader has.
"""

from typing import TYPE_CHECKING

from kactors.testing.raft.process import Process
from kactors.testing.raft.protocol import Capability, Change

if TYPE_CHECKING:
    from kactors.checking.raft_view import MemberView
    from kactors.testing.raft.world import World

__all__ = ["Operator"]

_MS = 1_000_000
_MOST_MEMBERS = 8


class Operator:
    """Whoever changes the members of one world's cluster."""

    def __init__(self, world: "World") -> None:
        self._world = world
        self._readmitting = False
        self._settled = 0  # the index at which the last wiped member was a voter again

    # Changes

    def change(self, pick: int) -> bool:
        """Propose a change to the leader, which one ``pick`` says; answer whether it took it."""
        world = self._world
        leader = world.leader()
        if (
            leader is None
            or leader.view is None
            or leader.pauses
            or world.wiped
            or Capability.MEMBERSHIP not in world.implementation.capabilities
        ):
            return False
        change = self._wanted(leader, leader.view, pick)
        if change is None:
            return False
        took = self.propose(leader, change)
        world.changes += took
        return took

    def propose(self, leader: Process, change: Change) -> bool:
        """Propose ``change``; answer whether it was taken."""
        taken: list[bool] = []
        leader.do(lambda: taken.append(leader.core.change(change)))
        return taken == [True]

    def _wanted(self, leader: Process, view: "MemberView", pick: int) -> Change | None:
        world = self._world
        kind, style, which = pick % 8, pick // 8 % 3, pick // 24
        voters, learners = view.voters, view.learners
        others = [voter for voter in voters if voter != leader.member]
        if view.outgoing or kind == 7:
            return Change()
        match kind:
            case 0:
                idle = [m for m in world.processes if m not in voters and m not in learners]
                if idle and which % 2:
                    return Change(learners=(idle[which % len(idle)],), style=style)
                if len(world.processes) < _MOST_MEMBERS:
                    return Change(learners=(world.add_member().member,), style=style)
            case 1 if learners:
                return Change(voters=(learners[which % len(learners)],), style=style)
            case 2 if others:
                return Change(removed=(others[which % len(others)],), style=style)
            case 3 if others:
                return Change(removed=(leader.member,), style=style)
            case 4 if len(others) > 1:
                return Change(learners=(others[which % len(others)],), style=style)
            case 5 if learners and others:
                return Change(voters=learners, removed=(others[which % len(others)],), style=style)
            case 6 if learners and others:
                # The leader itself goes, and a learner comes.
                return Change(
                    voters=(learners[which % len(learners)],),
                    removed=(leader.member,),
                    style=style,
                )
        return None

    # Lost disks

    def may_wipe(self, process: Process) -> bool:
        """Answer whether the cluster is sure to survive the loss of this disk."""
        world = self._world
        leader = world.leader()
        if (
            Capability.REJOIN not in world.implementation.capabilities
            or world.wiped
            or world.changes
            or leader is None
            or leader.view is None
            or leader.view.commit_index < world.observer.highest
        ):
            return False
        view = leader.view
        if len(view.voters) < 3 or view.outgoing or process.member not in view.voters:
            return False
        # A voter that could forget that the last wiped member is one again could elect nobody.
        others = [world.processes[voter] for voter in view.voters if voter != process.member]
        return all(other.storage.commit_index >= self._settled for other in others)

    def readmit(self) -> None:
        """Bring wiped members back: out of the voters, and in again, in steps."""
        if not self._readmitting:
            self._readmitting = True
            self._readmit()

    def _readmit(self) -> None:
        world = self._world
        if not world.wiped:
            self._readmitting = False
            return
        world.after(world.knobs.tick_ms * 5 * _MS, self._readmit)
        member = world.wiped[0]
        leader, process = world.leader(), world.processes[member]
        view = leader.view if leader is not None else None
        if leader is None or view is None or process.view is None or view.outgoing:
            return
        if not process.up or leader.pauses:
            return
        if process.view.recovering:
            if member in view.voters:
                self.propose(leader, Change(learners=(member,)))
        elif member in view.learners:
            self.propose(leader, Change(voters=(member,)))
        elif member in view.voters and view.commit_index >= world.observer.highest:
            world.wiped.remove(member)
            self._settled = world.observer.highest
