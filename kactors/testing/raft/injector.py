"""Makes faults happen: finds the victim when the time comes, begins the fault, and ends it.

`Injector.inject` answers whether the fault came to pass; one that finds no victim, or that the
design does not promise to survive here (a second disk lost, a clock that runs away
while leases are trusted), does not.
"""

from collections.abc import Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING

from kactors.testing.raft.dice import Dice
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.operator import Operator
from kactors.testing.raft.process import Process
from kactors.testing.raft.protocol import Capability
from kactors.testing.raft.schedule import Fault, Kind, Target

if TYPE_CHECKING:
    from kactors.testing.raft.world import World

__all__ = ["Injector"]

_MS = 1_000_000
_Action = Callable[["Injector", Fault, Effect], bool]


class Injector:
    """The hand that breaks things in one world."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.operator = Operator(world)
        self._present_leader = self._former_leader = 0

    def inject(self, fault: Fault) -> bool:
        """Let ``fault`` happen now; answer whether it did."""
        world = self.world
        self._note_leader()
        effect = Effect(fault.kind)
        world.tally.counts[fault.kind].armed += 1
        fired = _ACTIONS[fault.kind](self, fault, effect)
        if fired:
            world.effect(effect)
            world.note(0, "fault", f"{fault!r}")
        return fired

    def _note_leader(self) -> None:
        leader = self.world.leader()
        if leader is not None and leader.member != self._present_leader:
            self._former_leader, self._present_leader = self._present_leader, leader.member

    # Victims

    def victim(self, fault: Fault) -> Process | None:
        """Return whom ``fault`` means, if anybody is there."""
        running = self.world.running
        if not running:
            return None
        leader = self.world.leader()
        others = [process for process in running if process is not leader]
        match fault.target:
            case Target.LEADER if leader is not None:
                return leader
            case Target.OLD_LEADER:
                old = [process for process in others if process.leads]
                old += [each for each in others if each.member == self._former_leader]
                if old:
                    return old[0]
            case Target.MOST_BEHIND if others:
                return min(others, key=_last_index)
            case Target.MOST_AHEAD if others:
                return max(others, key=_last_index)
            case Target.LAST_VOTER:
                for process in running:
                    if process.member == self.world.last_voter:
                        return process
            case _:
                pass
        return running[fault.pick % len(running)]

    def everyone(self) -> list[int]:
        """Return all members that may run."""
        return [member for member, process in self.world.processes.items() if not process.gone]

    # Processes

    def _down(self, fault: Fault, process: Process, effect: Effect, span_ms: int) -> None:
        effect.felt = True
        process.crash(power=fault.kind is not Kind.CRASH)
        self.world.after(span_ms * _MS, process.start)

    def crash(self, fault: Fault, effect: Effect) -> bool:
        """Kill the process; start it again after the span."""
        process = self.victim(fault)
        if process is None:
            return False
        span = 1 if fault.kind is Kind.BOUNCE else fault.span_ms
        self._down(fault, process, effect, span)
        return True

    def crash_at_step(self, fault: Fault, effect: Effect) -> bool:
        """Light a fuse; whether it burns down depends on what the driver still does."""
        process = self._doomed(fault, effect)
        if process is None:
            return False
        process.fuse = 1 + fault.pick % 12
        return True

    def torn_write(self, fault: Fault, effect: Effect) -> bool:
        """Wait for a write of several records; whether one comes depends on the driver."""
        process = self._doomed(fault, effect)
        if process is None:
            return False
        process.tear = 1 + fault.pick % 4
        return True

    def _doomed(self, fault: Fault, effect: Effect) -> Process | None:
        """Return the victim that will crash by itself, once and within the span, or go on."""
        process = self.victim(fault)
        if process is None or process.fuse or process.tear:
            return None
        process.fuse_effect = effect
        self.world.after(fault.span_ms * _MS, self._revive, process)
        return process

    def _revive(self, process: Process) -> None:
        process.fuse = process.tear = 0
        process.start()

    def bounce_all(self, fault: Fault, effect: Effect) -> bool:
        """Power loss everywhere; the members come back one after the other."""
        running = self.world.running
        dice = Dice(self.world.seed, fault.pick, 0xB0)
        for process in running:
            delay = 1 if fault.pick % 2 == 0 else 1 + dice.below(max(1, fault.span_ms))
            self._down(fault, process, effect, delay)
        return bool(running)

    def wipe(self, fault: Fault, effect: Effect) -> bool:
        """Lose a disk, one at a time and only where a majority remains without it."""
        process = self.victim(fault)
        world = self.world
        if process is None or not self.operator.may_wipe(process):
            return False
        effect.felt = True
        process.wipe()
        world.wiped.append(process.member)
        world.after(min(fault.span_ms, 1000) * _MS, process.start)
        world.after(fault.span_ms * _MS + 1000 * _MS, self.operator.readmit)
        return True

    def pause(self, fault: Fault, effect: Effect) -> bool:
        """Freeze the process while the world goes on."""
        process = self.victim(fault)
        if process is None:
            return False
        process.pauses.append(effect)
        self.world.after(fault.span_ms * _MS, process.resume, effect)
        return True

    # Clocks and disks

    def drift(self, fault: Fault, effect: Effect) -> bool:
        """Let the clock run wrong: by a third of its speed, or by little if leases rest on it."""
        process = self.victim(fault)
        if process is None:
            return False
        normal = self.world.knobs.tick_ms * _MS
        percent = (150, 67, 120, 80)[fault.pick % 4]
        if self.world.knobs.lease_reads:
            percent = (101, 99)[fault.pick % 2]
        process.tick_ns = normal * percent // 100
        effect.felt = True
        self.world.after(fault.span_ms * _MS, self._tick_normally, process)
        return True

    def _tick_normally(self, process: Process) -> None:
        process.tick_ns = self.world.knobs.tick_ms * _MS

    def rush(self, fault: Fault, effect: Effect) -> bool:
        """Let an election timeout or two pass at once, unless leases trust the clock."""
        process = self.victim(fault)
        if process is None or process.pauses or self.world.knobs.lease_reads:
            return False
        effect.felt = True
        process.rush(self.world.knobs.election_ticks * (1 + fault.pick % 2))
        return True

    def slow_disk(self, fault: Fault, effect: Effect) -> bool:
        """Let writes take 8 to 64 times longer."""
        process = self.victim(fault)
        if process is None:
            return False
        process.slowness = 8 << fault.pick % 4
        process.disk_effects.append(effect)
        self.world.after(fault.span_ms * _MS, self._write_normally, process, effect)
        return True

    def stall_disk(self, fault: Fault, effect: Effect) -> bool:
        """Let no write be durable before the span is over."""
        process = self.victim(fault)
        if process is None:
            return False
        end_ns = self.world.now_ns + fault.span_ms * _MS
        process.stalled_until_ns = max(process.stalled_until_ns, end_ns)
        process.disk_effects.append(effect)
        self.world.after(fault.span_ms * _MS, self._write_normally, process, effect)
        return True

    def _write_normally(self, process: Process, effect: Effect) -> None:
        if effect in process.disk_effects:
            process.disk_effects.remove(effect)
        if not process.disk_effects:
            process.slowness = 1
            process.stalled_until_ns = 0

    # Links

    def _cut(self, fault: Fault, effect: Effect, pairs: Iterable[tuple[int, int]]) -> bool:
        network = self.world.network
        network.cut(effect, pairs)
        self.world.after(fault.span_ms * _MS, network.mend, effect)
        return True

    def isolate(self, fault: Fault, effect: Effect) -> bool:
        """Cut a member off, alone, with a companion, or in one direction."""
        process = self.victim(fault)
        if process is None:
            return False
        others = [member for member in self.everyone() if member != process.member]
        inside = [process.member]
        if fault.kind is Kind.ISOLATE_PAIR and others:
            inside.append(others.pop(fault.pick % len(others)))
        pairs: list[tuple[int, int]] = []
        if fault.kind is not Kind.DEAF:
            pairs += [(each, other) for each in inside for other in others]
        if fault.kind is not Kind.MUTE:
            pairs += [(other, each) for each in inside for other in others]
        self._cut(fault, effect, pairs)
        if fault.kind is Kind.PROPOSE_AND_ISOLATE:
            self._propose(process, 1 + fault.pick % 4)
        return True

    def _propose(self, process: Process, count: int) -> None:
        for _ in range(count):
            self.world.clients.write(process)

    def cut_link(self, fault: Fault, effect: Effect) -> bool:
        """Cut the link between the target and another member, one way or both."""
        process = self.victim(fault)
        others = [] if process is None else [m for m in self.everyone() if m != process.member]
        if process is None or not others:
            return False
        one, other = process.member, others[fault.pick % len(others)]
        ways = ([(one, other), (other, one)], [(one, other)], [(other, one)])
        return self._cut(fault, effect, ways[fault.pick // 8 % 3])

    def partition(self, fault: Fault, effect: Effect) -> bool:
        """Cut the cluster in halves, with or without a bridge, or into a ring."""
        members = self.everyone()
        dice = Dice(self.world.seed, fault.pick, 0xBA)
        order = sorted(members, key=lambda _: dice.below(1 << 30))
        count = len(order)
        if count < 3:
            return False
        if fault.kind is Kind.RING:
            place = {member: index for index, member in enumerate(order)}
            near = (1, count - 1)
            pairs = [(a, b) for a in order for b in order if a != b]
            return self._cut(
                fault, effect, [p for p in pairs if abs(place[p[0]] - place[p[1]]) not in near]
            )
        half = order[: count // 2]
        rest = order[count // 2 + (fault.kind is Kind.BRIDGE) :]
        return self._cut(fault, effect, [p for a in half for b in rest for p in ((a, b), (b, a))])

    def hold(self, fault: Fault, effect: Effect) -> bool:
        """Let messages from, to, or around the target wait until the span is over."""
        process = self.victim(fault)
        if process is None:
            return False
        others = [member for member in self.everyone() if member != process.member]
        outward = [(process.member, other) for other in others]
        inward = [(other, process.member) for other in others]
        pairs = (outward, inward, outward + inward)[fault.pick % 3]
        network = self.world.network
        network.hold(effect, pairs)
        self.world.after(fault.span_ms * _MS, self._release, effect, fault.pick // 3 % 2 == 1)
        return True

    def _release(self, effect: Effect, backwards: bool) -> None:
        self.world.network.release(self.world.now_ns, effect, backwards=backwards)

    def swizzle(self, fault: Fault, effect: Effect) -> bool:
        """Hold links of a random half one by one, and release them in another order."""
        world, members = self.world, self.everyone()
        dice = Dice(world.seed, fault.pick, 0x5A)
        chosen = [member for member in members if dice.below(2)]
        span = max(2, fault.span_ms)
        for member in chosen:
            pairs = [(other, member) for other in members if other != member]
            # Each half of the span has its own order; one effect stands for all.
            part = Effect(fault.kind)
            world.after(dice.below(span // 2) * _MS, partial(world.network.hold, part, pairs))
            end = (span // 2 + dice.below(span // 2)) * _MS
            world.after(end, self._release_part, effect, part)
        return bool(chosen)

    def _release_part(self, effect: Effect, part: Effect) -> None:
        effect.felt = effect.felt or part.felt
        self.world.network.release(self.world.now_ns, part)

    def replay(self, fault: Fault, effect: Effect) -> bool:
        """Deliver messages of long ago again, to the target or from it."""
        process = self.victim(fault)
        others = [] if process is None else [m for m in self.everyone() if m != process.member]
        if process is None or not others:
            return False
        for other in others:
            pair = (other, process.member) if fault.pick % 2 == 0 else (process.member, other)
            if self.world.network.replay(self.world.now_ns, *pair, fault.pick // 2):
                effect.felt = True
        return True

    def burst_of_faults(self, fault: Fault, effect: Effect) -> bool:
        """Raise the rates of loss or of late repetition everywhere."""
        loss = (150, 400)[fault.pick % 2] if fault.kind is Kind.LOSSY else 0
        echo = (100, 300)[fault.pick % 2] if fault.kind is Kind.ECHO else 0
        burst = (effect, loss, echo)
        bursts = self.world.network.bursts
        bursts.append(burst)
        self.world.after(fault.span_ms * _MS, self._end_burst, burst)
        return True

    def _end_burst(self, burst: tuple[Effect, int, int]) -> None:
        bursts = self.world.network.bursts
        if burst in bursts:
            bursts.remove(burst)

    # The cluster at work

    def change(self, fault: Fault, effect: Effect) -> bool:
        """Change the members; while nobody leads, wait for a leader, up to eight timeouts."""
        if self.world.leader() is not None:
            effect.felt = self.operator.change(fault.pick)
            return effect.felt
        self._change_later(fault.pick, effect, 16, None)
        return True

    def _change_later(self, pick: int, effect: Effect, tries: int, seen: Process | None) -> None:
        """Change the members once somebody has led for half a timeout."""
        world = self.world
        leader = world.leader()
        if world.resting or not tries:
            return
        if leader is not None and leader is seen:
            effect.felt = self.operator.change(pick)
            return
        timeout_ns = world.knobs.election_ticks * world.knobs.tick_ms * _MS
        world.after(timeout_ns // 2, self._change_later, pick, effect, tries - 1, leader)

    def transfer(self, fault: Fault, effect: Effect) -> bool:
        """Hand leadership to the target, or to somebody else if that one leads."""
        leader, process = self.world.leader(), self.victim(fault)
        offered = Capability.TRANSFER in self.world.implementation.capabilities
        if leader is None or process is None or not offered:
            return False
        others = [each for each in self.world.running if each is not leader]
        if process is leader:
            if not others:
                return False
            process = others[fault.pick % len(others)]
        effect.felt = True
        leader.do(self._transfer, leader, process.member)
        return True

    def _transfer(self, leader: Process, to: int) -> None:
        leader.core.transfer(to)

    def compact(self, fault: Fault, effect: Effect) -> bool:
        """Make a snapshot now."""
        process = self.victim(fault)
        offered = Capability.SNAPSHOTS in self.world.implementation.capabilities
        if process is None or not offered:
            return False
        effect.felt = True
        process.do(process.compact, fault.pick % 3)
        return True

    def burst(self, fault: Fault, effect: Effect) -> bool:
        """Propose many commands at once, and read from everyone who believes to lead."""
        process = self.victim(fault)
        if process is None:
            return False
        effect.felt = True
        self._propose(process, 4 << fault.pick % 4)
        for each in self.world.running:
            if each.leads and Capability.READS in self.world.implementation.capabilities:
                self.world.clients.read(each)
        return True

    def heal(self, fault: Fault, effect: Effect) -> bool:
        """End all cuts and start everyone."""
        del fault
        effect.felt = True
        world = self.world
        world.network.heal(world.now_ns)
        for process in list(world.processes.values()):
            process.start()
        return True


def _last_index(process: Process) -> int:
    return process.view.last_index if process.view is not None else 0


_ACTIONS: dict[Kind, _Action] = {
    Kind.CRASH: Injector.crash,
    Kind.POWER_LOSS: Injector.crash,
    Kind.CRASH_AT_STEP: Injector.crash_at_step,
    Kind.TORN_WRITE: Injector.torn_write,
    Kind.BOUNCE: Injector.crash,
    Kind.BOUNCE_ALL: Injector.bounce_all,
    Kind.WIPE: Injector.wipe,
    Kind.PAUSE: Injector.pause,
    Kind.DRIFT: Injector.drift,
    Kind.RUSH: Injector.rush,
    Kind.SLOW_DISK: Injector.slow_disk,
    Kind.STALL_DISK: Injector.stall_disk,
    Kind.ISOLATE: Injector.isolate,
    Kind.ISOLATE_PAIR: Injector.isolate,
    Kind.PROPOSE_AND_ISOLATE: Injector.isolate,
    Kind.DEAF: Injector.isolate,
    Kind.MUTE: Injector.isolate,
    Kind.CUT_LINK: Injector.cut_link,
    Kind.PARTITION: Injector.partition,
    Kind.BRIDGE: Injector.partition,
    Kind.RING: Injector.partition,
    Kind.SWIZZLE: Injector.swizzle,
    Kind.HOLD: Injector.hold,
    Kind.REPLAY: Injector.replay,
    Kind.LOSSY: Injector.burst_of_faults,
    Kind.ECHO: Injector.burst_of_faults,
    Kind.CHANGE: Injector.change,
    Kind.TRANSFER: Injector.transfer,
    Kind.COMPACT: Injector.compact,
    Kind.BURST: Injector.burst,
    Kind.HEAL: Injector.heal,
}
