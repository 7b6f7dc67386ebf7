"""Empties namespaces that are being deleted, then lets them go.

Source: kubernetes pkg/controller/namespace/deletion/namespaced_resources_deleter.go.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import attrs

from kactors.api.errors import ApiError, Conflict, MethodNotAllowed, NotFound
from kactors.api.meta import finalizers_of, format_time, is_being_deleted, name_of
from kactors.api.objects import Object, field, replaced
from kactors.api.registry import REGISTRY
from kactors.client.errors import ClientError
from kactors.controllers.conditions import set_condition
from kactors.controllers.object_controller import ObjectController

__all__ = ["KUBERNETES", "Content", "NamespaceController", "conditions_of"]

KUBERNETES: Final = "kubernetes"
"""The finalizer that stands for everything in a namespace."""

LOOK_AGAIN_SECONDS: Final = 5.0


@attrs.frozen
class Content:
    """What is left in a namespace.

    Attributes:
        remaining: how many objects of each resource.
        finalizers: how many objects wait for each finalizer.
        failures: what went wrong with the deletion.
    """

    remaining: Mapping[str, int]
    finalizers: Mapping[str, int]
    failures: Sequence[str] = ()

    @property
    def gone(self) -> bool:
        """Whether nothing is left."""
        return not any(self.remaining.values()) and not self.failures


def conditions_of(namespace: Object, content: Content, now_ns: int) -> list[Object]:
    """Return the conditions that tell why a namespace is still there.

    Source: namespace/deletion/status_condition_utils.go.
    """
    remaining = ", ".join(
        f"{resource} has {count} resource instances"
        for resource, count in sorted(content.remaining.items())
        if count
    )
    waiting = ", ".join(f"{finalizer} in {count} resource instances"
                        for finalizer, count in sorted(content.finalizers.items()))  # fmt: skip
    failures = "; ".join(content.failures)
    rows = (
        ("NamespaceDeletionContentFailure", failures, "ContentDeletionFailed", "ContentDeleted",
         f"Failed to delete all resource types: {failures}",
         "All content successfully deleted, may be waiting on finalization"),
        ("NamespaceContentRemaining", remaining, "SomeResourcesRemain", "ContentRemoved",
         f"Some resources are remaining: {remaining}", "All content successfully removed"),
        ("NamespaceFinalizersRemaining", waiting, "SomeFinalizersRemain", "ContentHasNoFinalizers",
         f"Some content in the namespace has finalizers remaining: {waiting}",
         "All content-preserving finalizers finished"),
    )  # fmt: skip
    conditions: list[Object] = list(field(namespace, "status", "conditions", default=()))
    for kind, problem, bad, good, bad_message, good_message in rows:
        condition = {
            "type": kind,
            "status": "True" if problem else "False",
            "reason": bad if problem else good,
            "message": bad_message if problem else good_message,
            "lastTransitionTime": format_time(now_ns),
        }
        conditions = set_condition(conditions, condition)
    return conditions


class NamespaceController(ObjectController):
    """Deletes all that is in a namespace, type by type, until nothing is left."""

    def setup(self) -> None:
        """Look at namespaces."""
        self.namespaces = self.reconciles("namespaces").lister

    async def reconcile(self, key: str) -> float | None:
        """Delete what is left, and let the namespace go if that is nothing."""
        namespace = self.namespaces.get_by_key(key)
        if namespace is None or not is_being_deleted(namespace):
            return None
        if KUBERNETES not in (field(namespace, "spec", "finalizers") or ()):
            return None
        content = await self._delete_content(name_of(namespace))
        conditions = conditions_of(namespace, content, self.now_ns())
        status = {**(namespace.get("status") or {}), "conditions": conditions}
        try:
            namespace = await self.write_status("namespaces", namespace, status)
            if not content.gone:
                return LOOK_AGAIN_SECONDS
            kept = [each for each in namespace["spec"]["finalizers"] if each != KUBERNETES]
            finalized = replaced(namespace, kept, "spec", "finalizers")
            await self.client.resource("namespaces").update(finalized, subresource="finalize")
        except NotFound:
            return None
        except Conflict:
            return LOOK_AGAIN_SECONDS
        return None

    async def _delete_content(self, name: str) -> Content:
        remaining: dict[str, int] = {}
        finalizers: dict[str, int] = {}
        failures: list[str] = []
        for resource in REGISTRY:
            if not resource.namespaced:
                continue
            objects = self.client.resource(resource.qualified_name)
            try:
                left = (await objects.list(name)).items
                if left:
                    await objects.delete_collection(name)
                    left = (await objects.list(name)).items
            except MethodNotAllowed:
                continue
            except (ApiError, ClientError) as problem:
                failures.append(f"{resource.qualified_name}: {problem}")
                continue
            if left:
                remaining[resource.qualified_name] = len(left)
            for each in left:
                for finalizer in finalizers_of(each):
                    finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
        return Content(remaining, finalizers, failures)
