"""The state machine that the harness replicates: three registers, and a chain over all commands."""

import zlib

__all__ = ["REGISTERS", "StateMachine", "command", "number_of"]

#: A command ``n`` writes ``n`` to register ``n % REGISTERS``.
REGISTERS = 3


def command(number: int, size_bytes: int) -> bytes:
    """Return the command that writes ``number``, filled up to ``size_bytes``."""
    return (b"%d" % number).ljust(size_bytes)


def number_of(data: bytes) -> int:
    """Return what a command writes."""
    return int(data)


class StateMachine:
    """Three registers and a checksum of everything that ever happened.

    Attributes:
        index: the last entry applied.
        digest: two machines with equal digests have applied the same entries.
    """

    __slots__ = ("digest", "index", "registers")

    def __init__(
        self, index: int = 0, digest: int = 0, registers: tuple[int, ...] = (0,) * REGISTERS
    ) -> None:
        self.index = index
        self.digest = digest
        self.registers = registers

    def apply(self, index: int, data: bytes) -> None:
        """Take in one entry."""
        self.index = index
        if data:
            number = number_of(data)
            place = number % REGISTERS
            registers = self.registers
            self.registers = (*registers[:place], number, *registers[place + 1 :])
            self.digest = zlib.crc32(data, self.digest)

    def save(self) -> bytes:
        """Return the state as a snapshot, which does not say its index."""
        return b"%d %d %d %d" % (self.digest, *self.registers)

    @classmethod
    def load(cls, index: int, data: bytes) -> "StateMachine":
        """Return the state at ``index`` that ``data`` describes; nothing is the first state."""
        if not data:
            return cls(index)
        digest, *registers = map(int, data.split())
        return cls(index, digest, tuple(registers))

    def copy(self) -> "StateMachine":
        """Return the same state."""
        return StateMachine(self.index, self.digest, self.registers)
