"""What the pods of one node share."""

from collections.abc import Callable

import attrs

from kactors.api.objects import Object
from kactors.client.events import EventRecorder
from kactors.node.config import KubeletConfig
from kactors.node.pods.admission import Rejection
from kactors.node.pods.backoff import BackOff
from kactors.node.prober import StartSoon
from kactors.node.runtime.face import ContainerRuntime
from kactors.node.status_manager import StatusManager
from kactors.node.volume_manager import VolumeManager
from kactors.runtime import Host, Lock

__all__ = ["PodContext"]


@attrs.frozen(kw_only=True)
class PodContext:
    """What a pod worker has of its node.

    Attributes:
        config: of the kubelet.
        host: clock and chance.
        runtime: runs the containers.
        volumes: mounts.
        statuses: is told what to say.
        recorder: tells people, if at all.
        start_soon: runs tasks.
        admit: says why the node does not take a pod, or ``None``.
        finished: told the uid of a pod of which nothing is left.
        restarts, pulls: back-offs, by pod uid and what failed.
        pull_lock: images are pulled one at a time, so that one is whole rather than ten half.
    """

    config: KubeletConfig
    host: Host
    runtime: ContainerRuntime
    volumes: VolumeManager
    statuses: StatusManager
    recorder: EventRecorder | None
    start_soon: StartSoon
    admit: Callable[[Object], Rejection | None]
    finished: Callable[[str], None]
    restarts: BackOff = attrs.field(factory=BackOff)
    pulls: BackOff = attrs.field(factory=BackOff)
    pull_lock: Lock = attrs.field(factory=Lock)

    def tell(self, pod: Object, kind: str, reason: str, message: str) -> None:
        """Tell something about a pod as an Event, if events are wanted."""
        if self.recorder is not None:
            self.recorder.event(pod, kind, reason, message)
