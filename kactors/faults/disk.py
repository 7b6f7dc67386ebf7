"""Faults of disks."""

import attrs

from kactors.faults.checks import check_count, check_probability, check_size
from kactors.faults.host import HostFault


@attrs.frozen(repr=False)
class OperationFault(HostFault):
    """A fault that strikes a share of a disk's operations of one sort.

    Attributes:
        probability: of striking.
    """

    probability: float = attrs.field(default=1.0, validator=check_probability)


@attrs.frozen(repr=False)
class DiskReadError(OperationFault):
    """Reads fail with ``EIO``, this share of them."""


@attrs.frozen(repr=False)
class DiskWriteError(OperationFault):
    """Writes fail with ``EIO``, this share of them, perhaps after a part was written."""


@attrs.frozen(repr=False)
class DiskSyncError(OperationFault):
    """Syncs fail with ``EIO``, this share of them; what they should have kept may be lost.

    Tests who syncs again and believes the second answer.
    """


@attrs.frozen(repr=False)
class DiskFull(HostFault):
    """Writes fail with ``ENOSPC``.

    Attributes:
        free_bytes: what can still be written.
    """

    free_bytes: int = attrs.field(default=0, validator=check_size)


@attrs.frozen(repr=False)
class SlowDisk(HostFault):
    """Every operation takes ``factor`` times as long."""

    factor: int = attrs.field(default=10, validator=check_count)


@attrs.frozen(repr=False)
class StalledDisk(HostFault):
    """Every operation hangs until the fault ends.

    Tests who goes on ticking while a sync does not return.
    """


@attrs.frozen(repr=False)
class BitRot(OperationFault):
    """A bit of what is read has flipped for good, at this share of the reads."""


@attrs.frozen(repr=False)
class MisdirectedWrite(OperationFault):
    """A write lands in the wrong place, this share of them, and nobody is told."""


@attrs.frozen(repr=False)
class LostWrite(OperationFault):
    """A write is acknowledged, and so is its sync, and it never happens; this share of them."""


@attrs.frozen(repr=False)
class TornWrite(HostFault):
    """A crash while this lasts keeps some sectors of an unsynced write and not others."""


@attrs.frozen(repr=False)
class LoseDisk(HostFault):
    """The host goes down and comes up, in the end, with an empty disk.

    Tests the member that votes again because it has forgotten that it did.
    """
