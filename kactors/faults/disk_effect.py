"""What faults of disks do: switches and rates of the simulated disk, several at once included."""

from collections.abc import Callable, Collection, Mapping

import attrs

from kactors.faults.disk import (
    BitRot,
    DiskFull,
    DiskReadError,
    DiskSyncError,
    DiskWriteError,
    LostWrite,
    MisdirectedWrite,
    OperationFault,
    SlowDisk,
    StalledDisk,
    TornWrite,
)
from kactors.faults.effect import Overlap
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.host import HostFault
from kactors.faults.target import FaultTarget, FaultyDisk
from kactors.storage.disk_faults import MILLION, DiskFaults

_RATES: Mapping[type[HostFault], str] = {
    DiskReadError: "read_error",
    DiskWriteError: "write_error",
    DiskSyncError: "sync_error",
    LostWrite: "lost_write",
    MisdirectedWrite: "misdirected_write",
    BitRot: "bit_rot",
}

_FELT: Mapping[type[HostFault], str] = {
    **_RATES,
    DiskFull: "full",
    SlowDisk: "slow",
    StalledDisk: "stalled",
    TornWrite: "torn_write",
}
"""Under which name a disk counts who met a fault."""

DiskChange = Callable[[DiskFaults], None]
"""Changes the settings of a disk, on top of what other faults do."""

DISK_FAULTS = tuple(_FELT)


def _settings(faults: DiskFaults) -> dict[str, object]:
    """Return what can be set about a disk, as it is."""
    return {
        field.name: getattr(faults, field.name) for field in attrs.fields(DiskFaults) if field.init
    }


def disk_baselines(target: FaultTarget) -> Callable[[str], dict[str, object]]:
    """Return what reads how a host's disk is set."""

    def read(host: str) -> dict[str, object]:
        disk = target.disk(host)
        assert disk is not None, f"{host} was asked for a disk before"
        return _settings(disk.faults)

    return read


def _either(one: int, other: int) -> int:
    """Return how many in a million meet at least one of two independent rates."""
    return MILLION - (MILLION - one) * (MILLION - other) // MILLION


class DiskEffect:
    """A disk misbehaves while the fault lasts."""

    def __init__(
        self,
        target: FaultTarget,
        fault: HostFault,
        owner: str,
        asked: Overlap[DiskChange, dict[str, object]],
    ) -> None:
        self._target = target
        self._fault = fault
        self._owner = owner
        self._asked = asked
        self._felt_before = 0
        self._felt = False
        self._active = False

    def begin(self) -> bool:
        """Let the disk misbehave."""
        disk = self._disk()
        self._felt_before = self._count(disk)
        self._active = True
        self._asked.add(self._fault.host, self._owner, _change(self._fault, disk))
        self._apply(disk)
        return True

    def end(self) -> None:
        """Let it do as before, but for other faults."""
        if self._asked.remove(self._fault.host, self._owner):
            self.felt()
            self._active = False
            self._apply(self._disk())

    def heal(self, core: Collection[str] | None) -> None:
        """End, if the host is to be healed."""
        if core is None or self._fault.host in core:
            self.end()

    def felt(self) -> bool:
        """Tell whether an operation met it."""
        if self._active:
            self._felt = self._count(self._disk()) > self._felt_before
        return self._felt

    def _disk(self) -> FaultyDisk:
        disk = self._target.disk(self._fault.host)
        if disk is None:
            raise UnsupportedFaultError(
                f"{self._fault!r}: {self._fault.host} has no disk that fails on command, "
                "use a simulated one"
            )
        return disk

    def _count(self, disk: FaultyDisk) -> int:
        return disk.felt[_FELT[type(self._fault)]]

    def _apply(self, disk: FaultyDisk) -> None:
        """Set the disk to its baseline and to what all faults together ask for."""
        host = self._fault.host
        wanted = DiskFaults(**self._asked.baseline(host))  # type: ignore[arg-type]  # read from one
        for change in self._asked.values(host):
            change(wanted)
        for name, value in _settings(wanted).items():
            if getattr(disk.faults, name) != value:
                setattr(disk.faults, name, value)


def _change(fault: HostFault, disk: FaultyDisk) -> DiskChange:
    """Return what a fault changes about a disk, on top of what others do."""

    def change(faults: DiskFaults) -> None:
        match fault:
            case DiskFull():
                present = faults.capacity_bytes
                smaller = capacity_bytes if present is None else min(present, capacity_bytes)
                faults.capacity_bytes = smaller
            case SlowDisk(factor=factor):
                faults.slowdown *= factor
            case StalledDisk():
                faults.stalled = True
            case TornWrite():
                faults.torn_writes = True
            case OperationFault(probability=probability):
                name = f"{_RATES[type(fault)]}_per_million"
                rate = _either(getattr(faults, name), round(probability * MILLION))
                setattr(faults, name, rate)

    # How much is free is a matter of the moment at which the fault begins.
    capacity_bytes = disk.used_bytes + fault.free_bytes if isinstance(fault, DiskFull) else 0
    return change
