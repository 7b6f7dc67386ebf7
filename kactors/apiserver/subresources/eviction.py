"""The subresource eviction of pods: a deletion that asks the disruption budget first.

Source: ``pkg/registry/core/pod/storage/eviction.go`` of Kubernetes.
"""

from collections.abc import Sequence
from typing import Final

import attrs

from kactors.api.codec import decode
from kactors.api.errors import ApiError, BadRequest, Cause, Conflict, Forbidden, TooManyRequests
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    generation_of,
    is_being_deleted,
    is_true,
    labels_of,
    name_of,
    resource_version_of,
)
from kactors.api.objects import Object, field
from kactors.apiserver.admission.plugin import Operation
from kactors.apiserver.authentication.user import LOOPBACK
from kactors.apiserver.handlers.get import read
from kactors.apiserver.handlers.list import read_page
from kactors.apiserver.options import DeleteOptions, ListOptions
from kactors.apiserver.registry.deletion import delete
from kactors.apiserver.registry.guaranteed_update import Outcome
from kactors.apiserver.registry.object_store import ObjectStore, Write, encode_checked
from kactors.apiserver.storage import Stored

#: More evictions than the disruption controller has taken note of are not let through.
DISRUPTED_PODS_MAX: Final = 2000
_ATTEMPTS: Final = 20
_WOULD_VIOLATE: Final = "Cannot evict pod as it would violate the pod's disruption budget."
_CAUSE: Final = "DisruptionBudget"
_TERMINAL: Final = ("Succeeded", "Failed")


async def evict(store: ObjectStore, write: Write, eviction: Object) -> None:
    """Delete a pod if its disruption budget allows it.

    Raises:
        TooManyRequests: it does not, at present.
        NotFound: there is no such pod.
        Conflict: it is not the pod that is meant.
    """
    if name_of(eviction) not in {"", write.name}:
        raise BadRequest("name in URL does not match name in Eviction object")
    options = DeleteOptions.parse({}, eviction.get("deleteOptions") or {})
    request = write.admission(Operation.CREATE, eviction, None)
    await store.admission.admit(request)
    await store.admission.validate(request)
    deletion = attrs.evolve(write, subresource="", dry_run=write.dry_run or options.dry_run)
    for attempt in range(_ATTEMPTS):
        pod = (await read(store.backend, write.resource, write.namespace, write.name)).object
        if not _budget_does_not_matter(pod):
            break
        pinned = options
        if field(pod, "status", "phase") not in _TERMINAL and not is_being_deleted(pod):
            pinned = _pinned(options, pod)  # it must not become ready meanwhile
        try:
            await delete(store, deletion, pinned)
        except Conflict:
            if options.resource_version or attempt == _ATTEMPTS - 1:
                raise
        else:
            return
    budgets = await _budgets_of(store, pod)
    if len(budgets) > 1:
        raise ApiError(
            "This pod has more than one PodDisruptionBudget, which the eviction subresource does "
            "not support."
        )
    if not budgets:
        await delete(store, deletion, options)
        return
    budget = budgets[0]
    if _does_not_count(pod, budget):
        try:
            await delete(store, deletion, _pinned(options, pod))
        except Conflict:
            if options.resource_version:
                raise
            raise _still_processed(budget) from None
        return
    await _take_from(store, deletion, name_of(budget))
    await delete(store, deletion, options)


def _pinned(options: DeleteOptions, pod: Object) -> DeleteOptions:
    if options.resource_version:
        return options
    return attrs.evolve(options, resource_version=resource_version_of(pod))


def _budget_does_not_matter(pod: Object) -> bool:
    phase = field(pod, "status", "phase")
    return phase in {*_TERMINAL, "Pending"} or is_being_deleted(pod)


def _does_not_count(pod: Object, budget: Object) -> bool:
    """Tell whether a pod that is not ready may go without the budget noticing."""
    if is_true(pod, "Ready"):
        return False
    if field(budget, "spec", "unhealthyPodEvictionPolicy") == "AlwaysAllow":
        return True
    healthy = field(budget, "status", "currentHealthy", default=0)
    desired = field(budget, "status", "desiredHealthy", default=0)
    return bool(healthy >= desired > 0)


async def _budgets_of(store: ObjectStore, pod: Object) -> Sequence[Object]:
    resource = store.backend.registry.get("policy", "v1", "poddisruptionbudgets")
    namespace = pod["metadata"]["namespace"]
    page = await read_page(store.backend, resource, namespace, ListOptions())
    found = [entry.object for entry in page.entries]
    labels = labels_of(pod)
    return [
        budget
        for budget in found
        if LabelSelector.from_object(field(budget, "spec", "selector")).matches(labels)
    ]


async def _take_from(store: ObjectStore, write: Write, name: str) -> None:
    """Count a disruption in the budget's status, if it allows one.

    Raises:
        TooManyRequests: it allows none.
        Forbidden: its status makes no sense.
    """
    resource = store.backend.registry.get("policy", "v1", "poddisruptionbudgets")
    budget_write = Write(
        LOOPBACK, resource, write.namespace, name, subresource="status", dry_run=write.dry_run
    )

    async def attempt(current: Stored | None) -> Outcome:
        if current is None:
            raise budget_write.not_found()
        budget = decode(current.body, current.revision)
        left = _disruptions_left(budget)
        status = budget["status"]
        pods = {**(status.get("disruptedPods") or {}), write.name: store.backend.now()}
        new = {**status, "disruptionsAllowed": left, "disruptedPods": pods}
        return Outcome(encode_checked({**budget, "status": new}))

    await store.guaranteed(budget_write, attempt)


def _disruptions_left(budget: Object) -> int:
    """Return how many disruptions are allowed after one more.

    Source: `checkAndDecrement`.
    """
    name, status = name_of(budget), budget.get("status") or {}
    if (status.get("observedGeneration") or 0) < generation_of(budget):
        raise _still_processed(budget)
    allowed: int = status.get("disruptionsAllowed") or 0
    if allowed < 0:
        raise Forbidden("poddisruptionbudget", name, "pdb disruptions allowed is negative")
    if len(status.get("disruptedPods") or ()) > DISRUPTED_PODS_MAX:
        raise Forbidden(
            "poddisruptionbudget",
            name,
            "DisruptedPods map too big - too many evictions not confirmed by PDB controller",
        )
    if not allowed:
        desired, healthy = status.get("desiredHealthy") or 0, status.get("currentHealthy") or 0
        raise _refusal(
            f"The disruption budget {name} needs {desired} healthy pods and has {healthy} currently"
        )
    return allowed - 1


def _still_processed(budget: Object) -> TooManyRequests:
    said = f"The disruption budget {name_of(budget)} is still being processed by the server."
    return _refusal(said, retry_after_s=10)


def _refusal(said: str, *, retry_after_s: int = 0) -> TooManyRequests:
    refusal = TooManyRequests(_WOULD_VIOLATE, retry_after_s=retry_after_s)
    refusal.details = attrs.evolve(refusal.details, causes=(Cause(_CAUSE, said),))
    return refusal
