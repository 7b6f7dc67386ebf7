"""Schedules drawn by hypothesis, which can shrink them.

The generator is the one that hunts (`kactors.testing.raft.storm`); only what it draws from is
another. A property in one line::

    @given(raft_schedules())
    def test_my_raft_survives(schedule: Schedule) -> None:
        survives(schedule, MY_RAFT)
"""

import attrs
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st

from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import Implementation
from kactors.testing.raft.schedule import Schedule
from kactors.testing.raft.storm import storm

__all__ = ["PROFILES", "raft_schedules"]

#: Hypothesis would rather stop than draw for so long; here a draw is worth seconds of time.
_PATIENT = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example]

#: ``ci`` takes less than three minutes, ``deep`` as long as a night may; use them as decorators.
PROFILES: dict[str, settings] = {
    "quick": settings(
        max_examples=60, deadline=None, suppress_health_check=_PATIENT, database=None
    ),
    "ci": settings(max_examples=1000, deadline=None, suppress_health_check=_PATIENT, database=None),
    "deep": settings(
        max_examples=100_000,
        deadline=None,
        suppress_health_check=_PATIENT,
        phases=(Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    ),
}


@attrs.frozen
class _DrawnRng:
    """An `Rng` whose numbers hypothesis chooses; it shrinks them to 0, the mildest choice."""

    draw: st.DrawFn

    def below(self, bound: int) -> int:
        """Draw an integer in ``[0, bound)``."""
        return self.draw(st.integers(0, bound - 1)) if bound > 1 else 0


@st.composite
def raft_schedules(draw: st.DrawFn, implementation: Implementation = OURS) -> Schedule:
    """Schedules for ``implementation``; they shrink to few faults in a mild, small cluster."""
    return storm(_DrawnRng(draw), implementation.capabilities)
