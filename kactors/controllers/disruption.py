"""How many pods of an application may be disturbed now: the status of disruption budgets.

Source: kubernetes pkg/controller/disruption/disruption.go.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import ClassVar, Final

import attrs

from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    format_time,
    generation_of,
    is_being_deleted,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    parse_time,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.client.events import WARNING
from kactors.controllers.conditions import set_condition
from kactors.controllers.int_or_percent import scaled_value
from kactors.controllers.object_controller import ObjectController
from kactors.controllers.pods import SECOND, is_ready

__all__ = ["Budget", "DisruptionController", "ScaleOf", "budget"]

DELETION_TIMEOUT: Final = 120.0
"""Seconds within which an evicted pod must begin to go; then it counts as healthy again."""

ScaleOf = Callable[[Object], tuple[str, int] | None]
"""Returns uid and replicas of what controls a pod; ``None`` if that has no scale."""


@attrs.frozen
class Budget:
    """What a budget's status should be.

    Attributes:
        status: see above.
        check_in: seconds after which an evicted pod should have begun to go.
        problem: why it could not be told; then nothing may be disturbed. Empty if it could.
    """

    status: Object
    check_in: float | None = None
    problem: str = ""


def budget(pdb: Object, pods: Sequence[Object], scale_of: ScaleOf, now_ns: int) -> Budget:
    """Return the status of a disruption budget.

    Args:
        pdb: the PodDisruptionBudget.
        pods: that it selects.
        scale_of: see there.
        now_ns: nanoseconds since 1970.

    Raises:
        MalformedPercentage: of minAvailable or maxUnavailable.
    """
    expected, desired, problem = _expected(pdb, pods, scale_of)
    disrupted, check_in = _disrupted(pdb, pods, now_ns)
    healthy = sum(is_ready(pod) and not is_being_deleted(pod) and name_of(pod) not in disrupted
                  for pod in pods)  # fmt: skip
    allowed = 0 if problem or expected <= 0 else max(0, healthy - desired)
    reason = "SyncFailed" if problem else "SufficientPods" if allowed else "InsufficientPods"
    condition = {
        "type": "DisruptionAllowed",
        "status": "True" if allowed else "False",
        "reason": reason,
        "message": problem,
        "observedGeneration": generation_of(pdb),
        "lastTransitionTime": format_time(now_ns),
    }
    conditions = field(pdb, "status", "conditions", default=())
    status: Object = {
        "observedGeneration": generation_of(pdb),
        "disruptionsAllowed": allowed,
        "currentHealthy": healthy,
        "desiredHealthy": desired,
        "expectedPods": expected,
        "conditions": set_condition(conditions, condition),
    }
    if disrupted:
        status["disruptedPods"] = disrupted
    return Budget(status, check_in, problem)


def _expected(pdb: Object, pods: Sequence[Object], scale_of: ScaleOf) -> tuple[int, int, str]:
    """Return how many pods there should be, how many must be healthy, and what is wrong."""
    most = field(pdb, "spec", "maxUnavailable")
    least = field(pdb, "spec", "minAvailable", default=0)
    if most is None and isinstance(least, int):
        return len(pods), least, ""
    scales: dict[str, int] = {}
    for pod in pods:
        if owner_of_controller(pod) is None:
            continue  # nobody says how many of its kind there should be
        found = scale_of(pod)
        if found is None:
            return 0, 0, f"the controller of pod {name_of(pod)} has no scale"
        uid, replicas = found
        scales[uid] = replicas
    expected = sum(scales.values())
    if most is not None:
        return expected, max(0, expected - scaled_value(most, expected, round_up=True)), ""
    return expected, scaled_value(least, expected, round_up=True), ""


def _disrupted(
    pdb: Object, pods: Sequence[Object], now_ns: int
) -> tuple[dict[str, str], float | None]:
    """Return the evictions that were granted and are not seen yet, and when that is over.

    Source: ``buildDisruptedPodMap``.
    """
    granted: dict[str, str] = field(pdb, "status", "disruptedPods", default={})
    kept: dict[str, str] = {}
    waits: list[float] = []
    for pod in pods:
        at = granted.get(name_of(pod))
        if at is None or is_being_deleted(pod):
            continue
        left = DELETION_TIMEOUT - (now_ns - parse_time(at)) / SECOND
        if left > 0:
            kept[name_of(pod)] = at
            waits.append(left)
    return kept, min(waits, default=None)


class DisruptionController(ObjectController):
    """Keeps the status of each budget like its pods; evictions are granted by the apiserver."""

    component: ClassVar[str] = "controllermanager"

    def setup(self) -> None:
        """Look at budgets, at pods, and at whatever says how many pods there should be."""
        self.budgets = self.reconciles("poddisruptionbudgets").lister
        self.pods = self.observes("pods", self._covering).lister
        self.owners = {
            kind: self.observes(resource, self._all_in_namespace).lister
            for kind, resource in (
                ("ReplicaSet", "replicasets"),
                ("Deployment", "deployments"),
                ("StatefulSet", "statefulsets"),
            )
        }

    def _covering(self, pod: Object) -> list[str]:
        """Return the budgets that select a pod."""
        return [key_of(each) for each in self.budgets.list(namespace_of(pod))
                if _selector(each).matches(labels_of(pod))]  # fmt: skip

    def _all_in_namespace(self, owner: Object) -> Iterable[str]:
        if not self.budgets.list(namespace_of(owner)):
            return ()
        labels = labels_of(field(owner, "spec", "template", default={}))
        return [key_of(each) for each in self.budgets.list(namespace_of(owner))
                if _selector(each).matches(labels)]  # fmt: skip

    async def reconcile(self, key: str) -> float | None:
        """Let the status of a budget say how many pods may be disturbed."""
        pdb = self.budgets.get_by_key(key)
        if pdb is None:
            return None
        pods = self.pods.list(namespace_of(pdb), _selector(pdb))
        found = budget(pdb, pods, self._scale_of, self.now_ns())
        if found.problem:
            message = f"Failed to calculate the number of expected pods: {found.problem}"
            self.recorder.event(pdb, WARNING, "CalculateExpectedPodCountFailed", message)
        await self.write_status("poddisruptionbudgets", pdb, found.status)
        return found.check_in

    def _scale_of(self, pod: Object) -> tuple[str, int] | None:
        """Return the scale of the topmost owner that has one.

        Source: ``finders``.
        """
        reference = owner_of_controller(pod)
        found: tuple[str, int] | None = None
        while reference is not None and reference["kind"] in self.owners:
            owner = self.owners[reference["kind"]].get(reference["name"], namespace_of(pod))
            if owner is None or uid_of(owner) != reference["uid"]:
                # An owner that is gone wants no pods.
                return found or (reference["uid"], 0)
            found = uid_of(owner), field(owner, "spec", "replicas", default=1)
            reference = owner_of_controller(owner)
        return found


def _selector(pdb: Object) -> LabelSelector:
    return LabelSelector.from_object(field(pdb, "spec", "selector"))
