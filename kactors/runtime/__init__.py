"""Time, tasks and chance: one face, two worlds.

Components import from here and from nowhere below. `kactors.runtime.sim` runs them in
virtual time from one seed; `kactors.runtime.live` runs them on trio.
"""

from kactors.runtime.channel import ChannelStatistics as ChannelStatistics
from kactors.runtime.channel import ReceiveChannel as ReceiveChannel
from kactors.runtime.channel import SendChannel as SendChannel
from kactors.runtime.channel import open_channel as open_channel
from kactors.runtime.clock import Clock as Clock
from kactors.runtime.disk import Disk as Disk
from kactors.runtime.disk import File as File
from kactors.runtime.errors import BrokenResourceError as BrokenResourceError
from kactors.runtime.errors import ClosedResourceError as ClosedResourceError
from kactors.runtime.errors import EndOfChannel as EndOfChannel
from kactors.runtime.errors import NoRuntimeError as NoRuntimeError
from kactors.runtime.errors import RuntimeFaceError as RuntimeFaceError
from kactors.runtime.errors import TooSlowError as TooSlowError
from kactors.runtime.errors import WouldBlock as WouldBlock
from kactors.runtime.event import Event as Event
from kactors.runtime.face import CancelScope as CancelScope
from kactors.runtime.face import Nursery as Nursery
from kactors.runtime.face import TaskStatus as TaskStatus
from kactors.runtime.face import Waiter as Waiter
from kactors.runtime.functions import cancel_scope as cancel_scope
from kactors.runtime.functions import cancel_shielded_checkpoint as cancel_shielded_checkpoint
from kactors.runtime.functions import cancelled_class as cancelled_class
from kactors.runtime.functions import checkpoint as checkpoint
from kactors.runtime.functions import checkpoint_if_cancelled as checkpoint_if_cancelled
from kactors.runtime.functions import current_effective_deadline as current_effective_deadline
from kactors.runtime.functions import current_host as current_host
from kactors.runtime.functions import current_time as current_time
from kactors.runtime.functions import current_time_ns as current_time_ns
from kactors.runtime.functions import fail_after as fail_after
from kactors.runtime.functions import fail_at as fail_at
from kactors.runtime.functions import move_on_after as move_on_after
from kactors.runtime.functions import move_on_at as move_on_at
from kactors.runtime.functions import open_nursery as open_nursery
from kactors.runtime.functions import sleep as sleep
from kactors.runtime.functions import sleep_forever as sleep_forever
from kactors.runtime.functions import sleep_until as sleep_until
from kactors.runtime.functions import waiter as waiter
from kactors.runtime.host import Host as Host
from kactors.runtime.lock import Lock as Lock
from kactors.runtime.random import Random as Random
from kactors.runtime.random import stream as stream
from kactors.runtime.semaphore import Semaphore as Semaphore
