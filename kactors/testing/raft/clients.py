"""The clients of a run: they write numbers, read registers, and remember what they were told.

Every number is written once, so a history of them is easy to judge; see
`kactors.checking.linearizability`.
"""

from typing import TYPE_CHECKING, Any

import attrs

from kactors.checking.actions import Get, Put
from kactors.checking.operation import Operation
from kactors.testing.raft.dice import Dice, mix
from kactors.testing.raft.machine import REGISTERS, StateMachine, command, number_of
from kactors.testing.raft.protocol import Capability

if TYPE_CHECKING:
    from kactors.testing.raft.process import Process
    from kactors.testing.raft.world import World

__all__ = ["Clients"]

_MS = 1_000_000


@attrs.define
class _Write:
    member: int
    call_ns: int
    return_ns: int | None = None


@attrs.define
class _Read:
    member: int
    call_ns: int
    known: int
    register: int
    return_ns: int | None = None
    value: int = 0


class Clients:
    """Those who want something of the cluster.

    Attributes:
        acknowledged: writes that were answered.
        served: reads that were answered.
    """

    def __init__(self, world: "World") -> None:
        self._world = world
        self._number = 0
        self._dice = Dice(world.seed, 0xC11E)
        self._writes: dict[int, _Write] = {}
        self._reads: dict[int, _Read] = {}
        self.acknowledged = 0
        self.served = 0
        self.active = bool(world.knobs.load_ms)
        self._reading = Capability.READS in world.implementation.capabilities

    def begin(self) -> None:
        """Start to want things."""
        if self.active:
            self._wait()

    def _wait(self) -> None:
        span = self._world.knobs.load_ms * _MS
        self._number += 1
        self._world.after(span * (512 + mix(self._world.seed, self._number) % 1024) >> 10, self._go)

    def _go(self) -> None:
        if not self.active:
            return
        self._wait()
        dice = Dice(self._world.seed, 0xC11E, self._number)
        process = self._choose(dice)
        if process is None:
            return
        if self._reading and dice.below(3) == 0:
            self.read(process)
        else:
            self.write(process)

    def _choose(self, dice: Dice) -> "Process | None":
        """Return somebody to ask: mostly one that believes to lead."""
        running = [process for process in self._world.processes.values() if process.up]
        leaders = [process for process in running if process.leads]
        if leaders and dice.below(8):
            running = leaders
        return running[dice.below(len(running))] if running else None

    # Wishes

    def write(self, process: "Process") -> int | None:
        """Propose the next number to ``process``; return it, ``None`` if it is not taken."""
        self._number += 1
        number = self._number
        process.do(self._propose, process, number)
        return number if number in self._writes else None

    def _propose(self, process: "Process", number: int) -> None:
        world = self._world
        if process.core.propose(command(number, world.knobs.payload_bytes)):
            self._writes[number] = _Write(process.member, world.now_ns)

    def read(self, process: "Process") -> int:
        """Ask ``process`` for a register; return the name of the question."""
        self._number += 1
        process.do(self._ask, process, self._number)
        return self._number

    def _ask(self, process: "Process", number: int) -> None:
        world = self._world
        self._reads[number] = _Read(
            process.member, world.now_ns, world.observer.highest, number % REGISTERS
        )
        if not process.core.read(number):
            del self._reads[number]

    # Answers

    def applied(self, member: int, data: bytes) -> None:
        """A member applied a command; whoever asked it is answered now."""
        write = self._writes.get(number_of(data))
        if write is not None and write.member == member and write.return_ns is None:
            write.return_ns = self._world.now_ns
            self.acknowledged += 1

    def answered(self, member: int, context: Any, index: int, machine: StateMachine) -> None:
        """A read may be answered from ``machine``."""
        read = self._reads.get(context)
        if read is None or read.return_ns is not None:
            return
        self._world.observer.answered(member, index, read.known)
        read.return_ns = self._world.now_ns
        read.value = machine.registers[read.register]
        self.served += 1

    def is_acknowledged(self, number: int) -> bool:
        """Answer whether a write was answered."""
        write = self._writes.get(number)
        return write is not None and write.return_ns is not None

    def is_served(self, number: int) -> bool:
        """Answer whether a read was answered."""
        read = self._reads.get(number)
        return read is not None and read.return_ns is not None

    def history(self) -> list[Operation]:
        """Return what the clients saw; a register that was never written is absent."""
        writes = [
            Operation(
                client=f"writer-{number}",
                action=Put(f"r{number % REGISTERS}", number),
                call_ns=write.call_ns,
                return_ns=write.return_ns,
            )
            for number, write in self._writes.items()
        ]
        reads = [
            Operation(
                client=f"reader-{number}",
                action=Get(f"r{read.register}"),
                result=read.value or None,
                call_ns=read.call_ns,
                return_ns=read.return_ns,
            )
            for number, read in self._reads.items()
            if read.return_ns is not None
        ]
        return sorted((*writes, *reads), key=lambda operation: operation.call_ns)
