"""The live world: trio, thin. Real time, real files, real sockets.

Only modules in here, and the few live-only ones of other packages, may import trio.
"""

from kactors.runtime.live.clock import LiveClock as LiveClock
from kactors.runtime.live.guest import GuestRun as GuestRun
from kactors.runtime.live.guest import start_guest_run as start_guest_run
from kactors.runtime.live.host import LiveHost as LiveHost
from kactors.runtime.live.host import LiveTask as LiveTask
from kactors.runtime.live.runtime import LiveRuntime as LiveRuntime
from kactors.runtime.live.world import LiveWorld as LiveWorld
from kactors.runtime.live.world import run as run
