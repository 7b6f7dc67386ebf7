"""What a run looked like, second by second: enough to draw it from, and small.

Everything in here becomes JSON with `attrs.asdict`, and reports are drawn from nothing else.
"""

from collections import Counter

import attrs

from kactors.api.meta import is_true
from kactors.api.objects import field
from kactors.etcd.member import EtcdMember
from kactors.scenario.administrator import Performed
from kactors.scenario.oracle import Finding
from kactors.scenario.view import View

__all__ = ["ApiSample", "FaultSpan", "GoalOutcome", "HostSpan", "Sample", "Sampler", "Timeline"]


@attrs.frozen
class GoalOutcome:
    """What became of a goal.

    Attributes:
        name: of the goal.
        met: it held whenever it was to; or, if it was to come about, it has.
        at_s: scenario time at which it came about, or was first broken; None for neither.
    """

    name: str
    met: bool
    at_s: float | None


@attrs.frozen
class ApiSample:
    """What clients of the API did within one second.

    Attributes:
        done: operations that were answered.
        failed: those that were refused or not answered in time.
        unknown: writes of which nobody knows what has become.
        p50_ms, p99_ms: how long the answered ones took, in milliseconds; None without any.
    """

    done: int
    failed: int
    unknown: int
    p50_ms: float | None
    p99_ms: float | None


@attrs.frozen
class Sample:
    """The cluster at one second.

    Attributes:
        at_s: scenario time; below 0 while the cluster comes up.
        etcd: the host that leads etcd; empty if nobody does.
        terms: the term of each member of etcd that runs, by host.
        scheduler, controllers: the hosts that lead these; empty if nobody does.
        nodes_ready: how many nodes are ready, as it is stored.
        pods: how many pods there are of each phase, as it is stored; ``Ready`` ones on their own.
        revision: of the store.
        calls: calls of Services that ended within the second, by Service and outcome.
        api: what clients of the API did within the second.
    """

    at_s: float
    etcd: str
    terms: dict[str, int]
    scheduler: str
    controllers: str
    nodes_ready: int
    pods: dict[str, int]
    revision: int
    calls: dict[str, dict[str, int]] = attrs.field(factory=dict)
    api: ApiSample | None = None


@attrs.frozen
class HostSpan:
    """A host was ``down`` or ``paused`` for a while; ``end_s`` is None if it still is."""

    host: str
    what: str
    begin_s: float
    end_s: float | None


@attrs.frozen
class FaultSpan:
    """A fault lasted for a while.

    Attributes:
        kind: of the fault.
        fault: as it prints, with the hosts that it struck.
        hosts: those that it names; empty if it is one of messages.
        begin_s: scenario time.
        end_s: None if it goes on for good; equal to ``begin_s`` if it happened at once.
        felt: whether anybody met it.
    """

    kind: str
    fault: str
    hosts: tuple[str, ...]
    begin_s: float
    end_s: float | None
    felt: bool


@attrs.define
class Timeline:
    """What a run looked like.

    Attributes:
        hosts: all of the cluster, masters first.
        zones: the zone of each.
        phases: when each phase began, by its name, in scenario time.
        samples: one for each second.
        host_spans: when hosts were down or paused.
        faults: what was done.
        steps: what an administrator did.
        goals: what became of each.
        findings: what was objected to.
    """

    hosts: tuple[str, ...]
    zones: dict[str, str]
    phases: dict[str, float] = attrs.field(factory=dict)
    samples: list[Sample] = attrs.field(factory=list)
    host_spans: list[HostSpan] = attrs.field(factory=list)
    faults: list[FaultSpan] = attrs.field(factory=list)
    steps: list[Performed] = attrs.field(factory=list)
    goals: list[GoalOutcome] = attrs.field(factory=list)
    findings: list[Finding] = attrs.field(factory=list)


class Sampler:
    """Makes the samples; counts objects again only when one has changed."""

    def __init__(self) -> None:
        self._counted = (-1, -1)
        self._nodes_ready = 0
        self._pods: dict[str, int] = {}
        self._calls: dict[str, dict[str, int]] = {}
        self._operations = 0

    def sample(self, view: View) -> Sample:
        """Return the cluster as it is now."""
        truth = view.truth
        changed = truth.changed("nodes"), truth.changed("pods")
        if changed != self._counted:
            self._counted = changed
            nodes = truth.objects("nodes").values()
            self._nodes_ready = sum(is_true(node, "Ready") for node in nodes)
            self._pods = _phases(view)
        terms = {
            host: status.term
            for host, member in view.cluster.observer.of_kind(EtcdMember)
            if (status := member.raft_status) is not None
        }
        return Sample(
            at_s=view.now_s,
            etcd=view.leader("etcd") or "",
            terms=terms,
            scheduler=view.leader("scheduler") or "",
            controllers=view.leader("controllers") or "",
            nodes_ready=self._nodes_ready,
            pods=self._pods,
            revision=truth.revision,
            calls=self._new_calls(view),
            api=self._new_operations(view),
        )

    def _new_calls(self, view: View) -> dict[str, dict[str, int]]:
        """Return what has become of the calls that ended since the last sample."""
        found = {}
        for service, traffic in view.traffic.items():
            now = {outcome.value: count for outcome, count in traffic.counts.items()}
            before = self._calls.get(service, {})
            new = {each: count - before.get(each, 0) for each, count in now.items()}
            found[service] = {each: count for each, count in new.items() if count}
            self._calls[service] = now
        return found

    def _new_operations(self, view: View) -> ApiSample | None:
        """Return how the operations that ended since the last sample fared; None without any."""
        new = view.operations[self._operations :]
        self._operations = len(view.operations)
        if not new:
            return None
        unknown = sum(each.unknown for each in new)
        failed = sum(each.error is not None for each in new)
        took = sorted(
            (each.return_ns - each.call_ns) / 1e6
            for each in new
            if each.return_ns is not None and each.error is None
        )
        p50, p99 = (took[len(took) // 2], took[len(took) * 99 // 100]) if took else (None, None)
        return ApiSample(len(took), failed, unknown, p50, p99)


def _phases(view: View) -> dict[str, int]:
    pods = view.truth.objects("pods").values()
    counts = Counter(field(pod, "status", "phase", default="Pending") for pod in pods)
    counts["Ready"] = sum(is_true(pod, "Ready") for pod in pods)
    return dict(sorted(counts.items()))
