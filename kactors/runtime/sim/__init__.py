"""The simulated world: virtual time, one seed, bit-for-bit repeatable."""

from kactors.runtime.sim.errors import Cancelled as Cancelled
from kactors.runtime.sim.errors import DeadlockError as DeadlockError
from kactors.runtime.sim.errors import LivelockError as LivelockError
from kactors.runtime.sim.errors import NeverAwaitsError as NeverAwaitsError
from kactors.runtime.sim.errors import SimulationError as SimulationError
from kactors.runtime.sim.host import SimHost as SimHost
from kactors.runtime.sim.kernel import Kernel as Kernel
from kactors.runtime.sim.task import Task as Task
from kactors.runtime.sim.world import Simulation as Simulation
from kactors.runtime.sim.world import run as run
