"""The switches and rates of a simulated disk's faults."""

import pytest

from kactors.storage.disk_faults import DiskFaults


def test_rates_are_per_million() -> None:
    """More than always, or less than never, is refused, also when set later."""
    faults = DiskFaults()

    with pytest.raises(ValueError, match=r"give 0 \(never\) to 1000000 \(always\)"):
        faults.read_error_per_million = 1_000_001
    with pytest.raises(ValueError, match="bit_rot_per_million is -1"):
        DiskFaults(bit_rot_per_million=-1)


def test_a_slowdown_does_not_make_it_faster() -> None:
    """The factor is at least 1."""
    with pytest.raises(ValueError, match="slowdown"):
        DiskFaults(slowdown=0)


def test_healing_sets_everything_back() -> None:
    """Afterwards the faults are those of a new disk."""
    faults = DiskFaults(sync_error_per_million=5, capacity_bytes=7, stalled=True, torn_writes=False)

    faults.heal()

    assert repr(faults) == repr(DiskFaults())
