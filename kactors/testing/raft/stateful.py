"""A Raft cluster as a state machine that hypothesis drives, one macro step after the other.

A rule is a fault or a while of time, never a message: rules per message were measured to find
nothing in five hundred runs that macro rules find in ten. Use it as any other::

    class MyRaft(RaftMachine):
        implementation = MY_RAFT

    TestMyRaft = MyRaft.TestCase
"""

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from kactors.testing.raft.calm import calm_down
from kactors.testing.raft.injector import Injector
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Capability, Implementation
from kactors.testing.raft.schedule import Calm, Fault, Kind, Target
from kactors.testing.raft.world import Broken, World

__all__ = ["RaftMachine"]

_MS = 1_000_000
_TIMEOUT_MS = 1000
_TARGETS = st.sampled_from([Target.LEADER, Target.OLD_LEADER, Target.MOST_BEHIND, Target.ANY])
_SPANS_MS = st.sampled_from([100, 500, 1000, 2000, 4000])
_PICKS = st.integers(0, 23)


class RaftMachine(RuleBasedStateMachine):
    """A cluster under step-by-step exploration; every step checks every property."""

    #: The Raft to test.
    implementation: ClassVar[Implementation] = OURS

    def __init__(self) -> None:
        super().__init__()
        self.world: World
        self.injector: Injector
        self.broken = False

    @initialize(
        members=st.sampled_from([3, 5, 4, 2]),
        batch=st.sampled_from([1, 2, 1024]),
        latency_ms=st.sampled_from([1, 50, 300]),
        sync_ms=st.sampled_from([0, 5, 100]),
        pre_vote=st.booleans(),
        seed=st.integers(0, 2**32 - 1),
    )
    def begin(
        self,
        members: int,
        batch: int,
        latency_ms: int,
        sync_ms: int,
        pre_vote: bool,
        seed: int,
    ) -> None:
        """Start a cluster and let it elect a leader."""
        knobs = Knobs(
            members=members,
            append_entries=batch,
            latency_ms=latency_ms,
            sync_ms=sync_ms,
            pre_vote=pre_vote,
            check_quorum=pre_vote,
        )
        self.world = World(self.implementation, knobs, seed)
        self.injector = Injector(self.world)
        self.world.begin()
        self._pass_ms(3 * _TIMEOUT_MS)

    def _pass_ms(self, span_ms: int) -> None:
        try:
            self.world.run_for(span_ms * _MS)
        except Broken:
            self.broken = True
            raise

    def _inject(self, kind: Kind, target: Target, span_ms: int, pick: int) -> None:
        try:
            self.injector.inject(Fault(kind, target, span_ms=span_ms, pick=pick))
            self.world.check()
        except Broken:
            self.broken = True
            raise

    @rule(span_ms=_SPANS_MS)
    def wait(self, span_ms: int) -> None:
        """Let time pass."""
        self._pass_ms(span_ms)

    @rule(whom=_TARGETS, pick=st.integers(0, 2))
    def propose(self, whom: Target, pick: int) -> None:
        """Let clients want a lot."""
        self._inject(Kind.BURST, whom, 0, pick)

    @rule(
        kind=st.sampled_from(
            [Kind.ISOLATE, Kind.PROPOSE_AND_ISOLATE, Kind.ISOLATE_PAIR, Kind.DEAF, Kind.MUTE]
        ),
        whom=_TARGETS,
        span_ms=_SPANS_MS,
        pick=_PICKS,
    )
    def isolate(self, kind: Kind, whom: Target, span_ms: int, pick: int) -> None:
        """Cut a member off, one way or another."""
        self._inject(kind, whom, span_ms, pick)

    @rule(
        kind=st.sampled_from([Kind.BRIDGE, Kind.PARTITION, Kind.RING, Kind.SWIZZLE, Kind.HOLD]),
        span_ms=_SPANS_MS,
        pick=_PICKS,
    )
    def divide(self, kind: Kind, span_ms: int, pick: int) -> None:
        """Cut or hold several links."""
        self._inject(kind, Target.ANY, span_ms, pick)

    @rule(
        kind=st.sampled_from([Kind.BOUNCE, Kind.CRASH, Kind.POWER_LOSS, Kind.CRASH_AT_STEP]),
        whom=_TARGETS,
        span_ms=_SPANS_MS,
        pick=_PICKS,
    )
    def crash(self, kind: Kind, whom: Target, span_ms: int, pick: int) -> None:
        """Kill a member for a while."""
        self._inject(kind, whom, span_ms, pick)

    @rule(span_ms=_SPANS_MS, pick=_PICKS)
    def black_out(self, span_ms: int, pick: int) -> None:
        """Kill everyone."""
        self._inject(Kind.BOUNCE_ALL, Target.ANY, span_ms, pick)

    @rule(
        kind=st.sampled_from([Kind.STALL_DISK, Kind.SLOW_DISK, Kind.PAUSE, Kind.RUSH]),
        whom=_TARGETS,
        span_ms=_SPANS_MS,
        pick=_PICKS,
    )
    def delay(self, kind: Kind, whom: Target, span_ms: int, pick: int) -> None:
        """Let a member's disk, process or clock go wrong."""
        self._inject(kind, whom, span_ms, pick)

    @precondition(lambda self: Capability.MEMBERSHIP in self.implementation.capabilities)
    @rule(pick=st.integers(0, 191))
    def change(self, pick: int) -> None:
        """Change the members."""
        self._inject(Kind.CHANGE, Target.LEADER, 0, pick)

    @rule()
    def heal(self) -> None:
        """End all cuts and start everyone."""
        self._inject(Kind.HEAL, Target.ANY, 0, 0)

    def teardown(self) -> None:
        """End the faults and see that the cluster serves."""
        if hasattr(self, "world") and not self.broken:
            calm_down(self.world, Calm.ALL)
