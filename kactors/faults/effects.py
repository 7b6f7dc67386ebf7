"""From each kind of fault to what it does."""

from collections.abc import Callable, Mapping
from typing import Any

from kactors.faults import disk, host, message
from kactors.faults.clock_effect import DriftEffect, JumpEffect
from kactors.faults.disk_effect import DISK_FAULTS, DiskChange, DiskEffect, disk_baselines
from kactors.faults.effect import Effect, Overlap
from kactors.faults.fault import Fault
from kactors.faults.host_effect import DownEffect, KillEffect, PauseEffect, RestartEffect
from kactors.faults.link_effect import LinkEffect, MessageEffect
from kactors.faults.target import FaultTarget

Maker = Callable[[Any, str], Effect]
"""Takes a fault of the kind that it is for, and its owner's name."""


class Effects:
    """Makes the effects of one plan in one world, and holds what those of one sort share."""

    def __init__(self, target: FaultTarget) -> None:
        pauses: Overlap[None, None] = Overlap(lambda _: None)
        drifts: Overlap[int, int] = Overlap(lambda name: target.clock(name).drift_ppm)
        changes: Overlap[DiskChange, dict[str, object]] = Overlap(disk_baselines(target))
        self._links: Maker = lambda fault, owner: LinkEffect(target, fault, owner)
        self._makers: Mapping[type[Fault], Maker] = {
            host.Crash: lambda fault, _: DownEffect(target, fault),
            host.Bounce: lambda fault, _: DownEffect(target, fault),
            host.Reboot: lambda fault, _: DownEffect(target, fault),
            disk.LoseDisk: lambda fault, _: DownEffect(target, fault),
            host.Restart: lambda fault, _: RestartEffect(target, fault),
            host.Pause: lambda fault, owner: PauseEffect(target, fault, owner, pauses),
            host.KillActor: lambda fault, _: KillEffect(target, fault),
            host.ClockJump: lambda fault, _: JumpEffect(target, fault),
            host.ClockDrift: lambda fault, owner: DriftEffect(target, fault, owner, drifts),
            message.Drop: lambda fault, _: MessageEffect(target, fault),
            message.Hold: lambda fault, _: MessageEffect(target, fault),
            **dict.fromkeys(
                DISK_FAULTS, lambda fault, owner: DiskEffect(target, fault, owner, changes)
            ),
        }

    def make(self, fault: Fault, owner: str) -> Effect:
        """Return what a fault does, not begun; those of the network are all alike."""
        return self._makers.get(type(fault), self._links)(fault, owner)
