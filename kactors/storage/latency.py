"""How long a simulated disk takes: data, drawn from the disk's own stream."""

from typing import Protocol

import attrs

from kactors.storage.operation import Operation

_NS_PER_S = 1_000_000_000


class Chance(Protocol):
    """What a simulated disk draws from: a stream, or a test that tries every answer."""

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``."""
        ...


class DiskLatency(Protocol):
    """Says how long one operation takes."""

    def draw_ns(self, operation: Operation, size_bytes: int, chance: Chance) -> int:
        """Return nanoseconds; 0 lets the operation end at once, without suspending."""
        ...


@attrs.frozen
class NoLatency:
    """Every operation takes no time at all and never suspends."""

    def draw_ns(self, operation: Operation, size_bytes: int, chance: Chance) -> int:
        """Return 0, whatever is asked; draws nothing."""
        del operation, size_bytes, chance
        return 0


@attrs.frozen(kw_only=True)
class SsdLatency:
    """A solid-state disk: writes go to the cache at once, syncs and reads take time.

    A sync or read takes its minimum, plus a uniform extra with the given mean, plus the
    transfer. One sync in ``slow_one_in`` meets the drive's housekeeping and takes
    ``slow_factor`` times as long.

    Attributes:
        sync_min_ns: the fastest sync, of a file or a directory.
        sync_extra_ns_mean: the mean of what comes on top.
        read_min_ns: the fastest read.
        read_extra_ns_mean: the mean of what comes on top.
        bytes_per_s: the transfer rate of reads and of what is synced.
    """

    sync_min_ns: int = 80_000
    sync_extra_ns_mean: int = 40_000
    read_min_ns: int = 60_000
    read_extra_ns_mean: int = 20_000
    bytes_per_s: int = 1_000_000_000
    slow_one_in: int = 1_000
    slow_factor: int = 20

    def draw_ns(self, operation: Operation, size_bytes: int, chance: Chance) -> int:
        """Draw for syncs and reads; everything else happens in memory and takes nothing."""
        if operation is Operation.WRITE:
            return 0
        if operation is Operation.SYNC or operation is Operation.SYNC_DIRECTORY:
            took = self.sync_min_ns + chance.below(2 * self.sync_extra_ns_mean + 1)
            if not chance.below(self.slow_one_in):
                took *= self.slow_factor
        elif operation is Operation.READ:
            took = self.read_min_ns + chance.below(2 * self.read_extra_ns_mean + 1)
        else:
            return 0
        return took + size_bytes * _NS_PER_S // self.bytes_per_s
