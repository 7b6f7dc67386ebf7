"""The subresource finalize of namespaces: takes away what keeps an emptied one.

Source: ``pkg/registry/core/namespace/strategy.go`` of Kubernetes, `namespaceFinalizeStrategy`.
"""

from kactors.api.codec import decode
from kactors.api.meta import resource_version_of
from kactors.api.objects import Object, field
from kactors.apiserver.admission.plugin import Operation
from kactors.apiserver.registry.guaranteed_update import Outcome, Written
from kactors.apiserver.registry.object_store import ObjectStore, Write
from kactors.apiserver.storage import Stored


async def finalize(store: ObjectStore, write: Write, namespace: Object) -> Written:
    """Set the finalizers of a namespace's spec; without any, one that is being deleted goes.

    Raises:
        NotFound: there is no such namespace.
        Conflict: it is not the version that the client means.
    """

    async def attempt(current: Stored | None) -> Outcome:
        if current is None:
            raise write.not_found()
        old = decode(current.body, current.revision)
        given = resource_version_of(namespace)
        if given and given != resource_version_of(old):
            raise write.conflict()
        new = {**old, "metadata": dict(old["metadata"]), "spec": dict(old.get("spec") or {})}
        finalizers = field(namespace, "spec", "finalizers", default=[])
        if finalizers:
            new["spec"]["finalizers"] = finalizers
        else:
            new["spec"].pop("finalizers", None)
        request = write.admission(Operation.UPDATE, new, old)
        await store.admission.admit(request)
        await store.admission.validate(request)
        return await store.outcome(write, new, old)

    return await store.guaranteed(write, attempt)
