"""What a world offers to be broken through: the face between faults and worlds."""

from collections import Counter
from collections.abc import Callable
from typing import Any, Protocol

from kactors.runtime.clock import Clock
from kactors.runtime.probes import Probes
from kactors.storage.disk_faults import DiskFaults
from kactors.transport.envelope import Address
from kactors.transport.hooks import MessageHooks
from kactors.transport.rules import LinkRules


class FaultyDisk(Protocol):
    """A disk that fails on command; `kactors.storage.sim_disk.SimDisk` is one."""

    faults: DiskFaults
    felt: Counter[str]

    @property
    def used_bytes(self) -> int:
        """The size of all files together."""
        ...

    def wipe(self) -> None:
        """Lose everything."""
        ...


class FaultTarget(Protocol):
    """A world, simulated or live.

    A method that a world cannot offer raises `UnsupportedFaultError`.
    """

    @property
    def rules(self) -> LinkRules:
        """What befalls messages on links."""
        ...

    @property
    def hooks(self) -> MessageHooks:
        """What sees single messages."""
        ...

    @property
    def probes(self) -> Probes | None:
        """The probes of this run, if they are on."""
        ...

    @property
    def on_actor_started(self) -> list[Callable[[Address], None]]:
        """Called after an actor started, for the first time or again."""
        ...

    @property
    def on_actor_died(self) -> list[Callable[[Address], None]]:
        """Called after an actor ended, for whatever reason but its host's crash."""
        ...

    def hosts(self) -> tuple[str, ...]:
        """Return the names of all hosts."""
        ...

    def resolve(self, symbol: str) -> str | None:
        """Return the host that plays a part such as ``@leader`` now, if one does."""
        ...

    def now_ns(self) -> int:
        """Return true time."""
        ...

    def call_at(self, true_ns: int, callback: Callable[[Any], None], argument: Any, /) -> object:
        """Call ``callback(argument)`` at an instant of true time."""
        ...

    def up(self, host: str) -> bool:
        """Tell whether a host runs."""
        ...

    def incarnation(self, host: str) -> int:
        """Return which life a host is in."""
        ...

    def activity(self, host: str) -> int:
        """Count what the tasks of a host have done in this life: a number that only grows."""
        ...

    def crash(self, host: str, *, power: bool) -> None:
        """End a host's life; without power also what its disk has not synced."""
        ...

    def restart(self, host: str) -> None:
        """Begin the next life of a host that is down."""
        ...

    def pause(self, host: str) -> None:
        """Freeze a host."""
        ...

    def resume(self, host: str) -> None:
        """Let a paused host go on; nothing if it is not."""
        ...

    def kill_actor(self, address: Address) -> bool:
        """End an actor as if it had failed; return whether it was there."""
        ...

    def clock(self, host: str) -> Clock:
        """Return a host's clock, to be read and to jump."""
        ...

    def set_drift(self, host: str, drift_ppm: int) -> None:
        """Let a host's clock run fast or slow from now on, its timers included."""
        ...

    def disk(self, host: str) -> FaultyDisk | None:
        """Return a host's disk, if it is one that can fail on command."""
        ...
