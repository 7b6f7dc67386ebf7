"""What a run has found so far: whoever interrupts it keeps that."""

from collections import defaultdict
from collections.abc import Iterator

import attrs

from kactors.api.objects import Object
from kactors.bench.config import Workload
from kactors.bench.data_items import DataItem
from kactors.bench.histogram import Histogram
from kactors.bench.throughput import Throughput

__all__ = ["Baseline", "Record"]


@attrs.frozen
class Baseline:
    """What the throughput stands beside, measured in the same process.

    Attributes:
        metric: as a data item's.
        name: for people.
        rate: a second of CPU time.
        unit: of the rate.
    """

    metric: str
    name: str
    rate: float
    unit: str = "pods/s"


@attrs.define
class Record:
    """One run of one workload.

    Attributes:
        workload: which.
        meter: ``algorithm`` or ``end-to-end``.
        throughput: of the measured pods; None before they are created.
        cpu_seconds: that the process has computed meanwhile.
        attempts: how long attempts of the scheduler took, by what came of them: ``scheduled``,
            ``unschedulable``, ``error``.
        waits: from a measured pod's creation until it is seen on its node.
        nodes, pods: as they are at the end.
        evicted: pods that were deleted from their nodes to make room.
        baseline: see there.
        complete: it came to its end.
    """

    workload: Workload
    meter: str
    throughput: Throughput | None = None
    cpu_seconds: float = 0.0
    attempts: dict[str, Histogram] = attrs.field(factory=lambda: defaultdict(Histogram))
    waits: Histogram = attrs.field(factory=Histogram)
    nodes: list[Object] = attrs.field(factory=list)
    pods: list[Object] = attrs.field(factory=list)
    evicted: list[Object] = attrs.field(factory=list)
    baseline: Baseline | None = None
    complete: bool = False

    @property
    def measured_namespace(self) -> str:
        """Where the measured pods are."""
        return self.workload.measured.namespace

    @property
    def pods_per_cpu_second(self) -> float:
        """How many of them got nodes in a second that the process has computed; 0 if none did."""
        if self.throughput is None or not self.cpu_seconds:
            return 0.0
        return self.throughput.count / self.cpu_seconds

    def items(self) -> Iterator[DataItem]:
        """Yield what is known as data items."""
        if self.throughput is None or not self.throughput.count:
            return
        name = f"{self.workload.title}/{self.measured_namespace}"
        labels = {"Name": name, "meter": self.meter}

        def item(metric: str, data: dict[str, float], unit: str, **more: str) -> DataItem:
            return DataItem(data, unit, {**labels, "Metric": metric, **more})

        data = self.throughput.buckets()
        if self.workload.threshold is not None:
            data["AverageThreshold"] = self.workload.threshold
        yield item("SchedulingThroughput", data, "pods/s")
        if self.cpu_seconds:
            rate = {"Average": self.pods_per_cpu_second}
            yield item("SchedulingThroughputPerCPUSecond", rate, "pods/s")
        yield item("SchedulingDuration", {"Duration": self.throughput.seconds}, "s")
        for result, histogram in sorted(self.attempts.items()):
            buckets = histogram.milliseconds()
            metric = "scheduler_scheduling_attempt_duration_seconds"
            yield item(metric, buckets, "ms", result=result)
        if self.waits.count:
            metric = "scheduler_pod_scheduling_sli_duration_seconds"
            yield item(metric, self.waits.milliseconds(), "ms")
        if self.baseline is not None:
            rate = {"Average": self.baseline.rate}
            yield item(self.baseline.metric, rate, self.baseline.unit)
