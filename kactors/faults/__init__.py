"""Faults as values, and the injector that applies them to a world.

Here lives what can be done to hosts, links, disks and clocks, when, and for how long; never
how a component reacts. Everything that a printed plan mentions can be imported from here, so
``eval(repr(plan), vars(kactors.faults)) == plan``.
"""

from kactors.faults.disk import BitRot as BitRot
from kactors.faults.disk import DiskFull as DiskFull
from kactors.faults.disk import DiskReadError as DiskReadError
from kactors.faults.disk import DiskSyncError as DiskSyncError
from kactors.faults.disk import DiskWriteError as DiskWriteError
from kactors.faults.disk import LoseDisk as LoseDisk
from kactors.faults.disk import LostWrite as LostWrite
from kactors.faults.disk import MisdirectedWrite as MisdirectedWrite
from kactors.faults.disk import SlowDisk as SlowDisk
from kactors.faults.disk import StalledDisk as StalledDisk
from kactors.faults.disk import TornWrite as TornWrite
from kactors.faults.errors import FaultError as FaultError
from kactors.faults.errors import InvalidFaultError as InvalidFaultError
from kactors.faults.errors import SchemaError as SchemaError
from kactors.faults.errors import UnknownHostError as UnknownHostError
from kactors.faults.fault import Fault as Fault
from kactors.faults.host import Bounce as Bounce
from kactors.faults.host import ClockDrift as ClockDrift
from kactors.faults.host import ClockJump as ClockJump
from kactors.faults.host import Crash as Crash
from kactors.faults.host import KillActor as KillActor
from kactors.faults.host import Pause as Pause
from kactors.faults.host import Reboot as Reboot
from kactors.faults.host import Restart as Restart
from kactors.faults.message import Drop as Drop
from kactors.faults.message import Hold as Hold
from kactors.faults.network import Clog as Clog
from kactors.faults.network import Cut as Cut
from kactors.faults.network import Delay as Delay
from kactors.faults.network import Duplicate as Duplicate
from kactors.faults.network import Loss as Loss
from kactors.faults.network import Reorder as Reorder
from kactors.faults.network import Throttle as Throttle
from kactors.faults.partition import Bridge as Bridge
from kactors.faults.partition import Direction as Direction
from kactors.faults.partition import Isolate as Isolate
from kactors.faults.partition import Partition as Partition
from kactors.faults.partition import Ring as Ring
from kactors.faults.plan import FaultPlan as FaultPlan
from kactors.faults.schema import FAULTS as FAULTS
from kactors.faults.text import from_json as from_json
from kactors.faults.text import from_yaml as from_yaml
from kactors.faults.text import to_json as to_json
from kactors.faults.text import to_yaml as to_yaml
from kactors.faults.trigger import ActorDied as ActorDied
from kactors.faults.trigger import ActorStarted as ActorStarted
from kactors.faults.trigger import Delivered as Delivered
from kactors.faults.trigger import Messages as Messages
from kactors.faults.trigger import ProbeHit as ProbeHit
from kactors.faults.trigger import Sent as Sent
from kactors.faults.trigger import Trigger as Trigger
from kactors.faults.when import At as At
from kactors.faults.when import End as End
from kactors.faults.when import For as For
from kactors.faults.when import Start as Start
from kactors.faults.when import Until as Until
from kactors.faults.when import When as When
from kactors.transport.latency import Bimodal as Bimodal
from kactors.transport.latency import Constant as Constant
from kactors.transport.latency import Exponential as Exponential
from kactors.transport.latency import LogNormal as LogNormal
from kactors.transport.latency import Uniform as Uniform
