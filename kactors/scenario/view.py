"""What goals are judged by: all that can be known of a run at one instant without a message."""

from collections.abc import Mapping, Sequence
from functools import cached_property

import attrs

from kactors.api.meta import uid_of
from kactors.checking.operation import Operation
from kactors.cluster.observer import RunningContainer
from kactors.cluster.simulated import SimulatedCluster
from kactors.cluster.traffic import Traffic
from kactors.scenario.truth import Name, Truth

__all__ = ["Clockwork", "View"]

_NS = 1e9


class Clockwork:
    """Scenario time of one run, and what was there when it began.

    Attributes:
        first_pods: the pods that there were at time 0: their names by uid.
    """

    def __init__(self, cluster: SimulatedCluster, truth: Truth) -> None:
        self._kernel = cluster.world.simulation.kernel
        self._truth = truth
        self._zero_ns = 0
        self._last_write_ns = 0
        self.first_pods: Mapping[str, Name] = {}
        truth.on_change.append(lambda change: self._written(change.at_ns))

    def _written(self, at_ns: int) -> None:
        self._last_write_ns = at_ns

    def begin(self) -> None:
        """Let scenario time be 0 now."""
        self._zero_ns = self._kernel.now_ns
        pods = self._truth.objects("pods")
        self.first_pods = {uid_of(pod): name for name, pod in pods.items()}

    @property
    def now_s(self) -> float:
        """Seconds of scenario time; below 0 while the cluster comes up."""
        return self.seconds(self._kernel.now_ns)

    @property
    def last_write_s(self) -> float:
        """Scenario time at which an object changed last."""
        return self.seconds(self._last_write_ns)

    def seconds(self, true_ns: int) -> float:
        """Return an instant in scenario time; before it begins, in seconds of true time."""
        return (true_ns - self._zero_ns) / _NS


@attrs.define(slots=False, eq=False)
class View:
    """One look at a run; what is dear to find out is found out once, if somebody asks.

    Attributes:
        cluster: the whole; its observer knows what components hold.
        truth: what is stored.
        clockwork: scenario time.
        core: the hosts that must come round in the end.
        traffic: what has become of calls, by the Service's name as it is called.
        operations: what clients of the API have done so far.
    """

    cluster: SimulatedCluster
    truth: Truth
    clockwork: Clockwork
    core: Sequence[str]
    traffic: Mapping[str, Traffic] = attrs.field(factory=dict)
    operations: Sequence[Operation] = ()

    @property
    def now_s(self) -> float:
        """Seconds of scenario time."""
        return self.clockwork.now_s

    @property
    def last_write_s(self) -> float:
        """Scenario time at which an object changed last."""
        return self.clockwork.last_write_s

    @property
    def first_pods(self) -> Mapping[str, Name]:
        """The pods that there were when scenario time began: their names by uid."""
        return self.clockwork.first_pods

    @cached_property
    def running(self) -> list[RunningContainer]:
        """Every container that runs on a node that is up."""
        return self.cluster.observer.running()

    def leader(self, part: str) -> str | None:
        """Return the host that leads ``etcd``, the ``scheduler`` or the ``controllers`` now."""
        observer = self.cluster.observer
        leaders = {
            "etcd": observer.etcd_leader,
            "scheduler": observer.scheduler_leader,
            "controllers": observer.controller_manager_leader,
        }
        return leaders[part]()
