"""NamespaceLifecycle: nothing is created where there is no namespace, or not any more.

Source: ``staging/src/k8s.io/apiserver/pkg/admission/plugin/namespace/lifecycle`` of Kubernetes.
"""

from typing import Final

import attrs

from kactors.api.errors import Cause, NotFound
from kactors.api.kinds.namespace import NAMESPACE
from kactors.api.meta import is_being_deleted
from kactors.api.objects import field
from kactors.apiserver.admission.plugin import AdmissionRequest, Operation, Plugin

#: They cannot be deleted: the cluster does not work without them.
IMMORTAL: Final = ("default", "kube-system", "kube-public")
#: The reason of a refusal that controllers look for.
TERMINATING: Final = "NamespaceTerminating"


class NamespaceLifecycle(Plugin):
    """See the module's text."""

    operations = (Operation.CREATE, Operation.UPDATE, Operation.DELETE)

    async def admit(self, request: AdmissionRequest) -> None:
        """Refuse what its namespace forbids.

        Raises:
            NotFound: the namespace is not there.
            Forbidden: it is about to go; or somebody wants one to go that has to stay.
        """
        name, operation = request.namespace, request.operation
        if request.is_on("", "namespaces"):
            if operation is Operation.DELETE and request.name in IMMORTAL:
                raise request.refusal("this namespace may not be deleted")
            return
        if not name or operation is Operation.DELETE:
            return
        namespace = self.backend.cached(NAMESPACE, "", name)  # as a rule: every write comes by
        if namespace is None:
            namespace = await self.backend.find(NAMESPACE, "", name)
        if namespace is None:
            raise NotFound("namespaces", name)
        if operation is not Operation.CREATE:
            return
        if is_being_deleted(namespace) or field(namespace, "status", "phase") == "Terminating":
            refusal = request.refusal(
                f"unable to create new content in namespace {name} because it is being terminated"
            )
            cause = Cause(
                TERMINATING, f"namespace {name} is being terminated", "metadata.namespace"
            )
            refusal.details = attrs.evolve(refusal.details, causes=(cause,))
            raise refusal
