"""What storms are made of: one or a few faults each, in a shape that finds bugs.

Each gust is a function from a `Draw` to faults; it draws where, how hard and for how long. `GUSTS`
has them by name, with the kinds of faults that they are made of. What would take down more masters
than the budget allows comes to nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeVar

import attrs

from kactors.cluster.addresses import APISERVER, ETCD
from kactors.cluster.control_plane import CONTROLLER_MANAGER, SCHEDULER
from kactors.cluster.topology import Topology
from kactors.cluster.workers import KUBELET
from kactors.faults import disk as disks
from kactors.faults import host as hosts
from kactors.faults import message, network, partition
from kactors.faults.fault import Fault
from kactors.faults.shapes import flapping_link, rolling_bounce, swizzle_clog
from kactors.faults.trigger import Messages
from kactors.faults.when import At, Until
from kactors.runtime.random import Random
from kactors.scenario.atlas import Atlas
from kactors.transport.latency import Exponential, Latency, LogNormal

__all__ = ["GUSTS", "Draw", "Gust"]

T = TypeVar("T")

_MASTER_ACTORS: Final = (ETCD, APISERVER, SCHEDULER, CONTROLLER_MANAGER)
_NODE_ACTORS: Final = (KUBELET, "kube-proxy")
#: How often the power fails while writes are torn.
_TEARS: Final = 4
_JUMPS_S: Final = (0.5, 5.0, 60.0, 3600.0)


@attrs.frozen
class Draw:
    """Where a gust draws from, and what it may touch.

    Attributes:
        chance: the storm's stream.
        topology: of the cluster.
        atlas: permits the loss of masters.
        chaos_s: when chaos ends; faults may outlast it, and are then healed, or not.
    """

    chance: Random
    topology: Topology
    atlas: Atlas
    chaos_s: float

    def pick(self, items: Sequence[T]) -> T:
        """Draw one of several."""
        return items[self.chance.below(len(items))]

    def start(self) -> float:
        """Draw when something begins."""
        return _ms(self.chance.random() * self.chaos_s)

    def length(self) -> float:
        """Draw how long something lasts: mostly short, sometimes very long.

        Source: FoundationDB's clogs have a tail of 10 exp(-10 u) seconds.
        """
        match self.chance.below(4):
            case 0:
                return _ms(0.05 + 10.0 * 10.0 ** (-4.0 * self.chance.random()))
            case 1 | 2:
                return _ms(1.0 + 9.0 * self.chance.random())
            case _:
                return _ms(10.0 + 40.0 * self.chance.random())

    def span(self) -> tuple[At, Until]:
        """Draw when something begins and ends."""
        begin = self.start()
        return At(begin), Until(_ms(begin + self.length()))

    def master(self) -> str:
        """Draw a master, often by a part that it plays."""
        return self.pick((*self.topology.master_names, "@leader"))

    def host(self) -> str:
        """Draw a master, or as often a node."""
        nodes = self.topology.node_names
        return self.pick(nodes) if nodes and self.chance.below(2) else self.named_master()

    def named_master(self) -> str:
        """Draw a master by its name."""
        return self.pick(self.topology.master_names)

    def probability(self) -> float:
        """Draw a share: mostly small."""
        return self.pick((0.01, 0.05, 0.1, 0.3, 0.5))


Gust = Callable[[Draw], tuple[Fault, ...]]


def _ms(seconds: float) -> float:
    return round(seconds, 3)


# -- links ---------------------------------------------------------------------------------


def _link(draw: Draw) -> tuple[str, str]:
    """Draw two ends: of masters, of a master and a node, or of one host and all."""
    one = draw.named_master()
    others = [name for name in draw.topology.master_names if name != one]
    nodes = draw.topology.node_names
    match draw.chance.below(3):
        case 0 if others:
            return one, draw.pick(others)
        case 1 if nodes:
            return one, draw.pick(nodes)
    return "*", draw.host()


def _cut(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    one_way = bool(draw.chance.below(2))
    return (network.Cut(*_link(draw), start=begin, end=end, one_way=one_way),)


def _isolate(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    direction = draw.pick(tuple(partition.Direction))
    host = draw.pick((draw.host(), draw.master()))
    return (partition.Isolate(host, direction, start=begin, end=end),)


def _partition(draw: Draw) -> tuple[Fault, ...]:
    """Part masters from nodes or from some of them, a zone from the others, or masters."""
    begin, end = draw.span()
    masters, nodes = draw.topology.master_names, draw.topology.node_names
    everybody = (*masters, *nodes)
    match draw.chance.below(3):
        case 0 if nodes:
            some = tuple(name for name in nodes if draw.chance.below(2))
            groups = (masters, draw.pick((some, nodes)))
        case 1 if len(draw.topology.zones) > 1:
            zone = draw.pick(draw.topology.zones)
            inside = tuple(n for n in everybody if draw.topology.zone(int(n[1:])) == zone)
            groups = (inside, tuple(name for name in everybody if name not in inside))
        case _:
            some = tuple(name for name in masters if draw.chance.below(2))
            groups = (some, tuple(name for name in masters if name not in some))
    if not all(groups):
        return ()
    one_way = not draw.chance.below(4)
    return (partition.Partition(groups, start=begin, end=end, one_way=one_way),)


def _bridge(draw: Draw) -> tuple[Fault, ...]:
    masters = list(draw.topology.master_names)
    if len(masters) < 3:
        return ()
    begin, end = draw.span()
    middle = masters.pop(draw.chance.below(len(masters)))
    half = len(masters) // 2
    left, right = tuple(masters[:half]), tuple(masters[half:])
    return (partition.Bridge(left, (middle,), right, start=begin, end=end),)


def _ring(draw: Draw) -> tuple[Fault, ...]:
    members = (*draw.topology.master_names, *draw.topology.node_names[:2])
    if len(members) < 3:
        return ()
    begin, end = draw.span()
    return (partition.Ring(members, start=begin, end=end),)


def _delay(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    mean = draw.pick((0.005, 0.05, 0.2, 0.5))
    choices: tuple[Latency, ...] = (Exponential(mean), LogNormal(mean, 1.0))
    latency = draw.pick(choices)
    return (network.Delay(*_link(draw), latency, start=begin, end=end),)


def _loss(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (network.Loss(*_link(draw), draw.probability(), start=begin, end=end),)


def _duplicate(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    spread = draw.pick((0.01, 0.1, 1.0))
    link, share = _link(draw), draw.probability()
    return (network.Duplicate(*link, share, spread=spread, start=begin, end=end),)


def _reorder(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    spread = draw.pick((0.01, 0.1, 1.0))
    link, share = _link(draw), draw.probability()
    return (network.Reorder(*link, share, spread=spread, start=begin, end=end),)


def _throttle(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    rate = draw.pick((5e3, 2e4, 2e5))
    return (network.Throttle(*_link(draw), rate, start=begin, end=end),)


def _clog(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    one_way = bool(draw.chance.below(2))
    return (network.Clog(*_link(draw), start=begin, end=end, one_way=one_way),)


def _swizzle(draw: Draw) -> tuple[Fault, ...]:
    several = draw.pick((draw.topology.master_names, draw.topology.node_names))
    return swizzle_clog(draw.chance, several, at=draw.start(), seconds=draw.length() + 1.0)


def _flapping(draw: Draw) -> tuple[Fault, ...]:
    times = 2 + draw.chance.below(6)
    down, up = draw.pick((0.2, 1.0, 3.0)), draw.pick((0.2, 1.0, 5.0))
    return flapping_link(*_link(draw), at=draw.start(), times=times, down=down, up=up)


# -- messages ------------------------------------------------------------------------------


def _messages(draw: Draw) -> Messages:
    """Draw what a master sends to a host, or hears from it."""
    master, other = draw.named_master(), draw.host()
    source, target = draw.pick(((master, other), (other, master)))
    return Messages("*", source, target)


def _drop(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (message.Drop(_messages(draw), count=1 + draw.chance.below(5), start=begin, end=end),)


def _lost_answers(draw: Draw) -> tuple[Fault, ...]:
    """Let answers to one component get lost: what it asked for was done, and it does not know."""
    begin, end = draw.span()
    asker = draw.pick((SCHEDULER, CONTROLLER_MANAGER))
    answers = Messages("api.response", f"*/{APISERVER}", f"*/{asker}")
    return (message.Drop(answers, count=1 + draw.chance.below(10), start=begin, end=end),)


def _hold(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (message.Hold(_messages(draw), start=begin, end=end),)


# -- hosts and clocks ----------------------------------------------------------------------


def _down(draw: Draw, kind: Callable[..., Fault]) -> tuple[Fault, ...]:
    """Let a host be down for a while, if that is permitted."""
    host, (begin, end) = draw.host(), draw.span()
    forgets = kind is disks.LoseDisk
    if not draw.atlas.permits(host, begin.seconds, end.seconds, forgets=forgets):
        return ()
    return (kind(host, start=begin, end=end),)


def _bounce(draw: Draw) -> tuple[Fault, ...]:
    return _down(draw, hosts.Bounce)


def _reboot(draw: Draw) -> tuple[Fault, ...]:
    return _down(draw, hosts.Reboot)


def _lose_disk(draw: Draw) -> tuple[Fault, ...]:
    return _down(draw, disks.LoseDisk)


def _crash(draw: Draw) -> tuple[Fault, ...]:
    """Let a host be down until it is restarted, or until the end."""
    host, (begin, end) = draw.host(), draw.span()
    for_good = not draw.chance.below(3)
    until_s = draw.chaos_s if for_good else end.seconds
    if not draw.atlas.permits(host, begin.seconds, max(until_s, end.seconds)):
        return ()
    crash = hosts.Crash(host, start=begin)
    return (crash,) if for_good else (crash, hosts.Restart(host, start=At(end.seconds)))


def _rolling(draw: Draw) -> tuple[Fault, ...]:
    """Bounce all nodes, or all masters with enough time in between, one after another."""
    begin = draw.start()
    if draw.chance.below(2) and draw.topology.nodes:
        return rolling_bounce(draw.chance, draw.topology.node_names, at=begin, down=2.0, up=3.0)
    shaped = rolling_bounce(draw.chance, draw.topology.master_names, at=begin, down=3.0, up=20.0)
    return tuple(
        fault
        for fault in shaped
        if isinstance(fault.start, At)
        and isinstance(fault.end, Until)
        and draw.atlas.permits(fault.hosts()[0], fault.start.seconds, fault.end.seconds)
    )


def _pause(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (hosts.Pause(draw.pick((draw.host(), draw.master())), start=begin, end=end),)


def _kill_actor(draw: Draw) -> tuple[Fault, ...]:
    """Kill one component; a member of etcd takes its host's process along."""
    host = draw.host()
    names = _NODE_ACTORS if host in draw.topology.node_names else _MASTER_ACTORS
    name, begin = draw.pick(names), draw.start()
    if name == ETCD and not draw.atlas.permits(host, begin, begin + 5.0):
        return ()
    return (hosts.KillActor(f"{host}/{name}", start=At(begin)),)


def _clock_jump(draw: Draw) -> tuple[Fault, ...]:
    seconds = draw.pick(_JUMPS_S) * draw.pick((1, -1))
    return (hosts.ClockJump(draw.host(), seconds, start=At(draw.start())),)


def _clock_drift(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    ppm = draw.pick((100, 1_000, 10_000)) * draw.pick((1, -1))
    return (hosts.ClockDrift(draw.host(), ppm, start=begin, end=end),)


# -- disks ---------------------------------------------------------------------------------


def _slow_disk(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (disks.SlowDisk(draw.named_master(), draw.pick((10, 100, 1000)), start=begin, end=end),)


def _stalled_disk(draw: Draw) -> tuple[Fault, ...]:
    begin, end = draw.span()
    return (disks.StalledDisk(draw.named_master(), start=begin, end=end),)


def _failing_disk(draw: Draw, kind: Callable[..., Fault]) -> tuple[Fault, ...]:
    """Let a master's disk fail: its member of etcd then stops, so it counts as down."""
    host, (begin, end) = draw.named_master(), draw.span()
    if not draw.atlas.permits(host, begin.seconds, end.seconds + 5.0):
        return ()
    return (kind(host, start=begin, end=end),)


def _full_disk(draw: Draw) -> tuple[Fault, ...]:
    free = draw.pick((0, 4096, 65536))
    return _failing_disk(draw, lambda host, **when: disks.DiskFull(host, free, **when))


def _write_error(draw: Draw) -> tuple[Fault, ...]:
    share = draw.probability()
    return _failing_disk(draw, lambda host, **when: disks.DiskWriteError(host, share, **when))


def _sync_error(draw: Draw) -> tuple[Fault, ...]:
    share = draw.probability()
    return _failing_disk(draw, lambda host, **when: disks.DiskSyncError(host, share, **when))


def _read_error(draw: Draw) -> tuple[Fault, ...]:
    """Let a master come up while its disk cannot be read: only then is it read."""
    host, (begin, end) = draw.named_master(), draw.span()
    if not draw.atlas.permits(host, begin.seconds, end.seconds + 10.0):
        return ()
    up = Until(_ms(begin.seconds + 0.5))
    return (
        disks.DiskReadError(host, start=begin, end=end),
        hosts.Bounce(host, start=At(_ms(begin.seconds + 0.1)), end=up),
    )


def _torn_write(draw: Draw) -> tuple[Fault, ...]:
    """Let the power fail again and again in the midst of writes.

    The disk is slow, so that some are under way, and many in one batch: what fits into a sector
    cannot be torn.
    """
    host, (begin, end) = draw.named_master(), draw.span()
    if not draw.atlas.permits(host, begin.seconds, end.seconds):
        return ()
    each_s = (end.seconds - begin.seconds) / _TEARS
    downs = (begin.seconds + (number + 0.7) * each_s for number in range(_TEARS))
    return (
        disks.TornWrite(host, start=begin, end=end),
        disks.SlowDisk(host, draw.pick((100, 1000)), start=begin, end=end),
        *(
            hosts.Bounce(host, start=At(_ms(down)), end=Until(_ms(down + 0.3 * each_s)))
            for down in downs
        ),
    )


def _lying_disk(draw: Draw, kind: Callable[..., Fault]) -> tuple[Fault, ...]:
    """Let a master's disk lie for a while, then replace it: its member must not come back with it.

    Nobody sees what such a disk has not kept before the next crash, so there is none until then.
    """
    host, (begin, end) = draw.named_master(), draw.span()
    back = Until(_ms(end.seconds + 1.0 + 4.0 * draw.chance.random()))
    share = draw.probability()
    if not draw.atlas.permits(host, begin.seconds, back.seconds, alone=True, forgets=True):
        return ()
    return (
        kind(host, probability=share, start=begin, end=end),
        disks.LoseDisk(host, start=At(end.seconds), end=back),
    )


def _lost_write(draw: Draw) -> tuple[Fault, ...]:
    return _lying_disk(draw, disks.LostWrite)


def _misdirected_write(draw: Draw) -> tuple[Fault, ...]:
    return _lying_disk(draw, disks.MisdirectedWrite)


def _bit_rot(draw: Draw) -> tuple[Fault, ...]:
    """Let a master come up on a disk that has rotted, and in the end on a new one.

    A member that finds its log damaged does not serve, however often it is started.
    """
    faults = _lying_disk(draw, disks.BitRot)
    if not faults:
        return ()
    rot, _ = faults
    assert isinstance(rot.start, At), "gusts begin at times"
    (host,), begin_s = rot.hosts(), rot.start.seconds
    up = Until(_ms(begin_s + 0.03))
    return (*faults, hosts.Bounce(host, start=At(_ms(begin_s + 0.01)), end=up))


GUSTS: Final[Mapping[str, Gust]] = {
    "cut": _cut,
    "isolate": _isolate,
    "partition": _partition,
    "bridge": _bridge,
    "ring": _ring,
    "delay": _delay,
    "loss": _loss,
    "duplicate": _duplicate,
    "reorder": _reorder,
    "throttle": _throttle,
    "clog": _clog,
    "swizzle-clog": _swizzle,
    "flapping-link": _flapping,
    "drop": _drop,
    "lost-answers": _lost_answers,
    "hold": _hold,
    "crash": _crash,
    "bounce": _bounce,
    "reboot": _reboot,
    "rolling-bounce": _rolling,
    "pause": _pause,
    "kill-actor": _kill_actor,
    "clock-jump": _clock_jump,
    "clock-drift": _clock_drift,
    "slow-disk": _slow_disk,
    "stalled-disk": _stalled_disk,
    "full-disk": _full_disk,
    "read-error": _read_error,
    "write-error": _write_error,
    "sync-error": _sync_error,
    "torn-write": _torn_write,
    "lose-disk": _lose_disk,
    "lost-write": _lost_write,
    "misdirected-write": _misdirected_write,
    "bit-rot": _bit_rot,
}
"""Every gust."""
