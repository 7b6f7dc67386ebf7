"""What faults of hosts, actors and clocks do."""

from collections.abc import Collection

from kactors.faults.disk import LoseDisk
from kactors.faults.effect import Overlap
from kactors.faults.errors import UnsupportedFaultError
from kactors.faults.host import (
    Bounce,
    Crash,
    KillActor,
    Pause,
    Reboot,
    Restart,
)
from kactors.faults.target import FaultTarget
from kactors.transport.envelope import Address


class DownEffect:
    """A host goes down, and comes up when the fault ends, or when the world is healed.

    It brings up only the life that it has ended: who was restarted meanwhile stays up,
    and who was brought down again by another fault stays down.
    """

    def __init__(self, target: FaultTarget, fault: Crash | Bounce | Reboot | LoseDisk) -> None:
        self._target = target
        self._fault = fault
        self._incarnation = 0
        self._felt = False

    def begin(self) -> bool:
        """Bring the host down; and lose its disk, if that is the fault."""
        target, host = self._target, self._fault.host
        up = target.up(host)
        if up:
            self._felt = target.activity(host) > 0
            target.crash(host, power=not isinstance(self._fault, Reboot))
        self._incarnation = target.incarnation(host)
        if not isinstance(self._fault, LoseDisk):
            return up
        disk = target.disk(host)
        if disk is None:
            raise UnsupportedFaultError(f"{self._fault!r}: {host} has no disk that can be lost")
        self._felt = self._felt or disk.used_bytes > 0
        disk.wipe()
        return True

    def end(self) -> None:
        """Bring the host up, unless it is, or was meanwhile."""
        target, host = self._target, self._fault.host
        if not target.up(host) and target.incarnation(host) == self._incarnation:
            target.restart(host)

    def heal(self, core: Collection[str] | None) -> None:
        """Bring the host up, if it is to be healed and is still down."""
        host = self._fault.host
        if (core is None or host in core) and not self._target.up(host):
            self._target.restart(host)

    def felt(self) -> bool:
        """Tell whether something ran there, or was on the disk."""
        return self._felt


class RestartEffect:
    """A host that is down comes up."""

    def __init__(self, target: FaultTarget, fault: Restart) -> None:
        self._target = target
        self._host = fault.host

    def begin(self) -> bool:
        """Begin the next life, if the last one has ended."""
        if self._target.up(self._host):
            return False
        self._target.restart(self._host)
        return True

    def end(self) -> None:
        """Do nothing: it is over."""

    def heal(self, core: Collection[str] | None) -> None:
        """Do nothing: it has healed."""

    def felt(self) -> bool:
        """Tell whether something runs there again."""
        return self._target.up(self._host) and self._target.activity(self._host) > 0


class PauseEffect:
    """A host stands still until the last pause that was asked for ends."""

    def __init__(
        self, target: FaultTarget, fault: Pause, owner: str, pauses: Overlap[None, None]
    ) -> None:
        self._target = target
        self._host = fault.host
        self._owner = owner
        self._pauses = pauses
        self._felt = False

    def begin(self) -> bool:
        """Freeze the host, if it runs."""
        if not self._target.up(self._host):
            return False
        self._felt = self._target.activity(self._host) > 0
        self._pauses.add(self._host, self._owner, None)
        self._target.pause(self._host)
        return True

    def end(self) -> None:
        """Let the host go on, unless another fault still pauses it."""
        if self._pauses.remove(self._host, self._owner) and not self._pauses.values(self._host):
            self._target.resume(self._host)

    def heal(self, core: Collection[str] | None) -> None:
        """Let the host go on, if it is to be healed."""
        if core is None or self._host in core:
            self.end()

    def felt(self) -> bool:
        """Tell whether something ran there."""
        return self._felt


class KillEffect:
    """One actor ends."""

    def __init__(self, target: FaultTarget, fault: KillActor) -> None:
        self._target = target
        host, _, name = fault.address.partition("/")
        self._address = Address(host, name)
        self._felt = False

    def begin(self) -> bool:
        """End the actor, if it is there."""
        self._felt = self._target.kill_actor(self._address)
        return self._felt

    def end(self) -> None:
        """Do nothing: it is over."""

    def heal(self, core: Collection[str] | None) -> None:
        """Do nothing: its supervisor does."""

    def felt(self) -> bool:
        """Tell whether the actor was there."""
        return self._felt
