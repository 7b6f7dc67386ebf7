"""What storms are made of: one or a few faults each, in a shape that finds bugs.

Each gust is a function from a `Draw` to faults; it draws where, how hard and for how long. `GUSTS`
has them by name. What would take down more masters than the budget allows comes to nothing.
"""

from collections.abc import Callable, Mapping
from typing import Final

from kactors.cluster.addresses import APISERVER, ETCD
from kactors.cluster.control_plane import CONTROLLER_MANAGER, SCHEDULER
from kactors.cluster.workers import KUBELET
from kactors.faults import disk as disks
from kactors.faults import host as hosts
from kactors.faults import network, partition
from kactors.faults.fault import Fault
from kactors.faults.shapes import flapping_link, rolling_bounce, swizzle_clog
from kactors.faults.when import At, Until
from kactors.scenario import gusts_of_disks, gusts_of_messages
from kactors.scenario.draw import Draw, Gust
from kactors.transport.latency import Exponential, Latency, LogNormal

__all__ = ["GUSTS"]

_MASTER_ACTORS: Final = (ETCD, APISERVER, SCHEDULER, CONTROLLER_MANAGER)
_NODE_ACTORS: Final = (KUBELET, "kube-proxy")
_JUMPS_S: Final = (0.5, 5.0, 60.0, 3600.0)

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
    "drop": gusts_of_messages.drop,
    "lost-answers": gusts_of_messages.lost_answers,
    "hold": gusts_of_messages.hold,
    "late-writes": gusts_of_messages.late_writes,
    "late-cache": gusts_of_messages.late_cache,
    "late-informer": gusts_of_messages.late_informer,
    "crash": _crash,
    "bounce": _bounce,
    "reboot": _reboot,
    "rolling-bounce": _rolling,
    "pause": _pause,
    "kill-actor": _kill_actor,
    "clock-jump": _clock_jump,
    "clock-drift": _clock_drift,
    "slow-disk": gusts_of_disks.slow_disk,
    "stalled-disk": gusts_of_disks.stalled_disk,
    "full-disk": gusts_of_disks.full_disk,
    "read-error": gusts_of_disks.read_error,
    "write-error": gusts_of_disks.write_error,
    "sync-error": gusts_of_disks.sync_error,
    "torn-write": gusts_of_disks.torn_write,
    "lose-disk": _lose_disk,
    "lost-write": gusts_of_disks.lost_write,
    "misdirected-write": gusts_of_disks.misdirected_write,
    "bit-rot": gusts_of_disks.bit_rot,
}
"""Every gust."""
