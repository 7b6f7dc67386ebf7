"""One member with its driver, its disk and its state machine, and all that can befall them.

The driver keeps the contract of `kactors.testing.raft.protocol` and is slow, or dies, between
any two of its steps.
"""

from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from kactors.checking.raft_view import MemberView, Role, Vote
from kactors.testing.raft.dice import Dice, mix
from kactors.testing.raft.effect import Effect
from kactors.testing.raft.machine import StateMachine
from kactors.testing.raft.protocol import Capability, Output, Seat, Storage

if TYPE_CHECKING:
    from kactors.testing.raft.world import World

__all__ = ["Process", "StepCrash"]

_MS = 1_000_000


class StepCrash(Exception):
    """The fuse of a process burnt down between two steps of its driver."""


class TornWrite(StepCrash):
    """The power failed in the midst of a write of several records."""


class Process:
    """A member of the cluster, running or not.

    Attributes:
        member: its id.
        core: the running member, ``None`` while it is down.
        view: what was seen of it last.
        boot: counts its starts.
        joining: it may start with an empty disk.
        gone: it will never be started again.
        pauses: effects that keep it from doing anything.
        fuse: small steps until the power fails, 0 for never.
        tear: of the next write of several records at most so many stay, as the power fails in its
            midst; 0 for all.
        tick_ns: what it takes for a tick.
        slowness: a factor on the time that the disk needs.
        stalled_until_ns: no write is durable before.
    """

    def __init__(self, world: "World", member: int, storage: Storage, *, joining: bool) -> None:
        self.world = world
        self.member = member
        self.storage = storage
        self.joining = joining
        self.core: Any = None
        self.view: MemberView | None = None
        self.boot = 0
        self.gone = False
        self.pauses: list[Effect] = []
        self.fuse = 0
        self.tear = 0
        self.fuse_effect: Effect | None = None
        self.tick_ns = world.knobs.tick_ms * _MS
        self.slowness = 1
        self.disk_effects: list[Effect] = []
        self.stalled_until_ns = 0
        self.machine = StateMachine()
        self._checkpoint = StateMachine()
        self._forget()

    def _forget(self) -> None:
        """Lose what is in memory."""
        #: Written without a sync: a power loss may take it.
        self.cached: list[Any] = []
        #: Taken from the core, and not durable.
        self.pipeline: deque[Output] = deque()
        #: Records of the first of these that are on the disk.
        self._written = 0
        self._syncing = 0
        self._syncs = 0
        self._applying: deque[Output] = deque()
        self._missed_ticks = 0
        self._backlog: list[tuple[Callable[..., None], tuple[Any, ...]]] = []
        self._draining = False
        self._compacted_at = 0
        #: (index, context) of reads whose index is not applied yet.
        self._reads: list[tuple[int, Any]] = []

    @property
    def up(self) -> bool:
        """Whether it runs, paused or not."""
        return self.core is not None

    @property
    def leads(self) -> bool:
        """Whether it believes to lead."""
        return self.view is not None and self.core is not None and self.view.role is Role.LEADER

    # Life

    def start(self) -> None:
        """Start over what the disk holds."""
        if self.core is not None or self.gone:
            return
        world, knobs = self.world, self.world.knobs
        self.boot += 1
        snapshot = self.storage.snapshot
        self.machine = StateMachine.load(*snapshot) if snapshot is not None else StateMachine()
        if self._checkpoint.index > self.machine.index:
            self.machine = self._checkpoint.copy()
        seed, boot = mix(world.seed, self.member), self.boot
        seat = Seat(
            member=self.member,
            storage=self.storage,
            knobs=knobs,
            boot=boot,
            chance=lambda term, attempt: Dice(seed, term, attempt),
            applied_index=self.machine.index,
            joining=self.joining,
            observe=world.observe,
        )
        try:
            self.core = world.implementation.start(seat)
            self.view = self.core.view()
        except Exception as problem:  # noqa: BLE001 - whatever it raises is a finding
            world.stopped_by(self.member, problem)
            return
        world.note(self.member, "start", f"boot {boot}")
        world.observer.started(self.member, self.view, self.core, self.storage)
        phase = mix(seed, boot) % self.tick_ns
        world.after(phase, self._clock, boot)
        self.act(self._nothing)

    def _nothing(self) -> None:
        """Let the driver look what is owed."""

    def crash(self, *, power: bool, torn: bool = False) -> None:
        """Die, and leave on the disk what a crash leaves; if ``torn``, only what is there."""
        if self.core is None:
            return
        cached = list(self.cached)
        under_way = [record for output in self.pipeline for record in output.records]
        del under_way[: self._written]
        # What the operating system was given is not lost with the process.
        sure = [] if power else cached
        loose = cached + under_way if power else under_way
        dice = Dice(self.world.seed, self.member, self.boot, 7)
        survivors = [] if torn else sure + loose[: dice.below(len(loose) + 1)]
        self.stop()
        for record in survivors:
            self.storage.write(record)
        if survivors:
            self.world.observer.wrote(self.member, self.storage)

    def stop(self) -> None:
        """Be gone from memory."""
        self.core = None
        self.fuse = self.tear = 0
        self.pauses.clear()
        self._forget()
        self.world.observer.stopped(self.member)
        self.world.note(self.member, "stop", "")

    def wipe(self) -> None:
        """Come back with nothing."""
        self.crash(power=True)
        self.world.observer.wiped(self.member)
        self.storage = self.world.implementation.empty(self.member)
        self._checkpoint = StateMachine()
        self.joining = True

    def heal(self) -> None:
        """End what is wrong with the process, its clock and its disk."""
        self.fuse = self.tear = 0
        self.tick_ns = self.world.knobs.tick_ms * _MS
        self.slowness = 1
        self.stalled_until_ns = 0
        self.disk_effects.clear()
        for effect in list(self.pauses):
            self.resume(effect)

    # Time

    def _clock(self, boot: int) -> None:
        if boot != self.boot or self.core is None:
            return
        self.world.after(self.tick_ns, self._clock, boot)
        if self.pauses:
            self._missed_ticks += 1
            for effect in self.pauses:
                effect.felt = True
        else:
            self.act(self.core.tick)

    def rush(self, ticks: int) -> None:
        """Let many ticks pass at once."""
        for _ in range(ticks):
            if self.core is not None and not self.pauses:
                self.act(self.core.tick)

    def resume(self, effect: Effect) -> None:
        """End a pause; if it was the last, do everything that waited, ticks first."""
        if effect not in self.pauses:
            return
        self.pauses.remove(effect)
        if self.pauses:
            return
        missed, self._missed_ticks = self._missed_ticks, 0
        self.rush(missed)
        backlog, self._backlog = self._backlog, []
        for action, arguments in backlog:
            self.do(action, *arguments)

    # Events

    def do(self, action: Callable[..., None], *arguments: Any) -> None:
        """Let something happen, now or when the pause ends."""
        if self.core is None:
            return
        if self.pauses:
            self._backlog.append((action, arguments))
        else:
            self.act(action, *arguments)

    def act(self, action: Callable[..., Any], *arguments: Any) -> None:
        """Let something happen now, and look at what came of it."""
        world = self.world
        try:
            action(*arguments)
            core = self.core
            if core is None:
                return
            if not world.drain_ns:
                self._settle()
            elif not self._draining:
                self._draining = True
                world.after(world.drain_ns, self._drain, self.boot)
            self.view = view = core.view()
            world.observer.stepped(self.member, view, core)
            if world.recorder is not None:
                world.recorder.viewed(world.now_ns, self.member, view)
        except StepCrash as crash:
            if self.fuse_effect is not None:
                self.fuse_effect.felt = True
            self.crash(power=True, torn=isinstance(crash, TornWrite))
        except Exception as problem:  # noqa: BLE001 - whatever it raises is a finding
            world.stopped_by(self.member, problem)
        world.check()

    def receive(self, source: int, message: Any) -> None:
        """A message arrived."""
        if self.core is not None:
            self.core.receive(source, message)

    def _drain(self, boot: int) -> None:
        if boot == self.boot and self.core is not None:
            self._draining = False
            self.do(self._settle)

    def _settle(self) -> None:
        """Take everything that is owed."""
        core = self.core
        output = core.output()
        while output is not None:
            self._take(output)
            output = core.output()

    # The contract

    def _take(self, output: Output) -> None:
        for to, message in output.messages_now:
            self._send(to, message)
        if self.fuse:
            self._burn()
        slow = self.world.sync_ns or self.slowness > 1 or self.stalled_until_ns
        if self.pipeline or (output.sync and slow):
            self.pipeline.append(output)
            self._sync()
        else:
            self._finish(output)
            self._written = 0

    def _sync(self) -> None:
        """Begin to make all that waits durable, if the disk is idle."""
        world = self.world
        if self._syncing or not self.pipeline:
            return
        self._syncing = len(self.pipeline)
        self._syncs += 1
        needed = world.sync_ns or (_MS if self.slowness > 1 else 0)
        chance = mix(world.seed, self.member << 40 | self.boot << 24 | self._syncs)
        needed = needed * self.slowness * (512 + chance % 1024) >> 10
        wait = self.stalled_until_ns - world.now_ns
        if wait > needed or self.slowness > 1:
            needed = max(wait, needed)
            for effect in self.disk_effects:
                effect.felt = True
        world.after(needed, self._synced, self.boot)

    def _synced(self, boot: int) -> None:
        if boot == self.boot and self.core is not None:
            self.do(self._complete)

    def _complete(self) -> None:
        count, self._syncing = self._syncing, 0
        for _ in range(count):
            self._finish(self.pipeline[0])
            self.pipeline.popleft()
            self._written = 0
        self._sync()

    def _finish(self, output: Output) -> None:
        """Do everything that follows once ``output`` is durable."""
        if output.records:
            self._write(output)
        core = self.core
        core.persisted(output.number)
        for to, message in output.messages:
            if self.fuse:
                self._burn()
            self._send(to, message)
        if output.committed or output.reads or output.snapshot is not None:
            if self.world.apply_ns:
                self._applying.append(output)
                self.world.after(self.world.apply_ns, self._apply_next, self.boot)
            else:
                self._apply(output)

    def _write(self, output: Output) -> None:
        if not output.sync:
            self.cached.extend(output.records)
            return
        storage = self.storage
        for record in self.cached:
            storage.write(record)
        self.cached.clear()
        last = len(output.records) - 1
        torn_at = min(self.tear, last) if self.tear and last else None
        for place, record in enumerate(output.records):
            if self.fuse:
                self._burn()
            if place == torn_at:
                raise TornWrite
            storage.write(record)
            self._written = place + 1
        self.world.observer.wrote(self.member, storage)

    def _send(self, to: int, message: Any) -> None:
        world = self.world
        promises = world.implementation.promises(self.member, to, message)
        if promises:
            world.observer.sent(self.member, promises, self.storage)
            if isinstance(promises[0], Vote) and promises[0].candidate != self.member:
                world.last_voter = self.member
        if to in world.processes:
            world.transmit(self.member, to, self.view.term if self.view else 0, message)

    def _burn(self) -> None:
        self.fuse -= 1
        if not self.fuse:
            raise StepCrash

    # Applying

    def _apply_next(self, boot: int) -> None:
        if boot == self.boot and self.core is not None:
            self.do(self._apply_oldest)

    def _apply_oldest(self) -> None:
        if self._applying:
            self._apply(self._applying.popleft())

    def _apply(self, output: Output) -> None:
        world, machine = self.world, self.machine
        if output.snapshot is not None:
            self.machine = machine = StateMachine.load(*output.snapshot)
            world.observer.restored(self.member, machine.index, machine.digest)
            self.core.applied(machine.index)
        for index, _, data in output.committed:
            if self.fuse:
                self._burn()
            expected = machine.index + 1
            machine.apply(index, data)
            world.observer.applied(self.member, index, expected, machine.digest)
            if data:
                world.clients.applied(self.member, data)
        if output.committed:
            self.core.applied(machine.index)
            if world.knobs.snapshot_every:
                self._maybe_compact()
        if world.knobs.durable_state and (output.committed or output.snapshot is not None):
            self._checkpoint = machine.copy()
        for context, index in output.reads:
            self._reads.append((index, context))
        if self._reads:
            self._answer_reads()

    def _answer_reads(self) -> None:
        waiting = []
        for index, context in self._reads:
            if index <= self.machine.index:
                self.world.clients.answered(self.member, context, index, self.machine)
            else:
                waiting.append((index, context))
        self._reads = waiting

    def _maybe_compact(self) -> None:
        if self.machine.index - self._compacted_at >= self.world.knobs.snapshot_every:
            self.compact(self.world.knobs.snapshot_keep)

    def compact(self, keep: int) -> None:
        """Make a snapshot of the state machine, and drop the log before it."""
        if Capability.SNAPSHOTS in self.world.implementation.capabilities:
            self._compacted_at = self.machine.index
            self.core.compact(self.machine.index, self.machine.save(), keep)
