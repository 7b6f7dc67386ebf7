"""Whole clusters of etcd members under storms: schedules as data, a hunt, and a smallest example.

`run` runs one `Schedule` in the simulated world and says which promise was broken; `hunt` draws
schedules from a seed until one does; `minimise` makes what was found small.
"""

from kactors.faults import FaultPlan as FaultPlan
from kactors.testing.etcd.errors import InvalidSchedule as InvalidSchedule
from kactors.testing.etcd.hunt import Hunt as Hunt
from kactors.testing.etcd.hunt import hunt as hunt
from kactors.testing.etcd.hunt import nth_schedule as nth_schedule
from kactors.testing.etcd.knobs import Knobs as Knobs
from kactors.testing.etcd.minimise import minimise as minimise
from kactors.testing.etcd.run import Outcome as Outcome
from kactors.testing.etcd.run import run as run
from kactors.testing.etcd.schedule import Schedule as Schedule
from kactors.testing.etcd.schedule import Work as Work
from kactors.testing.etcd.schedule import Worker as Worker
from kactors.testing.etcd.storm import storm as storm
from kactors.testing.etcd.violation import Promise as Promise
from kactors.testing.etcd.violation import Violation as Violation
