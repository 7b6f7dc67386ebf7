"""Gusts of disks: all of masters, whose members of etcd write to them."""

from collections.abc import Callable
from typing import Final

from kactors.faults import disk as disks
from kactors.faults import host as hosts
from kactors.faults.fault import Fault
from kactors.faults.when import At, Until
from kactors.scenario.draw import Draw, milliseconds

__all__ = ["bit_rot", "full_disk", "lost_write", "misdirected_write", "read_error", "slow_disk",
           "stalled_disk", "sync_error", "torn_write", "write_error"]  # fmt: skip

#: How often the power fails while writes are torn, and how many seconds are between two times:
#: enough for a member on a very slow disk to come up and to write again.
_TEARS: Final = 6
_BETWEEN_TEARS_S: Final = 6.0


def slow_disk(draw: Draw) -> tuple[Fault, ...]:
    """Let a disk be slow."""
    begin, end = draw.span()
    return (disks.SlowDisk(draw.named_master(), draw.pick((10, 100, 1000)), start=begin, end=end),)


def stalled_disk(draw: Draw) -> tuple[Fault, ...]:
    """Let a disk hang."""
    begin, end = draw.span()
    return (disks.StalledDisk(draw.named_master(), start=begin, end=end),)


def _failing_disk(draw: Draw, kind: Callable[..., Fault]) -> tuple[Fault, ...]:
    """Let a master's disk fail: its member of etcd then stops, so it counts as down."""
    host, (begin, end) = draw.named_master(), draw.span()
    if not draw.atlas.permits(host, begin.seconds, end.seconds + 5.0):
        return ()
    return (kind(host, start=begin, end=end),)


def full_disk(draw: Draw) -> tuple[Fault, ...]:
    """Let a disk be full, or nearly."""
    free = draw.pick((0, 4096, 65536))
    return _failing_disk(draw, lambda host, **when: disks.DiskFull(host, free, **when))


def write_error(draw: Draw) -> tuple[Fault, ...]:
    """Let writes fail."""
    share = draw.probability()
    return _failing_disk(draw, lambda host, **when: disks.DiskWriteError(host, share, **when))


def sync_error(draw: Draw) -> tuple[Fault, ...]:
    """Let syncs fail."""
    share = draw.probability()
    return _failing_disk(draw, lambda host, **when: disks.DiskSyncError(host, share, **when))


def read_error(draw: Draw) -> tuple[Fault, ...]:
    """Let a master come up while its disk cannot be read: only then is it read."""
    host, (begin, end) = draw.named_master(), draw.span()
    if not draw.atlas.permits(host, begin.seconds, end.seconds + 10.0):
        return ()
    up = Until(milliseconds(begin.seconds + 0.5))
    return (
        disks.DiskReadError(host, start=begin, end=end),
        hosts.Bounce(host, start=At(milliseconds(begin.seconds + 0.1)), end=up),
    )


def torn_write(draw: Draw) -> tuple[Fault, ...]:
    """Let the power fail again and again in the midst of writes.

    The disk is so slow that nearly always some are under way, and that what comes meanwhile goes
    into one batch: what fits into a sector cannot be torn.
    """
    lasts_s = _TEARS * _BETWEEN_TEARS_S
    share = max(0.0, 1.0 - lasts_s / draw.chaos_s)  # later, it would not be over with chaos
    host, begin_s = draw.named_master(), milliseconds(draw.start() * share)
    end_s = milliseconds(begin_s + lasts_s)
    if not draw.atlas.permits(host, begin_s, end_s):
        return ()
    begin, end = At(begin_s), Until(end_s)
    faults: list[Fault] = [
        disks.TornWrite(host, start=begin, end=end),
        disks.SlowDisk(host, draw.pick((1500, 3000)), start=begin, end=end),
    ]
    for number in range(_TEARS):
        down_s = begin_s + (number + 0.5 + 0.3 * draw.chance.random()) * _BETWEEN_TEARS_S
        up = Until(milliseconds(down_s + 0.2))
        faults.append(hosts.Bounce(host, start=At(milliseconds(down_s)), end=up))
    return tuple(faults)


def _lying_disk(draw: Draw, kind: Callable[..., Fault]) -> tuple[Fault, ...]:
    """Let a master's disk lie for a while, then replace it: its member must not come back with it.

    Nobody sees what such a disk has not kept before the next crash, so there is none until then.
    """
    host, (begin, end) = draw.named_master(), draw.span()
    back = Until(milliseconds(end.seconds + 1.0 + 4.0 * draw.chance.random()))
    share = draw.probability()
    if not draw.atlas.permits(host, begin.seconds, back.seconds, alone=True, forgets=True):
        return ()
    return (
        kind(host, probability=share, start=begin, end=end),
        disks.LoseDisk(host, start=At(end.seconds), end=back),
    )


def lost_write(draw: Draw) -> tuple[Fault, ...]:
    """Let writes get lost that were said to be done."""
    return _lying_disk(draw, disks.LostWrite)


def misdirected_write(draw: Draw) -> tuple[Fault, ...]:
    """Let writes land elsewhere."""
    return _lying_disk(draw, disks.MisdirectedWrite)


def bit_rot(draw: Draw) -> tuple[Fault, ...]:
    """Let a master come up on a disk that has rotted, and in the end on a new one.

    A member that finds its log damaged does not serve, however often it is started.
    """
    faults = _lying_disk(draw, disks.BitRot)
    if not faults:
        return ()
    rot, _ = faults
    assert isinstance(rot.start, At), "gusts begin at times"
    (host,), begin_s = rot.hosts(), rot.start.seconds
    up = Until(milliseconds(begin_s + 0.03))
    return (*faults, hosts.Bounce(host, start=At(milliseconds(begin_s + 0.01)), end=up))
