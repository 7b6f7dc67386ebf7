"""The simulated world of a run: virtual time, members, network, clients, and the observer.

One heap of events, ordered by time and then by the order in which they were asked for. A
`World` can be driven by a schedule (`kactors.testing.raft.run`) or step by step.
"""

import heapq
from collections.abc import Callable
from typing import Any

from kactors.checking.raft_invariants import RaftObserver, Violation
from kactors.testing.raft.clients import Clients
from kactors.testing.raft.effect import Effect, Tally
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.network import Network
from kactors.testing.raft.process import Process
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.recorder import Recorder

__all__ = ["Broken", "World"]

_MS = 1_000_000


class Broken(Exception):
    """A property did not hold; the run ends here.

    Attributes:
        violation: what did not hold.
    """

    def __init__(self, violation: Violation) -> None:
        super().__init__(str(violation))
        self.violation = violation


class World:
    """A cluster in virtual time.

    Attributes:
        now_ns: virtual time.
        processes: the members, running or not, by id.
        last_voter: who voted for another member last.
        tally: what became of the faults.
        wiped: members that lost their disk and are not voters again yet.
        resting: the faults have ended, and none begins any more.
        steps: events so far.
    """

    def __init__(
        self,
        implementation: Implementation,
        knobs: Knobs,
        seed: int,
        *,
        recorder: Recorder | None = None,
        observe: Callable[[Any], None] | None = None,
    ) -> None:
        self.implementation = implementation
        self.knobs = knobs
        self.seed = seed
        self.recorder = recorder
        self.observe = observe
        self.observer = RaftObserver()
        self.now_ns = 0
        self.steps = 0
        self._heap: list[tuple[int, int, Callable[..., None], tuple[Any, ...]]] = []
        self._asked = 0
        self.sync_ns = knobs.sync_ms * _MS
        self.drain_ns = knobs.drain_ms * _MS
        self.apply_ns = knobs.apply_ms * _MS
        self.network = Network(seed, knobs, self._deliver_at)
        self.clients = Clients(self)
        self.last_voter: int | None = None
        self.tally = Tally()
        self._effects: list[Effect] = []
        self.wiped: list[int] = []
        self.changes = 0
        self.resting = False
        self.processes: dict[int, Process] = {}
        voters = tuple(range(1, knobs.members + 1))
        for member in voters:
            storage = implementation.bootstrap(member, voters)
            self.processes[member] = Process(self, member, storage, joining=False)

    def begin(self) -> None:
        """Start all members and clients."""
        for process in list(self.processes.values()):
            process.start()
        self.check()
        self.clients.begin()

    def add_member(self) -> Process:
        """Start a new member, which nobody knows yet."""
        member = max(self.processes) + 1
        process = Process(self, member, self.implementation.empty(member), joining=True)
        self.processes[member] = process
        process.start()
        return process

    # Time

    def after(self, span_ns: int, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen later."""
        self._asked += 1
        heapq.heappush(self._heap, (self.now_ns + span_ns, self._asked, action, arguments))

    def run_for(self, span_ns: int) -> None:
        """Let time pass.

        Raises:
            Broken: a property does not hold.
        """
        end_ns = self.now_ns + span_ns
        heap = self._heap
        while heap and heap[0][0] <= end_ns:
            self.now_ns, _, action, arguments = heapq.heappop(heap)
            self.steps += 1
            action(*arguments)
        self.now_ns = end_ns

    # The network

    def transmit(self, source: int, target: int, term: int, message: Any) -> None:
        """Let a message travel."""
        if self.recorder is not None:
            self.recorder.sent(self.now_ns, source, target, term, message)
        self.network.send(self.now_ns, source, target, term, message)

    def _deliver_at(self, at_ns: int, source: int, target: int, message: Any) -> None:
        self._asked += 1
        heapq.heappush(self._heap, (at_ns, self._asked, self._deliver, (source, target, message)))

    def _deliver(self, source: int, target: int, message: Any) -> None:
        process = self.processes[target]
        if process.core is None:
            return
        if self.recorder is not None:
            self.recorder.received(self.now_ns, source, target, message)
        if process.pauses:
            process.do(process.receive, source, message)
        else:
            process.act(process.core.receive, source, message)

    # Findings

    def check(self) -> None:
        """End the run if a property does not hold.

        Raises:
            Broken: so it is.
        """
        if self.observer.broken is not None:
            raise Broken(self.observer.broken)

    def stopped_by(self, member: int, problem: Exception) -> None:
        """A member raised an exception, which none may in a world that it should survive.

        Raises:
            Broken: always.
        """
        if isinstance(problem, Broken):
            raise problem
        self.observer.note(
            f"no member stops by itself: {type(problem).__name__}", str(problem), member
        )
        self.check()

    def note(self, member: int, what: str, text: str) -> None:
        """Remember something that is no message."""
        if self.recorder is not None:
            self.recorder.event(self.now_ns, member, what, text)

    # Faults

    def effect(self, effect: Effect) -> None:
        """Remember a fault that fired, to count it in the end."""
        self._effects.append(effect)
        self.tally.counts[effect.kind].fired += 1

    def count_effects(self) -> None:
        """Count the faults that were felt."""
        for effect in self._effects:
            self.tally.counts[effect.kind].felt += effect.felt
        self._effects.clear()

    # Looking around

    @property
    def running(self) -> list[Process]:
        """The members that are up."""
        return [process for process in self.processes.values() if process.core is not None]

    def leader(self) -> Process | None:
        """Return the member that leads in the newest term, if one believes to lead."""
        best: Process | None = None
        for process in self.processes.values():
            if process.leads and (best is None or _term(process) > _term(best)):
                best = process
        return best


def _term(process: Process) -> int:
    return process.view.term if process.view is not None else 0
