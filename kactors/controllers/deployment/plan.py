"""What to do about a Deployment now: one step of its rollout, as a value.

A plan changes each ReplicaSet at most once, as it was seen: if it is not like that any more, the
apiserver refuses, and there will be another plan.

Source: kubernetes pkg/controller/deployment/deployment_controller.go (syncDeployment), sync.go,
rolling.go, recreate.go.
"""

from collections.abc import Mapping, Sequence

import attrs

from kactors.api.meta import (
    annotations_of,
    creation_time_of,
    generation_of,
    is_being_deleted,
    name_of,
    uid_of,
)
from kactors.api.objects import Object, field, replaced
from kactors.controllers.deployment import revisions, rolling, status
from kactors.controllers.deployment.rolling import Limits, limits_of
from kactors.controllers.pods import is_terminal

__all__ = ["Plan", "plan"]


@attrs.frozen
class Plan:
    """What to do, in this order.

    Attributes:
        create: a ReplicaSet to make; if one of its name is there with another template, the
            Deployment's collision count goes up.
        update: ReplicaSets as they should be.
        delete: ReplicaSets that nobody will roll back to.
        deployment: the Deployment with its status, and the number of its template, as they should
            be; ``None`` if they are.
        check_in: seconds after which to look again, even if nothing happens.
    """

    create: Object | None = None
    update: tuple[Object, ...] = ()
    delete: tuple[Object, ...] = ()
    deployment: Object | None = None
    check_in: float | None = None


def plan(
    deployment: Object,
    sets: Sequence[Object],
    pods: Mapping[str, Sequence[Object]],
    now_ns: int,
) -> Plan:
    """Return the next step.

    Args:
        deployment: with defaults filled in.
        sets: the ReplicaSets that it controls.
        pods: of each, by the uid of the ReplicaSet; also those of ReplicaSets that are gone.
        now_ns: nanoseconds since 1970.

    Raises:
        MalformedPercentage: of maxSurge or maxUnavailable.
    """
    return _Step(deployment, sets, pods, now_ns).plan()


class _Step:
    def __init__(self, deployment: Object, sets: Sequence[Object],
                 pods: Mapping[str, Sequence[Object]], now_ns: int) -> None:  # fmt: skip
        self.deployment = deployment
        self.limits: Limits = limits_of(deployment)
        self.now_ns = now_ns
        self.pods = pods
        self.new = revisions.find_new_set(deployment, sets)
        self.olds = [each for each in sets if each is not self.new]
        self.create: Object | None = None
        self.updates: dict[str, Object] = {}

    def plan(self) -> Plan:
        deployment = self.deployment
        if is_being_deleted(deployment):
            return self._finish(rollout=False)
        if (conditions := status.paused_conditions(deployment, self.now_ns)) is not None:
            self.deployment = replaced(deployment, conditions, "status", "conditions")
        if field(deployment, "spec", "paused") or self._was_scaled():
            self._number_new()
            self._scale()
            return self._finish(rollout=False, clean=True)
        self._number_new()
        if field(deployment, "spec", "strategy", "type") == "Recreate":
            moved = self._recreate()
        else:
            moved = self._roll()
        return self._finish(rollout=True, clean=not moved)

    # -- the ReplicaSets -------------------------------------------------------------------------

    @property
    def revision(self) -> int:
        """The number of the Deployment's template."""
        return revisions.max_revision(self.olds) + 1

    def _number_new(self) -> None:
        if self.new is None:
            return
        numbered = revisions.with_revision(self.deployment, self.new, self.revision)
        if numbered is not self.new:
            self._update(numbered)
            self.new = numbered

    def _update(self, replica_set: Object) -> None:
        self.updates[name_of(replica_set)] = replica_set

    def _resize(self, replica_set: Object, replicas: int) -> Object:
        if field(replica_set, "spec", "replicas", default=1) == replicas:
            return replica_set
        resized = revisions.with_counts(replica_set, self.limits, replicas)
        self._update(resized)
        return resized

    def _resize_olds(self, sizes: Mapping[str, int]) -> bool:
        self.olds = [self._resize(each, sizes[name_of(each)]) if name_of(each) in sizes else each
                     for each in self.olds]  # fmt: skip
        return bool(sizes)

    def _make_new(self, replicas: int) -> None:
        self.create = revisions.new_replica_set(
            self.deployment, self.revision, self.limits, replicas
        )

    def _was_scaled(self) -> bool:
        """Tell whether an active ReplicaSet believes that the Deployment has another size."""
        active = [each for each in self._all() if revisions.count_of(each).replicas > 0]
        wanted = (annotations_of(each).get(revisions.DESIRED) for each in active)
        return any(each is not None and each != str(self.limits.desired) for each in wanted)

    def _all(self) -> list[Object]:
        return [*self.olds, *([self.new] if self.new else [])]

    # -- strategies ------------------------------------------------------------------------------

    def _roll(self) -> bool:
        """Take one step of a rolling update; return whether sizes have changed."""
        olds = [revisions.count_of(each) for each in self.olds]
        if self.new is None:
            none = rolling.SetCount("", 0, 0, 0)
            self._make_new(rolling.new_set_replicas(self.limits, none, olds))
            return True
        new = revisions.count_of(self.new)
        size = rolling.new_set_replicas(self.limits, new, olds)
        if size != new.replicas:
            self.new = self._resize(self.new, size)
            return True
        return self._resize_olds(rolling.old_sets_replicas(self.limits, new, olds))

    def _recreate(self) -> bool:
        """Let all old pods go before the first new one comes; return whether sizes have changed."""
        active = {name_of(each): 0 for each in self.olds if revisions.count_of(each).replicas}
        if active:
            return self._resize_olds(active)
        mine = uid_of(self.new) if self.new else None
        if any(not is_terminal(pod) for uid, pods in self.pods.items() if uid != mine
               for pod in pods):  # fmt: skip
            return True
        if self.new is None:
            self._make_new(self.limits.desired)
            return True
        before = self.new
        self.new = self._resize(before, self.limits.desired)
        return self.new is not before

    def _scale(self) -> None:
        """Give each ReplicaSet its share of the Deployment's new size.

        Source: ``scale`` in sync.go.
        """
        active = [each for each in self._all() if revisions.count_of(each).replicas > 0]
        if len(active) <= 1:
            latest = max(self.olds, key=creation_time_of, default=None)
            one = active[0] if active else self.new or latest
            if one is not None:
                self._apply({name_of(one): self.limits.desired})
            return
        if self.new is not None and self._is_saturated(self.new):
            self._apply({name_of(each): 0 for each in self.olds})
            return
        if field(self.deployment, "spec", "strategy", "type") != "Recreate":
            counts = [revisions.count_of(each) for each in active]
            known = field(self.deployment, "status", "replicas", default=0)
            self._apply(rolling.proportional_replicas(self.limits, counts, known))

    def _apply(self, sizes: Mapping[str, int]) -> None:
        for each in self._all():
            if name_of(each) not in sizes:
                continue
            noted = revisions.with_counts(each, self.limits, sizes[name_of(each)])
            if noted != each:
                self._update(noted)

    def _is_saturated(self, new: Object) -> bool:
        desired = self.limits.desired
        count = revisions.count_of(new)
        noted = annotations_of(new).get(revisions.DESIRED) == str(desired)
        return noted and count.replicas == desired and count.available == desired

    # -- the end ---------------------------------------------------------------------------------

    def _finish(self, *, rollout: bool, clean: bool = False) -> Plan:
        deployment, now_ns = self.deployment, self.now_ns
        found = status.calculate_status(deployment, self._all(), self.new, self.limits, now_ns)
        if self.create is not None:
            found["conditions"] = status.set_created(
                deployment, found["conditions"], self.create, now_ns
            )
        elif self.new is not None:
            found["conditions"] = status.set_found(
                deployment, found["conditions"], self.new, now_ns
            )
        if rollout:
            found = status.rollout_status(deployment, self._all(), self.new, found, now_ns)
        wanted = replaced(deployment, found, "status")
        if (numbered := self.create or self.new) is not None:
            number = str(revisions.revision_of_set(numbered))
            wanted = replaced(wanted, number, "metadata", "annotations", revisions.REVISION)
        return Plan(
            create=self.create,
            update=tuple(self.updates.values()),
            delete=tuple(self._forgotten(found)) if clean else (),
            deployment=wanted,
            check_in=status.progress_check_in(deployment, found, now_ns),
        )

    def _forgotten(self, found: Object) -> list[Object]:
        """Return the old ReplicaSets beyond those that a rollback may want.

        Source: ``cleanupDeployment``.
        """
        limit = field(self.deployment, "spec", "revisionHistoryLimit")
        if limit is None or not status.is_complete(self.deployment, found):
            return []
        alive = [each for each in self.olds if not is_being_deleted(each)]
        alive.sort(key=lambda each: (revisions.revision_of_set(each), creation_time_of(each)))
        surplus = alive[: max(0, len(alive) - limit)]
        return [each for each in surplus if _is_empty(each)]


def _is_empty(replica_set: Object) -> bool:
    found: Object = replica_set.get("status") or {}
    return (
        field(replica_set, "spec", "replicas", default=1) == 0
        and (found.get("replicas") or 0) == 0
        and generation_of(replica_set) <= (found.get("observedGeneration") or 0)
    )
