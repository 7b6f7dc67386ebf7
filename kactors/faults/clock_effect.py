"""What faults of clocks do."""

from collections.abc import Collection

from kactors.faults.effect import Overlap
from kactors.faults.host import ClockDrift, ClockJump, HostFault
from kactors.faults.target import FaultTarget

_NS = 1e9
_SLOWEST_PPM = -999_999
"""A clock cannot stand still, however many faults would have it run slower."""


class Witness:
    """Tells whether something has run on a host since a fault began there."""

    def __init__(self, target: FaultTarget, host: str) -> None:
        self._target = target
        self._host = host
        self._before = self._life()

    @property
    def seen(self) -> bool:
        """Whether a task has run, in that life or in a later one."""
        incarnation, activity = self._life()
        if incarnation != self._before[0]:
            return activity > 0
        return activity > self._before[1]

    def _life(self) -> tuple[int, int]:
        return self._target.incarnation(self._host), self._target.activity(self._host)


class _ClockEffect:
    """What both faults of clocks have in common: they are felt by whatever runs later."""

    def __init__(self, target: FaultTarget, fault: HostFault) -> None:
        self._target = target
        self._host = fault.host
        self._witness: Witness | None = None
        self._felt = False

    def felt(self) -> bool:
        """Tell whether something has run there while the clock was wrong."""
        if self._witness is not None:
            self._felt = self._witness.seen
        return self._felt


class JumpEffect(_ClockEffect):
    """A wall clock jumps, and stays where it is."""

    def __init__(self, target: FaultTarget, fault: ClockJump) -> None:
        super().__init__(target, fault)
        self._by_ns = round(fault.seconds * _NS)

    def begin(self) -> bool:
        """Set the clock."""
        self._witness = Witness(self._target, self._host)
        self._target.clock(self._host).jump(self._by_ns)
        return True

    def end(self) -> None:
        """Do nothing: it is over."""

    def heal(self, core: Collection[str] | None) -> None:
        """Do nothing: where wall time is right is nobody's to say."""


class DriftEffect(_ClockEffect):
    """A host's clocks run fast or slow; the drifts of several faults add up."""

    def __init__(
        self, target: FaultTarget, fault: ClockDrift, owner: str, drifts: Overlap[int, int]
    ) -> None:
        super().__init__(target, fault)
        self._ppm = fault.ppm
        self._owner = owner
        self._drifts = drifts

    def begin(self) -> bool:
        """Let the clock drift."""
        self._witness = Witness(self._target, self._host)
        self._drifts.add(self._host, self._owner, self._ppm)
        self._apply()
        return True

    def end(self) -> None:
        """Let it run as it did before, but for other faults."""
        if self._drifts.remove(self._host, self._owner):
            self.felt()
            self._witness = None
            self._apply()

    def heal(self, core: Collection[str] | None) -> None:
        """End, if the host is to be healed."""
        if core is None or self._host in core:
            self.end()

    def _apply(self) -> None:
        drift_ppm = self._drifts.baseline(self._host) + sum(self._drifts.values(self._host))
        self._target.set_drift(self._host, max(_SLOWEST_PPM, drift_ppm))
