"""The one generator of storms; what it draws from decides whether it hunts or shrinks.

Theory of operation
===================

Every draw is `Rng.below`, and 0 is always the mildest choice: a seeded stream behind it
gives wild schedules, hypothesis behind it gives schedules that shrink towards no faults, three
members and one entry per append.

Three things were measured to matter more than the number of runs (see ``docs/mutants.md``): the
length of a schedule is drawn first; each run has some kinds of fault and not others, and knobs
at their extremes (swarm testing; Groce et al., ISSTA 2012); and some faults come as a *dance*, a
few steps in the shape of a known story, which uniform draws never tell.
"""

from collections.abc import Sequence
from typing import Final, TypeVar

from kactors.testing.raft.dances import DANCES
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.protocol import Capability, Rng
from kactors.testing.raft.schedule import Calm, Fault, Kind, Schedule, Target

__all__ = ["storm"]

#: Kinds that need a capability.
_NEEDS: Final = {
    Kind.WIPE: Capability.REJOIN,
    Kind.CHANGE: Capability.MEMBERSHIP,
    Kind.TRANSFER: Capability.TRANSFER,
    Kind.COMPACT: Capability.SNAPSHOTS,
}
_T = TypeVar("_T")
_LENGTHS: Final = (0, 5, 5, 20, 20, 20, 60, 60)
_TARGETS: Final = (
    Target.LEADER,
    Target.ANY,
    Target.LEADER,
    Target.ANY,
    Target.OLD_LEADER,
    Target.MOST_BEHIND,
    Target.MOST_AHEAD,
    Target.LAST_VOTER,
)


def storm(rng: Rng, capabilities: frozenset[Capability]) -> Schedule:
    """Draw a schedule for an implementation with ``capabilities``."""
    length = _LENGTHS[rng.below(len(_LENGTHS))]
    knobs = _draw_knobs(rng, capabilities)
    offered = [kind for kind in Kind if kind not in _NEEDS or _NEEDS[kind] in capabilities]
    kinds = _draw_kinds(rng, offered)
    dances = [dance for dance in DANCES if dance.kinds <= set(kinds)] if rng.below(2) else []
    timeout_ms = knobs.election_ticks * knobs.tick_ms
    faults: list[Fault] = []
    while len(faults) < length:
        if dances and rng.below(3) == 0:
            steps = dances[rng.below(len(dances))].steps(rng, timeout_ms)
            faults.extend(fault for fault in steps if fault.kind in offered)
        else:
            faults.append(_draw_fault(rng, kinds, timeout_ms))
    return Schedule(
        knobs=knobs,
        faults=tuple(faults),
        calm=(Calm.ALL, Calm.ALL, Calm.MAJORITY, Calm.BRIDGE)[rng.below(4)],
        warm_up_ms=(3, 1, 6)[rng.below(3)] * timeout_ms,
        wind_down_ms=(1, 0, 3)[rng.below(3)] * timeout_ms,
        seed=rng.below(1 << 32),
    )


def _pick(rng: Rng, choices: Sequence[_T]) -> _T:
    return choices[rng.below(len(choices))]


def _draw_knobs(rng: Rng, capabilities: frozenset[Capability]) -> Knobs:
    snapshots = Capability.SNAPSHOTS in capabilities
    election = _pick(rng, (10, 4, 20, 6))
    check_quorum = rng.below(3) != 2
    in_order = rng.below(2) == 1
    lease = Capability.READS in capabilities and check_quorum and rng.below(4) == 3
    mib = 1 << 20
    return Knobs(
        members=_pick(rng, (3, 3, 3, 5, 5, 4, 2, 7, 1)),
        election_ticks=election,
        heartbeat_ticks=_pick(rng, (1, 1, 2, 3)),
        pre_vote=rng.below(3) != 2,
        check_quorum=check_quorum,
        lease_reads=lease,
        append_entries=_pick(rng, (1, 1, 2, 8, 1024)),
        append_bytes=_pick(rng, (mib, mib, 1, 64)),
        # A wide window over links that reorder makes storms of repetitions, not bugs.
        inflight=_pick(rng, (16, 1, 2)) if not in_order else _pick(rng, (16, 1, 2, 256)),
        inflight_bytes=_pick(rng, (mib, mib, 40)),
        uncommitted_bytes=_pick(rng, (mib, mib, 60, 200)),
        applying_bytes=_pick(rng, (mib, mib, 1)),
        chunk_bytes=_pick(rng, (1 << 18, 5, 11)),
        chunk_window=_pick(rng, (8, 1, 2)),
        snapshot_every=_pick(rng, (0, 0, 40, 5)) if snapshots else 0,
        snapshot_keep=_pick(rng, (0, 3, 20)),
        durable_state=rng.below(3) == 2,
        latency_ms=_pick(rng, (1, 10, 50, 50, 150, 400)),
        in_order=in_order,
        loss=_pick(rng, (0, 0, 10, 80)),
        repeat=_pick(rng, (0, 0, 100)),
        echo=_pick(rng, (0, 0, 0, 30)),
        sync_ms=_pick(rng, (0, 0, 5, 60, 300)),
        drain_ms=_pick(rng, (0, 0, 0, 5, 40)),
        apply_ms=_pick(rng, (0, 0, 0, 20)),
        load_ms=_pick(rng, (200, 50, 200, 500, 1000)),
        payload_bytes=_pick(rng, (0, 0, 30)),
        forward=rng.below(3) == 2,
    )


def _draw_kinds(rng: Rng, offered: Sequence[Kind]) -> list[Kind]:
    """Draw which kinds of fault a run may have; at least one."""
    share = _pick(rng, (4, 2, 8))
    chosen = [kind for kind in offered if rng.below(8) < share]
    return chosen or [_pick(rng, offered)]


def _draw_fault(rng: Rng, kinds: Sequence[Kind], timeout_ms: int) -> Fault:
    kind = _pick(rng, kinds)
    tenth = max(1, timeout_ms // 10)
    return Fault(
        kind,
        _pick(rng, _TARGETS),
        after_ms=_pick(rng, (0, tenth, timeout_ms // 2, timeout_ms, 2 * timeout_ms, tenth // 5)),
        span_ms=_pick(rng, (timeout_ms, tenth, 2 * timeout_ms, timeout_ms // 2, 4 * timeout_ms)),
        pick=rng.below(192) if kind is Kind.CHANGE else rng.below(24),
    )
