"""The one generator of storms; what it draws from decides whether it hunts or shrinks.

Every draw is `Rng.below`, and 0 is always the mildest choice. What was measured to matter for
Raft's harness matters here too: the length is drawn first, each run has some kinds of fault and
not others, knobs are at their extremes, and faults are aimed at parts (``@leader``), not at hosts.

All that is drawn is *recoverable*: no more disks are lost than a quorum can spare, no clock runs
faster than leases allow for, and no disk lies about what it has written.
"""

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

from kactors.faults import (
    At,
    Bounce,
    Bridge,
    ClockDrift,
    ClockJump,
    Clog,
    Crash,
    Cut,
    Delay,
    Delivered,
    Direction,
    DiskFull,
    DiskReadError,
    DiskSyncError,
    DiskWriteError,
    Duplicate,
    Exponential,
    FaultPlan,
    For,
    Isolate,
    KillActor,
    LoseDisk,
    Loss,
    Partition,
    Pause,
    Reboot,
    Reorder,
    Restart,
    Ring,
    SlowDisk,
    StalledDisk,
    Throttle,
    TornWrite,
    When,
)
from kactors.faults.fault import Fault
from kactors.faults.shapes import flapping_link, rolling_bounce, swizzle_clog
from kactors.testing.etcd.knobs import Knobs
from kactors.testing.etcd.schedule import Schedule, Work, Worker
from kactors.testing.raft.protocol import Rng

__all__ = ["FAULTS", "storm"]

_T = TypeVar("_T")
_LENGTHS: Final = (0, 2, 4, 8, 8, 16)
_SECONDS: Final = (1, 0.3, 2, 4, 0.1, 8)
_AIMS: Final = ("@leader", "@f1", "@leader", "@behind", "@old")


class _Draw:
    """Where and when the faults of one storm strike."""

    def __init__(self, rng: Rng, knobs: Knobs, seconds: float) -> None:
        self.rng = rng
        self.members = tuple(f"m{number}" for number in range(1, knobs.members + 1))
        self._seconds = seconds
        self._knobs = knobs

    def pick(self, choices: Sequence[_T]) -> _T:
        return choices[self.rng.below(len(choices))]

    def at(self) -> At:
        return At(round(self.rng.below(1000) / 1000 * self._seconds * 0.9, 3))

    def lasting(self) -> For:
        return For(float(self.pick(_SECONDS)))

    def host(self) -> str:
        aim = self.pick(_AIMS)
        return self.members[0] if len(self.members) == 1 else aim

    def link(self) -> tuple[str, str]:
        if len(self.members) == 1:
            return ("c", "m1")
        return self.pick((("@leader", "@f1"), ("@f1", "@leader"), ("c", "@leader"), ("c", "@f1")))

    def slowness(self) -> int:
        """A sync that has begun takes as long as it takes: some seconds, not minutes."""
        return self.pick((5, 40) if self._knobs.sync_ms else (100, 4000))

    def drift(self) -> int:
        """Nearly as fast as leases allow for, or slower than any good clock."""
        return self.pick((self._knobs.drift_ppm * 9 // 10, -400, -20_000))

    def rest(self) -> tuple[str, ...]:
        return tuple(f"@f{number}" for number in range(1, len(self.members)))


Maker = Callable[[_Draw], tuple[Fault, ...]]


def _all_bounce(draw: _Draw) -> tuple[Fault, ...]:
    start = draw.at()
    return tuple(Bounce(name, start=start, end=draw.lasting()) for name in draw.members)


def _leader_alone(draw: _Draw) -> tuple[Fault, ...]:
    """The leader reaches clients, but no other member."""
    if len(draw.members) < 2:
        return ()
    return (Partition((("@leader",), draw.rest()), start=draw.at(), end=draw.lasting()),)


def _leader_to_and_fro(draw: _Draw) -> tuple[Fault, ...]:
    """Who leads is cut off until another one does, and then that one is, so that it is back."""
    if len(draw.members) < 2:
        return ()
    start = draw.at().seconds
    return tuple(
        Partition((("@leader",), draw.rest()), start=At(round(start + gap, 3)), end=For(2.5))
        for gap in (0.0, 2.6)
    )


def _merry_go_round(draw: _Draw) -> tuple[Fault, ...]:
    """Whoever leads is cut off, several times over: sooner or later one leads again."""
    if len(draw.members) < 2:
        return ()
    span = draw.pick((2.5, 2.0, 3.5))
    return tuple(
        Partition(
            (("@leader",), draw.rest()),
            start=At(round(0.5 + turn * (span + 0.3), 3)),
            end=For(span),
        )
        for turn in range(4)
    )


def _cut_at_handover(draw: _Draw) -> tuple[Fault, ...]:
    """A leader asks another to campaign, and does not hear what becomes of it."""
    if len(draw.members) < 2:
        return ()
    when = When(
        Delivered("etcd.move_leader"),
        occurrence=1 + draw.rng.below(3),
        delay=draw.pick((0.0, 0.001, 0.02)),
    )
    return (Partition((("@leader",), draw.rest()), start=when, end=For(3.0)),)


def _conflict_and_bounce(draw: _Draw) -> tuple[Fault, ...]:
    """A leader writes alone what another overwrites; when it has given in, the power fails."""
    if len(draw.members) < 3:
        return ()
    start = draw.at().seconds
    return (
        Partition((("@leader",), draw.rest()), start=At(start), end=For(2.5)),
        Bounce("@old", start=At(round(start + 3.5 + draw.rng.below(10) / 10, 3)), end=For(0.3)),
    )


def _bridge(draw: _Draw) -> tuple[Fault, ...]:
    names = draw.members
    if len(names) < 3:
        return ()
    middle = (len(names) - 1) // 2
    left, right = names[:middle], names[middle + 1 :]
    return (Bridge(left, (names[middle],), right, start=draw.at(), end=draw.lasting()),)


def _ring(draw: _Draw) -> tuple[Fault, ...]:
    if len(draw.members) < 4:  # below that nobody is parted from anybody
        return ()
    return (Ring(draw.members, start=draw.at(), end=draw.lasting()),)


def _torn(draw: _Draw) -> tuple[Fault, ...]:
    name, start = draw.pick(draw.members), draw.at()
    return (
        SlowDisk(name, draw.slowness(), start=start, end=For(3.0)),
        TornWrite(name, start=start, end=For(3.0)),
        Bounce(name, start=At(round(start.seconds + 0.5, 3)), end=For(0.5)),
    )


def _crash(draw: _Draw) -> tuple[Fault, ...]:
    name, start = draw.pick(draw.members), draw.at()
    later = At(round(start.seconds + draw.lasting().seconds, 3))
    return (Crash(name, start=start), Restart(name, start=later))


def _lose_disk(draw: _Draw) -> tuple[Fault, ...]:
    """Always of the same member, and late enough that others have seen it."""
    if len(draw.members) < 3:
        return ()
    return (LoseDisk("m1", start=At(3 + draw.at().seconds), end=For(1.0)),)


def _cut(draw: _Draw) -> tuple[Fault, ...]:
    one_way = draw.rng.below(2) == 1
    return (Cut(*draw.link(), start=draw.at(), end=draw.lasting(), one_way=one_way),)


def _flapping(draw: _Draw) -> tuple[Fault, ...]:
    source, target = draw.link()
    return flapping_link(source, target, at=draw.at().seconds, times=4, down=0.4, up=0.3)


#: One maker for each sort of trouble.
FAULTS: Final[tuple[Maker, ...]] = (
    lambda draw: (Bounce(draw.host(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (Reboot(draw.host(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (Pause(draw.host(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (
        Isolate(
            draw.host(),
            direction=draw.pick(tuple(Direction)),
            start=draw.at(),
            end=draw.lasting(),
        ),
    ),
    _leader_alone,
    _leader_to_and_fro,
    _merry_go_round,
    _cut_at_handover,
    _conflict_and_bounce,
    _all_bounce,
    _cut,
    _flapping,
    _bridge,
    _ring,
    _torn,
    _crash,
    _lose_disk,
    lambda draw: (Loss("*", "*", draw.pick((0.05, 0.3)), start=draw.at(), end=draw.lasting()),),
    lambda draw: (
        Duplicate(
            "*", "*", 0.3, spread=draw.pick((0.01, 3.0)), start=draw.at(), end=draw.lasting()
        ),
    ),
    lambda draw: (
        Reorder("*", "*", 0.3, spread=draw.pick((0.01, 1.0)), start=draw.at(), end=draw.lasting()),
    ),
    lambda draw: (
        Delay(
            *draw.link(), Exponential(draw.pick((0.05, 0.5))), start=draw.at(), end=draw.lasting()
        ),
    ),
    lambda draw: (Clog(*draw.link(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (Throttle(*draw.link(), 2000.0, start=draw.at(), end=draw.lasting()),),
    lambda draw: swizzle_clog(
        draw.rng, draw.members, at=draw.at().seconds, seconds=draw.lasting().seconds
    ),
    lambda draw: rolling_bounce(
        draw.rng, draw.members, at=draw.at().seconds, down=0.3, up=draw.pick((0.2, 2.0))
    ),
    lambda draw: (SlowDisk(draw.host(), draw.slowness(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (StalledDisk(draw.host(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (DiskSyncError(draw.host(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (DiskWriteError(draw.host(), 0.2, start=draw.at(), end=draw.lasting()),),
    lambda draw: (
        DiskReadError(draw.host(), 0.5, start=draw.at(), end=draw.lasting()),
        Bounce(draw.host(), start=draw.at(), end=For(0.2)),
    ),
    lambda draw: (DiskFull(draw.host(), 1000, start=draw.at(), end=draw.lasting()),),
    lambda draw: (KillActor(f"{draw.host()}/etcd", start=draw.at()),),
    lambda draw: (ClockDrift(draw.host(), draw.drift(), start=draw.at(), end=draw.lasting()),),
    lambda draw: (ClockJump(draw.host(), draw.pick((3600.0, -3600.0)), start=draw.at()),),
)


#: What happens to leaders, and to clocks: what leases and reads depend on.
_OF_LEADERS: Final = (_leader_alone, _merry_go_round, _cut_at_handover, _leader_to_and_fro)


def storm(rng: Rng) -> Schedule:
    """Draw a schedule; one in four is about leases and leaders and nothing else."""
    about_leases = rng.below(4) == 3
    length = _LENGTHS[rng.below(len(_LENGTHS))]
    knobs = _draw_knobs(rng)
    chaos_ms = (12_000, 8000) if about_leases else (5000, 3000, 8000, 12_000)
    seconds = _pick(rng, chaos_ms) / 1000
    works = (_draw_lease_works if about_leases else _draw_works)(rng)
    draw = _Draw(rng, knobs, seconds)
    share = (4, 2, 8)[rng.below(3)]
    offered = _OF_LEADERS if about_leases else FAULTS
    makers = [maker for maker in offered if rng.below(8) < share] or list(offered)
    faults: list[Fault] = []
    while len(faults) < length:
        faults.extend(draw.pick(makers)(draw) or FAULTS[0](draw))
    return Schedule(
        knobs=knobs,
        workers=tuple(_draw_worker(rng, work, knobs) for work in works),
        plan=FaultPlan(_with_one_slow_disk(faults)),
        chaos_ms=round(seconds * 1000),
        seed=rng.below(1 << 32),
    )


def _with_one_slow_disk(faults: Sequence[Fault]) -> tuple[Fault, ...]:
    """Leave out all but the first: two together make one sync take longer than any run."""
    slow = [fault for fault in faults if isinstance(fault, SlowDisk)]
    return tuple(fault for fault in faults if fault not in slow[1:])


def _pick(rng: Rng, choices: Sequence[_T]) -> _T:
    return choices[rng.below(len(choices))]


def _draw_knobs(rng: Rng) -> Knobs:
    return Knobs(
        members=_pick(rng, (3, 3, 3, 5, 3, 2, 1, 4)),
        keys=_pick(rng, (3, 1, 6)),
        election_ticks=_pick(rng, (10, 10, 4)),
        snapshot_entries=_pick(rng, (10_000, 5, 20, 60)),
        catch_up_entries=_pick(rng, (5_000, 0, 3, 20)),
        chunk_bytes=_pick(rng, (256 * 1024, 300, 2000)),
        segment_bytes=_pick(rng, (64_000_000, 4096, 20_000)),
        progress_ms=_pick(rng, (600_000, 200, 1000)),
        checkpoint_ms=_pick(rng, (300_000, 500, 1500)),
        drift_ppm=_pick(rng, (500, 100_000)),
        feed_events=_pick(rng, (1024, 2, 8)),
        scan_changes=_pick(rng, (1024, 1, 5)),
        response_events=_pick(rng, (1000, 1, 3)),
        latency_ms=_pick(rng, (0, 0, 5, 50)),
        sync_ms=_pick(rng, (0, 0, 5, 60)),
    )


_MIXED: Final = (Work.WRITE, Work.READ, Work.TXN, Work.WATCH, Work.LEASE, Work.COMPACT, Work.MOVE)


def _draw_works(rng: Rng) -> list[Work]:
    """Two writers and a watch, and a few others."""
    chosen = [Work.WRITE, Work.WRITE, (Work.WATCH, Work.SLOW_WATCH)[rng.below(2)]]
    more = (*_MIXED, Work.READ, Work.SLOW_WATCH, Work.LEASE)
    return chosen + [_pick(rng, more) for _ in range(rng.below(7))]


def _draw_lease_works(rng: Rng) -> list[Work]:
    """Many leases, and somebody who hands leadership over."""
    return [Work.WRITE, *(Work.LEASE for _ in range(4 + rng.below(4))), *_MOVES[rng.below(2)]]


_MOVES: Final = ((), (Work.MOVE,))


def _draw_worker(rng: Rng, work: Work, knobs: Knobs) -> Worker:
    paces = (200, 50, 1000) if work not in {Work.MOVE, Work.COMPACT} else (1000, 400, 3000)
    homes = {Work.READ, Work.WATCH, Work.SLOW_WATCH}
    return Worker(
        work,
        pace_ms=_pick(rng, paces),
        home=rng.below(knobs.members + 1) if work in homes else 0,
        pick=rng.below(256),
    )
