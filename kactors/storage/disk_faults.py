"""What is wrong with a simulated disk at the moment: switches and rates, set while it runs."""

import attrs

from kactors.runtime.event import Event

MILLION = 1_000_000


def _per_million(instance: object, field: "attrs.Attribute[int]", value: int) -> None:
    if not 0 <= value <= MILLION:
        raise ValueError(
            f"{type(instance).__name__}.{field.name} is {value!r}: "
            f"give 0 (never) to {MILLION} (always)"
        )


def _announce(instance: "DiskFaults", field: "attrs.Attribute[bool]", value: bool) -> bool:
    """Wake the operations that hang when the stall ends."""
    del field
    if not value:
        resumed, instance._resumed = instance._resumed, Event()
        resumed.set()
    return value


@attrs.define(kw_only=True, eq=False)
class DiskFaults:
    """What goes wrong from now on; every attribute may be set at any time.

    Rates are per million operations of the kind that they concern, and 1,000,000 is always.
    `SimDisk.felt` counts, under the names in quotes, how often each was met.

    Attributes:
        read_error_per_million: opening, listing or reading fails with ``EIO``; "read_error".
        write_error_per_million: writing fails with ``EIO`` after some of the sectors were
            written; creating, renaming, truncating, deleting fail without effect; "write_error".
        sync_error_per_million: a sync fails with ``EIO``: some unsynced sectors are durable,
            the others never will be although reads show them; "sync_error".
        lost_write_per_million: a write is acknowledged and so is its sync, but it never
            reaches the medium; "lost_write".
        misdirected_write_per_million: a write reaches another sector of its file and not its
            own, which nobody sees before the next crash; "misdirected_write".
        bit_rot_per_million: a bit of what is being read has flipped for good; "bit_rot".
        capacity_bytes: writes and creations beyond it fail with ``ENOSPC``; "full".
        slowdown: every operation takes this many times as long; "slow".
        stalled: every operation hangs until this is False again; "stalled".
        torn_writes: a power failure may keep some sectors of a write and not others;
            else each file keeps a prefix of its unsynced writes; "torn_write".
    """

    read_error_per_million: int = attrs.field(default=0, validator=_per_million)
    write_error_per_million: int = attrs.field(default=0, validator=_per_million)
    sync_error_per_million: int = attrs.field(default=0, validator=_per_million)
    lost_write_per_million: int = attrs.field(default=0, validator=_per_million)
    misdirected_write_per_million: int = attrs.field(default=0, validator=_per_million)
    bit_rot_per_million: int = attrs.field(default=0, validator=_per_million)
    capacity_bytes: int | None = None
    slowdown: int = attrs.field(default=1, validator=attrs.validators.ge(1))
    stalled: bool = attrs.field(default=False, on_setattr=_announce)
    torn_writes: bool = True
    _resumed: Event = attrs.field(factory=Event, init=False, repr=False)

    def heal(self) -> None:
        """Set everything back to a disk without faults; wakes what hangs."""
        for field in attrs.fields(DiskFaults):
            if field.init:
                setattr(self, field.name, field.default)

    async def wait_resumed(self) -> None:
        """Return once the disk is not stalled."""
        while self.stalled:
            await self._resumed.wait()
