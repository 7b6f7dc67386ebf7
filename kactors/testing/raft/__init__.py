"""Finds bugs in implementations of Raft: storms of faults in virtual time, every step checked.

Works on whatever offers `protocol`; `OURS` is the core of kactors. Three ways in:

* `survives` runs one `Schedule` and raises with all there is to know of a failure;
* `raft_schedules` lets hypothesis draw schedules, and `RaftMachine` lets it go step by step;
* `hunt` runs thousands from a seed, and `minimise` makes small what it finds.

Start reading with `protocol`, then `schedule`, `storm` and `world`.
"""

from kactors.testing.raft.errors import HarnessError, InvalidSchedule
from kactors.testing.raft.hunt import Hunt, hunt, nth_schedule
from kactors.testing.raft.knobs import Knobs
from kactors.testing.raft.minimise import minimise
from kactors.testing.raft.ours import OURS
from kactors.testing.raft.protocol import (
    Capability,
    Change,
    Command,
    FullMember,
    Implementation,
    Member,
    Output,
    Rng,
    Seat,
    Storage,
)
from kactors.testing.raft.run import Outcome, run
from kactors.testing.raft.schedule import Calm, Fault, Kind, Schedule, Target
from kactors.testing.raft.storm import storm
from kactors.testing.raft.survive import PropertyBroken, explain, survives

__all__ = [
    "OURS",
    "Calm",
    "Capability",
    "Change",
    "Command",
    "Fault",
    "FullMember",
    "HarnessError",
    "Hunt",
    "Implementation",
    "InvalidSchedule",
    "Kind",
    "Knobs",
    "Member",
    "Outcome",
    "Output",
    "PropertyBroken",
    "Rng",
    "Schedule",
    "Seat",
    "Storage",
    "Target",
    "explain",
    "hunt",
    "minimise",
    "nth_schedule",
    "run",
    "storm",
    "survives",
]
