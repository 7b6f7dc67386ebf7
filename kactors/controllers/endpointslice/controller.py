"""Keeps the EndpointSlices of each Service like its pods."""

from typing import ClassVar

from kactors.api.errors import NotFound
from kactors.api.labels import LabelSelector
from kactors.api.meta import (
    is_being_deleted,
    key_of,
    labels_of,
    name_of,
    namespace_of,
    owner_of_controller,
    uid_of,
)
from kactors.api.objects import Object, field
from kactors.controllers.endpointslice.slices import (
    CONTROLLER,
    MANAGED_BY,
    SERVICE_NAME,
    Changes,
    desired,
    plan,
)
from kactors.controllers.object_controller import ObjectController, OwnWrites
from kactors.controllers.service_endpoints import services_of_pod

__all__ = ["EndpointSliceController"]

BEHIND_SECONDS = 1.0
#: Pods of a Service that change within so many seconds are one change of its slices: upstream's
#: ``--endpointslice-updates-batch-period``, where it is 0 unless set.
BATCH_SECONDS = 0.2


class EndpointSliceController(ObjectController):
    """Writes slices as `plan` says.

    Source: kubernetes pkg/controller/endpointslice/endpointslice_controller.go.
    """

    component: ClassVar[str] = "endpoint-slice-controller"

    def setup(self) -> None:
        """Look at Services, the pods that they select, and their slices."""
        self.services = self.reconciles("services").lister
        self.pods = self.observes("pods", self._selecting, batch_seconds=BATCH_SECONDS).lister
        slices = self.observes("endpointslices", _service_of, indexes={SERVICE_NAME: _service_of})
        self.slices = slices.indexer
        self.own_writes = OwnWrites(slices)
        self.nodes = self.observes("nodes", lambda _: ()).lister

    def _selecting(self, pod: Object) -> list[str]:
        services = self.services.list(namespace_of(pod))
        return [key_of(each) for each in services_of_pod(pod, services)]

    async def reconcile(self, key: str) -> float | None:
        """Let a Service's slices hold what they should."""
        service = self.services.get_by_key(key)
        if service is None or is_being_deleted(service):
            return None  # the garbage collector takes its slices
        selector = field(service, "spec", "selector")
        if not selector:
            return None  # somebody else writes its endpoints
        if self.own_writes.behind(key):
            return BEHIND_SECONDS
        existing = [
            each for each in self.slices.by_index(SERVICE_NAME, key)
            if labels_of(each).get(MANAGED_BY) == CONTROLLER and not is_being_deleted(each)
        ]  # fmt: skip
        if field(service, "spec", "type") == "ExternalName":
            await self._write(key, Changes(delete=tuple(existing)))
            return None
        pods = self.pods.list(namespace_of(service), LabelSelector.from_labels(selector))
        wanted = desired(service, pods, self.nodes.get)
        await self._write(key, plan(service, wanted, existing))
        return None

    async def _write(self, key: str, changes: Changes) -> None:
        slices = self.client.resource("endpointslices")
        for each in changes.create:
            self.own_writes.note(key, await slices.create(each))
        for each in changes.update:
            self.own_writes.note(key, await slices.update(each))
        for each in changes.delete:
            options = {"preconditions": {"uid": uid_of(each)}}
            try:
                await slices.delete(name_of(each), namespace_of(each), options=options)
            except NotFound:
                continue


def _service_of(each: Object) -> tuple[str, ...]:
    """Return the key of the Service that a slice belongs to, if it says so."""
    name = labels_of(each).get(SERVICE_NAME)
    owner = owner_of_controller(each)
    if name is None or (owner is not None and owner["name"] != name):
        return ()
    return (f"{namespace_of(each)}/{name}",)
