"""The subresource binding of pods: how the scheduler says where a pod runs.

Source: ``pkg/registry/core/pod/storage/storage.go`` of Kubernetes, `BindingREST`.
"""

from kactors.api.codec import decode
from kactors.api.errors import Conflict, Invalid
from kactors.api.field_errors import FieldError, not_supported, required
from kactors.api.meta import is_being_deleted, uid_of, with_condition
from kactors.api.objects import Object, field
from kactors.apiserver.admission.plugin import Operation
from kactors.apiserver.registry.guaranteed_update import Outcome, Written
from kactors.apiserver.registry.object_store import ObjectStore, Write, encode_checked
from kactors.apiserver.storage import Stored


async def bind(store: ObjectStore, write: Write, binding: Object) -> Written:
    """Bind a pod to a node, once.

    Raises:
        NotFound: there is no such pod.
        Conflict: it is bound already, or being deleted, or another one than is meant.
        Invalid: the binding does not say to what.
    """
    faults = _faults(binding)
    if faults:
        raise Invalid("Binding", write.name, faults)
    request = write.admission(Operation.CREATE, binding, None)
    await store.admission.admit(request)
    await store.admission.validate(request)

    async def attempt(current: Stored | None) -> Outcome:
        if current is None:
            raise write.not_found()
        pod = decode(current.body, current.revision)
        problem = _problem(write.name, pod, binding)
        if problem:
            raise Conflict("pods/binding", write.name, problem)
        return Outcome(encode_checked(_bound(pod, binding, store.backend.now())))

    return await store.guaranteed(write, attempt)


def _faults(binding: Object) -> list[FieldError]:
    target = binding.get("target") or {}
    faults = []
    if target.get("kind") not in {None, "", "Node"}:
        faults.append(not_supported("target.kind", target["kind"], ("Node", "<empty>")))
    if not target.get("name"):
        faults.append(required("target.name"))
    return faults


def _problem(name: str, pod: Object, binding: Object) -> str:
    """Say why a pod cannot be bound; empty if it can."""
    wanted = uid_of(binding)
    if wanted and wanted != uid_of(pod):
        return (
            f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {uid_of(pod)}"
        )
    if is_being_deleted(pod):
        return f"pod {name} is being deleted, cannot be assigned to a host"
    if node := field(pod, "spec", "nodeName"):
        return f'pod {name} is already assigned to node "{node}"'
    if field(pod, "spec", "schedulingGates"):
        return f"pod {name} has non-empty .spec.schedulingGates"
    return ""


def _bound(pod: Object, binding: Object, now: str) -> Object:
    status = pod.get("status") or {}
    condition = {
        "type": "PodScheduled",
        "status": "True",
        "lastTransitionTime": now,
        "observedGeneration": field(pod, "metadata", "generation", default=0),
    }
    bound = {
        **pod,
        "spec": {**pod["spec"], "nodeName": binding["target"]["name"]},
        "status": {
            **status,
            "conditions": with_condition(status.get("conditions") or (), condition),
        },
    }
    metadata = dict(pod["metadata"])
    for kind in ("annotations", "labels"):
        added = field(binding, "metadata", kind)
        if added:
            metadata[kind] = {**(metadata.get(kind) or {}), **added}
    return {**bound, "metadata": metadata}
