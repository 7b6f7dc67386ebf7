"""What a supervisor has to tell, as data: for people's eyes and for programs."""

from collections.abc import Callable

import attrs

__all__ = ["ClusterEvent", "OnEvent", "ProcessEnded", "ProcessStarted", "Ready", "Seen", "Stopping"]


@attrs.frozen
class ProcessStarted:
    """A process was started.

    Attributes:
        process: its name.
        pid: its number.
        starts: how many there have been under this name, this one included.
    """

    process: str
    pid: int
    starts: int


@attrs.frozen
class ProcessEnded:
    """A process has ended.

    Attributes:
        process: its name.
        why: its exit status or signal, in words, and the last line of its log if it failed.
        again_s: seconds until it is started again; ``None`` if it is not.
    """

    process: str
    why: str
    again_s: float | None


@attrs.frozen
class Seen:
    """How the cluster is; told when that has changed.

    Attributes:
        etcd_leader: the master whose member leads; empty if nobody says so.
        apiservers: masters whose apiserver serves.
        nodes: that are ready.
    """

    etcd_leader: str = ""
    apiservers: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()


@attrs.frozen
class Ready:
    """All apiservers serve and all nodes are ready, for the first time.

    Attributes:
        seconds: since the supervisor began.
    """

    seconds: float


@attrs.frozen
class Stopping:
    """The cluster is being stopped.

    Attributes:
        why: the signal.
    """

    why: str


ClusterEvent = ProcessStarted | ProcessEnded | Seen | Ready | Stopping
OnEvent = Callable[[ClusterEvent], None]
